import Foundation
import Jobs
import Logging
import Postgres
import Synchronization
import TestSupport

/// Runs a closure for each job of one of the kinds whose payload the schema does not look into.
struct Toy: JobHandler {
    static let kind = "notification"
    let body: @Sendable (ClaimedJob, JobContext) async throws -> Outcome
    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome { try await body(job, context) }
}

extension WorkerConfiguration {
    /// Quick enough for tests that wait for something to happen.
    static func quick(_ name: String = "test", adjust: (inout WorkerConfiguration) -> Void = { _ in }) -> Self {
        var configuration = WorkerConfiguration(name: name, version: "test")
        configuration.slots = 8
        configuration.pollInterval = .milliseconds(200)
        configuration.promoteInterval = .milliseconds(50)
        configuration.rescueInterval = .milliseconds(100)
        configuration.backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(5))
        configuration.shutdownGrace = .seconds(20)
        adjust(&configuration)
        return configuration
    }
}

extension TestDatabase {
    func worker(
        _ configuration: WorkerConfiguration = .quick(), logger: Logger = .quiet,
        _ body: @escaping @Sendable (ClaimedJob, JobContext) async throws -> Outcome
    ) -> Worker {
        Worker(
            pool: pool, postgres: self.configuration, handlers: [Toy(body: body)], configuration: configuration,
            logger: logger)
    }

    /// Runs workers for the time of the body, then drains them.
    func running<Result: Sendable>(
        _ workers: Worker..., during body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { try await worker.run() } }
            do {
                let result = try await body()
                for worker in workers { worker.drain() }
                try await group.waitForAll()
                return result
            } catch {
                for worker in workers { worker.releaseAtOnce() }
                throw error
            }
        }
    }

    @discardableResult
    func enqueue(
        _ count: Int = 1, kind: String = "notification", runAt: String = "now()", priority: Int = 0
    ) async throws -> [Int64] {
        try await query(
            """
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload, run_at, priority)
            SELECT '\(kind)', 'acme', jsonb_build_object('n', n), \(runAt), \(priority) FROM generate_series(1, \(count)) n
            RETURNING id
            """
        ).compactMap { row in row.first.flatMap { $0 }.flatMap { Int64($0) } }
    }

    func waitUntilAllFinished(_ state: String = "completed") async throws {
        try await wait(
            for: "SELECT count(*) FROM kushim_jira.job_status WHERE state <> '\(state)'", toBe: "0")
    }
}

/// What happened, from several tasks.
final class Notes<Element: Sendable>: Sendable {
    private let state = Mutex<[Element]>([])
    func add(_ element: Element) { state.withLock { $0.append(element) } }
    var all: [Element] { state.withLock { $0 } }
    var count: Int { all.count }
}

/// Lets tasks pass once it is opened.
final class Gate: Sendable {
    private let isOpen = Mutex(false)
    func open() { isOpen.withLock { $0 = true } }
    func pass() async throws {
        while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// Writes a row into a table of the test's own, in the settling transaction.
struct Note: Effect {
    let text: String
    static func statement(for batch: [(job: ClaimedJob, effect: Note)]) -> WriteNotes {
        WriteNotes(jobs: batch.map(\.job.id), texts: batch.map(\.effect.text))
    }

    static let table = "CREATE TABLE public.notes (job_id bigint, text text CHECK (text <> 'poison'), batch integer)"
}

struct WriteNotes: Statement {
    static let sql = """
        INSERT INTO public.notes SELECT job_id, text, cardinality($1) FROM unnest($1::bigint[], $2::text[]) AS n (job_id, text)
        """
    let jobs: [Int64]
    let texts: [String]
    var parameters: [any PostgresEncodable] { [jobs, texts] }
}
