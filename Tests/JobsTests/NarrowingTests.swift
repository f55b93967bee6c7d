import Foundation
import Jobs
import Logging
import Postgres
import TestSupport
import Testing

/// What keeps one job from being settled keeps no other.
@Suite("One settlement that cannot be written")
struct NarrowingTests {
    /// Writes to a row of the test's own, in the settling transaction.
    private struct Touch: Effect {
        static func statement(for batch: [(job: ClaimedJob, effect: Touch)]) -> TouchLines {
            TouchLines(jobs: batch.map(\.job.id))
        }
    }

    private struct TouchLines: Statement {
        static let sql = "UPDATE public.lines SET touched = touched + 1 WHERE job = ANY ($1)"
        let jobs: [Int64]
        var parameters: [any PostgresEncodable] { [jobs] }
    }

    private func isOver(_ ids: [Int64]) -> String {
        "SELECT count(*) FROM kushim_jira.finished WHERE job_id IN (\(ids.map(String.init).joined(separator: ", ")))"
    }

    /// Through a pooler where there is one to go through.
    private func reach(
        _ database: TestDatabase, pooled: Bool, _ body: @Sendable (PostgresConfiguration) async throws -> Void
    ) async throws {
        // No wait ends by a statement's own time limit.
        guard pooled else { return try await body(database.configuration.withoutStatementTimeout) }
        guard PrivatePgBouncer.isInstalled else { return }
        try await PrivatePgBouncer.with(database) { try await body($0.withoutStatementTimeout) }
    }

    @Test(
        "A row that a stranger has locked keeps only its own job, which is settled once when it is free",
        arguments: [false, true])
    func lockedRow(pooled: Bool) async throws {
        try await TestDatabase.with { database in
            try await reach(database, pooled: pooled) { configuration in
                let pool = PostgresPool(configuration, size: 4, acquisitionLimit: .seconds(20), logger: .quiet)
                let gate = Gate()
                let begun = Notes<Int64>()
                let toy = Toy { job, _ in
                    begun.add(job.id)
                    try await gate.pass()
                    return .completed([Touch()])
                }
                let worker = Worker(
                    pool: pool, postgres: configuration, handlers: [toy], configuration: .quick { $0.slots = 25 },
                    logger: .quiet)
                let ids = try await database.enqueue(20)
                _ = try await database.query(
                    "CREATE TABLE public.lines AS SELECT id AS job, 0 AS touched FROM kushim_jira.jobs")
                try await database.withStranger { stranger in
                    try await stranger.execute(sql: "BEGIN; SELECT FROM public.lines WHERE job = \(ids[7]) FOR UPDATE")
                    try await database.running(worker) {
                        try await eventually("all are in hand") { begun.count == 20 }
                        gate.open()
                        let others = ids.filter { $0 != ids[7] }
                        try await database.wait(for: isOver(others), toBe: "19")
                        // Nor is anyone kept who comes later.
                        let later = try await database.enqueue(10)
                        try await database.wait(for: isOver(later), toBe: "10")
                        #expect(try await database.value(isOver([ids[7]])) == "0")
                        try await eventually("the worker says what is wrong") {
                            worker.health.contains { $0.problem?.contains("lock") == true }
                        }
                        try await stranger.execute(sql: "COMMIT")
                        try await eventually("it is settled") {
                            _ = try await database.query(
                                "UPDATE kushim_jira.scheduled SET run_at = now() WHERE run_at > now()")
                            return try await database.value(isOver(ids)) == "20"
                        }
                        try await eventually("the worker is healthy") { worker.health.allSatisfy { $0.problem == nil } }
                    }
                }
                #expect(try await database.value("SELECT count(*) FROM public.lines WHERE touched = 1") == "20")
                #expect(try await database.value("SELECT max(attempt) FROM kushim_jira.attempts") == "1")
                await pool.close()
            }
        }
    }

