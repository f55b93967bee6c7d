import ArgumentParser
import Compliance
import FoundationEssentials
import Jira
import Jobs
import Postgres

struct EnqueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue", abstract: "Insert jobs, as a producer does by SQL.",
        discussion: """
            KIND is compliance_failure or compliance_pass; the README lists what a payload holds. Prints the id of each \
            job. All are inserted, or none.

            EXAMPLE
              echo '{"controlId": "AWS_IAM_MFA", "severity": "high",
                     "controlTitle": "IAM MFA",
                     "failureReason": "6 of 14 users have none"}' |
                  kushim-jira enqueue compliance_failure -
              kushim-jira enqueue compliance_failure --lines \\
                  --customer acme backlog.ndjson
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "compliance_failure or compliance_pass.") var kind: String
    @Argument(help: "A file with the payload, a JSON object; - or nothing is standard input.") var file = "-"
    @Flag(help: "One payload a line (NDJSON).") var lines = false
    @Option(help: "Whose control it is.") var customer = "default"
    @Option(help: "Not before this time, ISO 8601 or from now on: 2026-11-30T08:00:00Z, +10m.") var runAt: String?
    @Option(parsing: .unconditional, help: "-100 to 100; lower is sooner.") var priority = 0
    @Option(help: "While a job with this key is unfinished, its id is printed and nothing inserted.")
    var uniqueKey: String?

    func validate() throws {
        guard (-100...100).contains(priority) else {
            throw ValidationError("--priority \(priority) is not -100 to 100")
        }
        if let runAt, RunTime(runAt) == nil {
            throw ValidationError(
                "--run-at \(runAt) is neither a time such as 2026-11-30T08:00:00Z nor a span such as +10m")
        }
        if lines, uniqueKey != nil { throw ValidationError("--unique-key is for one job, not for --lines") }
    }

    func run() async throws {
        let kinds = [ComplianceFailure.kind, CompliancePass.kind]
        guard kinds.contains(kind) else {
            throw CommandFailure(
                status: .badInput, what: "kind",
                message: "\(kind.quoted) is not one of \(kinds.joined(separator: ", "))",
                hint: nearestWord(to: kind, among: kinds).map { "did you mean \($0)?" })
        }
        let configuration = try shared.load().configuration
        let payloads = try JobInput.read(file, byLine: lines)
        let runTime = runAt.flatMap(RunTime.init)
        let jobs = payloads.map {
            NewJob(
                kind: kind, customerID: customer, payload: $0.text, runAfter: runTime?.delay, runAt: runTime?.instant,
                priority: priority, uniqueKey: uniqueKey)
        }
        let ids = try await DatabaseSession.with(configuration, needs: .inserting) { connection in
            try await JobInsertion(jobs: jobs, places: payloads.map(\.place)).run(on: connection)
        }
        for id in ids {
            StandardStream.output.write(
                output.json
                    ? try JSONText.line(EnqueuedLine(id: id, kind: kind, customerID: customer)) : "\(id)\n")
        }
    }
}

private struct EnqueuedLine: Encodable {
    var id: Int64
    var kind: String
    var customerID: String
}

/// `--run-at`: an instant, or a time from now on by the database's clock.
private struct RunTime {
    var instant: Date?
    var delay: Duration?

    init?(_ text: String) {
        if text.hasPrefix("+") {
            guard let delay = Duration(notation: String(text.dropFirst())) else { return nil }
            self.delay = delay
        } else {
            guard let instant = JiraTimestamp.iso8601(text) else { return nil }
            self.instant = instant
        }
    }
}

/// Inserts all jobs or none, and says which one PostgreSQL refused.
private struct JobInsertion: Sendable {
    var jobs: [NewJob]
    var places: [String]
    private static let batch = 500

    init(jobs: [NewJob], places: [String]) {
        self.jobs = jobs
        self.places = places
    }

    func run(on connection: PostgresConnection) async throws -> [Int64] {
        let batches = stride(from: 0, to: jobs.count, by: Self.batch).map { $0..<min($0 + Self.batch, jobs.count) }
        do {
            return try await connection.withTransaction { transaction in
                var ids: [Int64] = []
                for batch in batches { ids += try await insert(batch, transaction) }
                return ids
            }
        } catch let refused as RefusedBatch {
            throw try await firstRefusal(in: refused.range, on: connection) ?? CommandFailure(refused.error)
        }
    }

    private struct RefusedBatch: Error, CustomStringConvertible {
        var range: Range<Int>
        var error: PostgresError
        var description: String { "\(error)" }
    }

    private func insert(_ range: Range<Int>, _ transaction: PostgresTransaction) async throws -> [Int64] {
        do {
            return try await transaction.execute(EnqueueJobs(Array(jobs[range])))
        } catch let error {
            // Class 22 and 23: it is the data that is wrong.
            guard ["22", "23"].contains(error.sqlState?.errorClass) else { throw error }
            throw RefusedBatch(range: range, error: error)
        }
    }

    /// The whole batch was refused without telling why: tries one after the other, and takes all of it back.
    private func firstRefusal(in range: Range<Int>, on connection: PostgresConnection) async throws -> CommandFailure? {
        struct Undo: Error, CustomStringConvertible {
            let description = "what was tried is taken back"
        }
        for index in range {
            do {
                try await connection.withTransaction { transaction in
                    _ = try await insert(index..<(index + 1), transaction)
                    throw Undo()
                }
            } catch let refused as RefusedBatch {
                var failure = CommandFailure(refused.error)
                failure.status = .badInput
                failure.what = places[index]
                if jobs.count > 1 { failure.hint = "nothing was inserted; correct that line and run it again" }
                return failure
            } catch is Undo {
                continue
            }
        }
        return nil
    }
}
