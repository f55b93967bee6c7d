import ArgumentParser
import Compliance
import FoundationEssentials
import Jira
import Jobs
import Postgres

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "The queue: what waits, runs, ended, and why.",
        discussion: """
            EXAMPLE
              kushim-jira jobs list --state discarded
            """,
        subcommands: [JobsListCommand.self, JobsShowCommand.self, JobsRetryCommand.self, JobsCancelCommand.self])
}

struct JobsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List jobs, the newest first.",
        discussion: """
            With --json, one object a line.

            EXAMPLE
              kushim-jira jobs list --customer acme --state available
              kushim-jira jobs list --state discarded --since 7d
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var range: ListOptions
    @Option(help: "Only in this state.") var state: JobState?
    @Option(help: "Only of this kind.") var kind: JobKind?
    @Option(help: "Only this customer's.") var customer: String?
    @Option(help: "Only this control's.") var control: String?

    func run() async throws {
        let filter = JobFilter(
            state: state, kind: kind?.rawValue, customerID: customer, control: control, created: try range.range(),
            limit: range.fetched)
        let found = try await DatabaseSession.withQueue(try shared.load().configuration) { try await $0.list(filter) }
        let jobs = found.prefix(range.limit)
        defer { if found.count > jobs.count { CutList.tell(newest: jobs.count, json: output.json) } }
        if output.json {
            for job in jobs { StandardStream.output.write(try JSONText.line(JobLine(job))) }
            return
        }
        var table = TerminalTable([
            .init("JOB", alignsRight: true), .init("KIND"), .init("STATE"), .init("CUSTOMER", shrinks: true),
            .init("CONTROL", shrinks: true), .init("ATTEMPT", alignsRight: true), .init("RUN AT"),
            .init("REASON", shrinks: true),
        ])
        for job in jobs {
            table.add([
                String(job.id), job.kind, job.isScheduled ? "scheduled" : job.state.rawValue, job.customerID,
                job.control ?? "-", String(job.attempt), ShownTime.instant(job.runAt), job.lastError ?? "-",
            ])
        }
        table.print()
    }
}

struct JobsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Tell the whole story of a job, attempt by attempt, and what it waits for.",
        discussion: """
            EXAMPLE
              kushim-jira jobs show 4711
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The job's id.") var id: Int64

    func run() async throws {
        let configuration = try shared.load().configuration
        let found = try await DatabaseSession.withQueue(configuration) { try await $0.show(id) }
        guard let story = found else {
            throw CommandFailure(
                status: .problemFound, what: "job \(id)",
                message: "there is no such job, or it was removed after its time",
                hint: "kushim-jira jobs list shows those there are")
        }
        let records = try await DatabaseSession.with(configuration) {
            try await AuditStory.read(AuditFilter(jobID: id), on: $0)
        }
        if output.json {
            StandardStream.output.write(try JSONText.of(JobDocument(story, records: records.map(AuditLine.init))))
        } else {
            show(story)
            if !records.isEmpty {
                StandardStream.output.write("\n")
                AuditStory.print(records)
            }
        }
    }

    private func payloadLines(_ story: JobStory) -> [String] {
        switch story.payload {
        case .text(let payload): (try? JSONValue(parsing: payload)).map { MaskedSettings.lines($0) } ?? [payload]
        case .hidden: ["not shown: reading it takes the role kushim_jira_worker"]
        case .unreadable(let reason): ["not shown: \(reason)"]
        }
    }

    private func show(_ story: JobStory) {
        let job = story.summary
        var table = FactSheet()
        table.add("job", String(job.id))
        table.add("state", job.isScheduled ? "\(job.state.rawValue) (scheduled)" : job.state.rawValue)
        table.add("now", story.explanation)
        table.add("kind", job.kind)
        table.add("customer", job.customerID)
        if let control = job.control { table.add("control", control) }
        table.add("priority", String(job.priority))
        if let key = story.uniqueKey { table.add("unique key", key) }
        table.add("created", ShownTime.instant(job.createdAt))
        table.add("run at", ShownTime.instant(job.runAt))
        if let finished = job.finishedAt { table.add("finished", ShownTime.instant(finished)) }
        table.add("attempts", String(job.attempt))
        if story.losses > 0 { table.add("lost workers", String(story.losses)) }
        if story.snoozes > 0 { table.add("put off", String(story.snoozes)) }
        if let error = job.lastError { table.add("last error", error) }
        table.add("payload", lines: payloadLines(story))
        table.print()
        guard !story.attempts.isEmpty else { return }
        StandardStream.output.write("\n")
        var attempts = TerminalTable([
            .init("ATTEMPT", alignsRight: true), .init("STARTED"), .init("TOOK", alignsRight: true), .init("OUTCOME"),
            .init("WORKER", shrinks: true), .init("ERROR", shrinks: true),
        ])
        for attempt in story.attempts {
            attempts.add([
                String(attempt.attempt), ShownTime.instant(attempt.startedAt),
                ShownTime.span(seconds: attempt.endedAt.timeIntervalSince(attempt.startedAt)), attempt.outcome,
                attempt.worker ?? "-", attempt.error ?? "-",
            ])
        }
        attempts.print()
    }
}

/// A job as `jobs list --json` prints it.
struct JobLine: Encodable {
    var id: Int64
    var kind: String
    var customerID: String
    var state: JobState
    var isScheduled: Bool
    var control: String?
    var attempt: Int
    var priority: Int
    var runAt: Date
    var createdAt: Date
    var finishedAt: Date?
    var lastError: String?

    init(_ job: JobSummary) {
        id = job.id
        kind = job.kind
        customerID = job.customerID
        state = job.state
        isScheduled = job.isScheduled
        control = job.control
        attempt = job.attempt
        priority = job.priority
        runAt = job.runAt
        createdAt = job.createdAt
        finishedAt = job.finishedAt
        lastError = job.lastError
    }
}

/// `jobs show --json`.
private struct JobDocument: Encodable {
    struct Attempt: Encodable {
        var attempt: Int
        var outcome: String
        var error: String?
        var startedAt: Date
        var endedAt: Date
        var worker: String?
        var version: String?
    }

    var job: JobLine
    var explanation: String
    var uniqueKey: String?
    var losses: Int
    var snoozes: Int
    /// nil where this login may not read it, or where it cannot be read at all.
    var payload: JSONValue?
    var payloadProblem: String?
    var attempts: [Attempt]
    var records: [AuditLine]

    init(_ story: JobStory, records: [AuditLine]) {
        job = JobLine(story.summary)
        explanation = story.explanation
        uniqueKey = story.uniqueKey
        losses = story.losses
        snoozes = story.snoozes
        switch story.payload {
        case .text(let text): payload = (try? JSONValue(parsing: text)) ?? .string(text)
        case .hidden: payload = nil
        case .unreadable(let reason): payloadProblem = reason
        }
        attempts = story.attempts.map {
            Attempt(
                attempt: $0.attempt, outcome: $0.outcome, error: $0.error, startedAt: $0.startedAt,
                endedAt: $0.endedAt, worker: $0.worker, version: $0.version)
        }
        self.records = records
    }
}
