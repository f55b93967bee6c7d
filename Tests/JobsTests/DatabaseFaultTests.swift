import Foundation
import Jobs
import Logging
import Postgres
import TestSupport
import Testing

/// What the database refuses to every job is no job's fault.
@Suite("Faults of the database")
struct DatabaseFaultTests {
    private struct Write: Statement {
        static let sql = "INSERT INTO public.lines (job) VALUES ($1)"
        let job: Int64
        var parameters: [any PostgresEncodable] { [job] }
    }

    private struct Line: Effect {
        let told: Notes<Int64>
        static func statement(for batch: [(job: ClaimedJob, effect: Line)]) -> WriteLines {
            WriteLines(jobs: batch.map(\.job.id))
        }
        func wasWritten(for job: ClaimedJob, logger: Logger) { told.add(job.id) }
    }

    private struct WriteLines: Statement {
        static let sql = "INSERT INTO public.lines (job) SELECT unnest($1::bigint[])"
        let jobs: [Int64]
        var parameters: [any PostgresEncodable] { [jobs] }
    }

    static let faults: [(breaks: String, mends: String, words: String)] = [
        ("DROP TABLE public.lines", "CREATE TABLE public.lines (job bigint)", "run `kushim-jira migrate`"),
        ("ALTER TABLE public.lines RENAME job TO no", "ALTER TABLE public.lines RENAME no TO job", "migrate`"),
        (
            "ALTER TABLE public.lines ADD cost_center text NOT NULL", "ALTER TABLE public.lines DROP cost_center",
            "ALTER COLUMN cost_center DROP NOT NULL"
        ),
        (
            """
            CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'permission denied for table lines' USING ERRCODE = '42501'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON public.lines EXECUTE FUNCTION public.refuse()
            """, "DROP TRIGGER refuse ON public.lines", "migrate --repair"
        ),
    ]

    @Test(
        "Costs no attempt, whether a run or its end meets with it; the worker is not healthy until it is mended",
        arguments: faults.indices, [false, true])
    func putOff(_ index: Int, atTheEnd: Bool) async throws {
        let fault = Self.faults[index]
        try await TestDatabase.with { database in
            _ = try await database.query("CREATE TABLE public.lines (job bigint)")
            _ = try await database.query(fault.breaks)
            let told = Notes<Int64>()
            let pool = database.pool
            let worker = database.worker(.quick { $0.maxAttempts = 1 }) { job, _ in
                if atTheEnd { return .completed([Line(told: told)]) }
                _ = try await pool.execute(Write(job: job.id))
                return .completed()
            }
            try await database.enqueue(3)
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.scheduled WHERE snoozes > 0", toBe: "3")
                try await eventually("the worker says what is wrong") {
                    let problem = worker.health.compactMap(\.problem).joined()
                    return problem.contains("jobs wait for the database") && problem.contains(fault.words)
                }
                #expect(told.count == 0, "nothing is told as done that was not")
                _ = try await database.query(fault.mends)
                // Their time has come.
                _ = try await database.query("UPDATE kushim_jira.scheduled SET run_at = now()")
                try await database.waitUntilAllFinished()
                try await eventually("the worker is healthy") { worker.health.allSatisfy { $0.problem == nil } }
            }
            #expect(try await database.value("SELECT count(*) FROM public.lines") == "3")
            #expect(try await database.value("SELECT max(attempt) FROM kushim_jira.attempts") == "1")
        }
    }

    @Test("Data that is refused costs the job its attempts and leaves the worker healthy")
    func ownFault() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query("CREATE TABLE public.lines (job bigint CHECK (job < 0))")
            let pool = database.pool
            let worker = database.worker(.quick { $0.maxAttempts = 2 }) { job, _ in
                _ = try await pool.execute(Write(job: job.id))
                return .completed()
            }
            try await database.enqueue()
            try await database.running(worker) {
                try await database.waitUntilAllFinished("discarded")
                let problems = worker.health.compactMap(\.problem)
                #expect(problems == [])
            }
        }
    }

    /// Of every class that PostgreSQL has, by its own list.
    @Test("Which classes of SQLSTATE are the database's fault")
    func classes() throws {
        func isDatabases(_ state: String) -> Bool {
            PostgresError(.server, "", sqlState: SQLState(rawValue: state)).isDatabasesFault
        }
        let databases = [
            "08006", "0A000", "25006", "25P02", "28000", "3D000", "3F000", "40001", "40P01", "42501", "42P01", "42703",
            "42883", "53100", "53200", "53300", "55P03", "55006", "57014", "57P01", "57P03", "58030", "F0000", "XX000",
            "XX001", "23502",
        ]
        let jobs = [
            "21000", "22001", "22003", "22021", "22P02", "22P05", "23503", "23505", "23514", "23P01", "54000", "P0001",
            "KJ001",
        ]
        for state in databases { #expect(isDatabases(state), "\(state)") }
        for state in jobs { #expect(!isDatabases(state), "\(state)") }
        for kind in [PostgresError.Kind.refusedCredentials, .cannotConnect, .connectionLost, .timedOut, .poolClosed] {
            #expect(PostgresError(kind, "").isDatabasesFault)
        }
        #expect(!PostgresError(.decoding, "").isDatabasesFault && !PostgresError(.cancelled, "").isDatabasesFault)
    }
}
