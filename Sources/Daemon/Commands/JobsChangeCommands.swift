import ArgumentParser
import Compliance
import Jobs
import Postgres

struct JobsRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Run dead letters again, and scheduled jobs now.",
        discussion: """
            A dead letter begins afresh, as if never tried. Connections and projects that were left alone until a person \
            has mended something are tried at once. Who did it is written to the audit log.

            EXAMPLE
              kushim-jira jobs retry 4711 4712
              kushim-jira jobs list --state discarded --json |
                  jq .id | xargs kushim-jira jobs retry
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The ids of the jobs.") var ids: [Int64]

    func run() async throws {
        let actor = AdminActor.name
        let configuration = try shared.load().configuration
        // Jobs that wait for somebody to mend something would only wait on.
        try await DatabaseSession.with(configuration, needs: .changing) { _ = try await $0.execute(ProbeGatesNow()) }
        let changed = try await DatabaseSession.withQueue(configuration, needs: .changing) { queue in
            try await queue.retry(ids) { [$0.retriedByAdmin(actor: actor)] }
        }
        try changed.report("ready to run", json: output.json)
    }
}

struct JobsCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End jobs that have not been started.",
        discussion: """
            A job that is running is not touched, nor one whose ticket may be in Jira already: it has to look for it first. Who \
            did it and why is written to the audit log.

            EXAMPLE
              kushim-jira jobs cancel 4711 \\
                  --reason "control was retired"
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The ids of the jobs.") var ids: [Int64]
    @Option(help: "Kept with the job and in the audit log.") var reason = "no reason was given"

    func run() async throws {
        let actor = AdminActor.name
        let configuration = try shared.load().configuration
        let inDoubt = try await DatabaseSession.with(configuration, needs: .changing) {
            try await $0.execute(JobsInDoubt(ids: ids))
        }
        var changed = try await DatabaseSession.withQueue(configuration, needs: .changing) { queue in
            let others = ids.filter { !inDoubt.contains($0) }
            return try await queue.cancel(others, reason: reason, effects: complianceEffects(actor: actor))
        }
        changed.refused += inDoubt.map {
            ChangedJobs.Refusal(
                id: $0, reason: "its ticket may be in Jira already, and it looks for it; try again when that is settled")
        }
        try changed.report("cancelled", json: output.json)
    }
}

extension ChangedJobs {
    /// Prints what was done; what was refused is a problem that the exit status tells.
    fileprivate func report(_ done: String, json: Bool) throws {
        if json {
            StandardStream.output.write(try JSONText.of(ChangeDocument(self)))
        } else {
            for id in changed { StandardStream.output.write("\(id): \(done)\n") }
        }
        guard !refused.isEmpty else { return }
        if json { throw ExitStatus.problemFound }
        throw CommandFailure(
            status: .problemFound, what: "jobs",
            message: refused.count == 1 ? "one is as it was" : "some are as they were",
            details: refused.map { "\($0.id): \($0.reason)" })
    }
}

/// `jobs retry --json`, `jobs cancel --json`.
private struct ChangeDocument: Encodable {
    struct Refusal: Encodable {
        var id: Int64
        var reason: String
    }

    var changed: [Int64]
    var refused: [Refusal]

    init(_ jobs: ChangedJobs) {
        changed = jobs.changed
        refused = jobs.refused.map { Refusal(id: $0.id, reason: $0.reason) }
    }
}