    @Test(
        "A session waits for locks no longer than its limit, and leaves the limit to no other client",
        arguments: [false, true])
    func sessionLimit(pooled: Bool) async throws {
        try await TestDatabase.with { database in
            _ = try await database.query("CREATE TABLE public.lines AS SELECT 1::bigint AS job, 0 AS touched")
            try await reach(database, pooled: pooled) { configuration in
                var limited = configuration
                limited.lockTimeout = .milliseconds(50)
                let connection = try await PostgresConnection.connect(limited, logger: .quiet)
                let other = try await PostgresConnection.connect(configuration, logger: .quiet)
                try await database.withStranger { stranger in
                    try await stranger.execute(sql: "BEGIN; LOCK TABLE public.lines")
                    for _ in 1...2 {
                        let error = await #expect(throws: PostgresError.self) {
                            try await connection.execute(TouchLines(jobs: [1]))
                        }
                        #expect(error?.isLockTimeout == true, "\(String(describing: error))")
                    }
                }
                try await connection.execute(TouchLines(jobs: [1]))
                #expect(try await other.text(sql: "SHOW lock_timeout") == [["0"]])
                await connection.close()
                await other.close()
            }
        }
    }

    /// Refusals of what is written for one job: of its own record, of every record of it, of all of its endings.
    static let refusals: [(refuses: String, allows: String)] = [
        (
            "ALTER TABLE public.notes ADD CONSTRAINT not_this CHECK (job_id <> %d)",
            "ALTER TABLE public.notes DROP CONSTRAINT not_this"
        ),
        (
            """
            CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF OLD.job_id = %d THEN RAISE EXCEPTION 'not this one'; END IF; RETURN OLD; END $$;
            CREATE TRIGGER refuse BEFORE DELETE ON kushim_jira.leases FOR EACH ROW EXECUTE FUNCTION public.refuse()
            """, "DROP TRIGGER refuse ON kushim_jira.leases"
        ),
        (
            """
            CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF NEW.job_id = %d THEN RAISE EXCEPTION 'not this one' USING ERRCODE = '42501'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON kushim_jira.attempts FOR EACH ROW EXECUTE FUNCTION public.refuse()
            """, "DROP TRIGGER refuse ON kushim_jira.attempts"
        ),
    ]

    @Test(
        "A refusal keeps only its own job, which loses no attempt and is settled once when it is allowed",
        arguments: refusals.indices)
    func refused(_ index: Int) async throws {
        let refusal = Self.refusals[index]
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let worker = database.worker(
                .quick { configuration in
                    configuration.maxAttempts = 1
                    configuration.effects = { event in
                        switch event {
                        case .snoozed: []
                        default: [Note(text: "told")]
                        }
                    }
                }
            ) { _, _ in .completed([Note(text: "done")]) }
            let ids = try await database.enqueue(10)
            _ = try await database.query(refusal.refuses.replacing("%d", with: "\(ids[3])"))
            try await database.running(worker) {
                try await database.wait(for: isOver(ids.filter { $0 != ids[3] }), toBe: "9")
                let later = try await database.enqueue(10)
                try await database.wait(for: isOver(later), toBe: "10")
                #expect(try await database.value(isOver([ids[3]])) == "0")
                try await eventually("the worker says what is wrong") {
                    worker.health.contains { $0.problem?.contains("not") == true }
                }
                _ = try await database.query(refusal.allows)
                try await eventually("it is settled") {
                    _ = try await database.query("UPDATE kushim_jira.scheduled SET run_at = now() WHERE run_at > now()")
                    return try await database.value(isOver(ids)) == "10"
                }
                try await eventually("the worker is healthy") { worker.health.allSatisfy { $0.problem == nil } }
            }
            #expect(try await database.value("SELECT count(*) FROM public.notes WHERE text = 'done'") == "20")
            #expect(try await database.value("SELECT count(*) FROM public.notes WHERE text = 'told'") == "0")
            #expect(
                try await database.value("SELECT count(*) FROM kushim_jira.finished WHERE state = 'completed'") == "20")
        }
    }

    @Test("A table that is locked is told of with the name of who locks it, and costs no attempt")
    func lockedTable() async throws {
        try await TestDatabase.with { database in
            let log = KeptLog()
            let worker = database.worker(.quick { $0.maxAttempts = 1 }, logger: log.logger) { _, _ in
                .completed([Touch()])
            }
            _ = try await database.query("CREATE TABLE public.lines (job bigint, touched integer)")
            try await database.withStranger { stranger in
                try await database.withStranger { builder in
                    let pid =
                        try await stranger.text(sql: "BEGIN; SELECT FROM public.lines; SELECT pg_backend_pid()")[0][0]
                        ?? ""
                    // Waits itself, and all others behind it.
                    let building = Task { try? await builder.execute(sql: "ALTER TABLE public.lines ADD n integer") }
                    try await database.wait(
                        for: """
                            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                            """, toBe: "1")
                    try await database.enqueue(5)
                    try await database.running(worker) {
                        try await eventually("the worker names who locks it") {
                            worker.health.contains {
                                $0.problem?.contains("session \(pid) of kushim (a stranger), idle in transaction")
                                    == true
                                    && $0.problem?.contains("pg_terminate_backend(\(pid))") == true
                            }
                        }
                        let said = log.lines.filter { $0.contains("pg_terminate_backend(\(pid))") }
                        #expect(said.count == 1, "\(said)")
                        try await stranger.execute(sql: "COMMIT")
                        await building.value
                        try await eventually("all are settled") {
                            _ = try await database.query(
                                "UPDATE kushim_jira.scheduled SET run_at = now() WHERE run_at > now()")
                            return try await database.value("SELECT count(*) FROM kushim_jira.finished") == "5"
                        }
                        try await eventually("the worker is healthy") { worker.health.allSatisfy { $0.problem == nil } }
                    }
                }
            }
            #expect(try await database.value("SELECT max(attempt) FROM kushim_jira.attempts") == "1")
        }
    }
}

extension PostgresConfiguration {
    fileprivate var withoutStatementTimeout: Self {
        var patient = self
        patient.statementTimeout = nil
        return patient
    }
}

extension TestDatabase {
    /// A session that none of our limits ends.
    func withStranger(_ body: @Sendable (PostgresConnection) async throws -> Void) async throws {
        let stranger = try await PostgresConnection.connect(
            PostgresConfiguration(
                conninfo: configuration.conninfo + " options='-c statement_timeout=0'", applicationName: "a stranger"),
            logger: .quiet)
        try await stranger.execute(sql: "SET idle_in_transaction_session_timeout = 0")
        do {
            try await body(stranger)
            await stranger.close()
        } catch {
            await stranger.close()
            throw error
        }
    }
}

/// Keeps what is logged as warnings or worse.
private final class KeptLog: Sendable {
    private let kept = Notes<String>()
    var lines: [String] { kept.all }
    var logger: Logger { Logger(label: "test") { _ in Handler(kept: self.kept) } }

    private struct Handler: LogHandler {
        let kept: Notes<String>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { kept.add("\(event.message) \(event.metadata ?? [:])") }
    }
}
