import Foundation
import Migrations
import Postgres
import TestSupport
import Testing

@testable import Jobs

@Suite("What is forgotten, and what is not")
struct RetentionTests {
    /// Makes all jobs look as if inserted so long ago. Only their partitions let themselves be changed.
    private func age(_ database: TestDatabase, _ interval: String) async throws {
        _ = try await database.query(
            """
            DO $$
            DECLARE
                part regclass;
            BEGIN
                LOCK TABLE kushim_jira.job_ranges IN SHARE ROW EXCLUSIVE MODE;
                FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'kushim_jira.jobs'::regclass LOOP
                    EXECUTE format('UPDATE %s SET created_at = created_at - %2$L::interval, run_at = run_at - %2$L::interval',
                                   part, '\(interval)');
                END LOOP;
            END
            $$
            """)
    }

    @Test("Old jobs leave with their history, each state after its retention; what is unfinished stays")
    func retention() async throws {
        try await TestDatabase.with { database in
            let worker = {
                database.worker(.quick { $0.retentionInterval = .milliseconds(50) }) { job, _ in
                    job.payload.contains("9") ? .discard(reason: "no") : .completed()
                }
            }
            try await database.enqueue(9)
            let waiting = try await database.enqueue(runAt: "now() + interval '60 days'")
            try await database.running(worker()) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "9")
                _ = try await database.query(
                    "UPDATE kushim_jira.attempts SET ended_at = ended_at - interval '31 days' WHERE job_id <> 8")
                _ = try await database.query(
                    "UPDATE kushim_jira.dead_jobs SET finished_at = finished_at - interval '31 days'")
                try await age(database, "31 days")
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.jobs", toBe: "3")
            }
            #expect(
                try await database.query("SELECT id, state, attempt FROM kushim_jira.job_status ORDER BY 1")
                    == [["8", "completed", "1"], ["9", "discarded", "1"], ["\(waiting[0])", "available", "0"]])
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.attempts") == "2")

            // What comes next has a range of its own; when that goes, so does what only its own retention had kept.
            let next = try await database.enqueue()
            #expect(next[0] > 100_000_000)
            try await database.running(worker()) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "3")
                _ = try await database.query(
                    "UPDATE kushim_jira.dead_jobs SET finished_at = finished_at - interval '335 days'")
                _ = try await database.query("UPDATE kushim_jira.attempts SET ended_at = ended_at - interval '31 days'")
                try await age(database, "31 days")
                try await database.wait(
                    for: "SELECT string_agg(id::text, ',') FROM kushim_jira.jobs", toBe: "\(waiting[0])")
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.dead_jobs") == "0")
            // What was made on the way can be truncated as little as what was there before.
            #expect(
                try await database.query(
                    """
                    SELECT inhrelid::regclass::text FROM pg_inherits
                    WHERE inhparent = 'kushim_jira.jobs'::regclass
                      AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = inhrelid AND tgname = 'jobs_are_not_truncated')
                    """) == [])
        }
    }

    @Test("An insert that is not committed for very long keeps its range")
    func longInsert() async throws {
        try await TestDatabase.with { database in
            let other = try await PostgresConnection.connect(database.configuration, logger: .quiet)
            try await other.execute(sql: "BEGIN")
            try await other.execute(sql: "INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('notification', '{}')")
            try await database.enqueue()
            try await age(database, "31 days")
            let range = "SELECT first FROM kushim_jira.job_ranges ORDER BY first LIMIT 1"
            let first = try await database.value(range)
            let forgetting = Forgetting(pool: database.pool, configuration: .quick())
            try await forgetting.round()
            #expect(try await database.value(range) == first)
            try await other.execute(sql: "COMMIT")
            await other.close()
            try await forgetting.round()
            #expect(try await database.value(range) != first)
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "2")
        }
    }

    @Test("While ranges are exchanged, inserts, claims and completions go on")
    func atWork() async throws {
        try await TestDatabase.with { database in
            let worker = database.worker(.quick { $0.retentionInterval = .milliseconds(20) }) { _, _ in .completed() }
            try await database.running(worker) {
                for _ in 1...8 {
                    try await database.enqueue(50)
                    try await database.waitUntilAllFinished()
                    _ = try await database.query(
                        "UPDATE kushim_jira.attempts SET ended_at = ended_at - interval '31 days'")
                    try await age(database, "31 days")
                }
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.jobs", toBe: "0")
            }
        }
    }

    @Test("What is old leaves also where the schema's owner may make no temporary tables")
    func withoutTemporaryTables() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let owner = "o_\(database.name)"
            for sql in [
                "CREATE ROLE \(owner) LOGIN CREATEROLE", "GRANT CREATE ON DATABASE \(database.name) TO \(owner)",
                "REVOKE TEMPORARY ON DATABASE \(database.name) FROM PUBLIC",
            ] { try await TestDatabase.administer(sql) }
            var configuration = database.configuration
            configuration.conninfo += " user=\(owner)"
            _ = try await Migrator(configuration, logger: .quiet).migrate()
            let ended = try await database.enqueue(3)
            let waiting = try await database.enqueue(runAt: "now() + interval '60 days'")
            _ = try await database.query(
                """
                DELETE FROM kushim_jira.ready;
                INSERT INTO kushim_jira.attempts (job_id, fence, attempt, worker_id, started_at, ended_at, outcome)
                SELECT id, id, 1, gen_random_uuid(), now() - interval '31 days', now() - interval '31 days', 'completed'
                FROM kushim_jira.jobs WHERE id <= \(ended[2])
                """)
            try await age(database, "31 days")
            let pool = PostgresPool(configuration, size: 2, acquisitionLimit: .seconds(20), logger: .quiet)
            try await Forgetting(pool: pool, configuration: .quick()).round()
            await pool.close()
            #expect(try await database.query("SELECT id FROM kushim_jira.jobs") == [["\(waiting[0])"]])
            try await TestDatabase.administer("ALTER DATABASE \(database.name) OWNER TO kushim")
            _ = try await database.query("REASSIGN OWNED BY \(owner) TO kushim; DROP OWNED BY \(owner)")
            try await TestDatabase.administer("DROP ROLE \(owner)")
        }
    }

    @Test(
        "Ids that have jumped find room as soon as a worker starts, in few tables however far they went",
        arguments: [Int64(1_000_000_000), 4_000_000_000_000_000_000])
    func jumpedIds(to id: Int64) async throws {
        try await TestDatabase.with { database in
            _ = try await database.query("SELECT setval('kushim_jira.jobs_id_seq', \(id))")
            let refusal = await #expect(throws: PostgresError.self) { try await database.enqueue() }
            #expect(refusal?.message.contains("no partition") == true)
            try await database.running(database.worker { _, _ in .completed() }) {
                try await eventually("there is room") { (try? await database.enqueue()) != nil }
                try await database.waitUntilAllFinished()
            }
            let tables = try await database.value(
                "SELECT count(*) FROM pg_inherits WHERE inhparent = 'kushim_jira.jobs'::regclass")
            #expect(Int(tables ?? "").map { $0 < 10 } == true)
            // And what is old is forgotten there too.
            try await age(database, "31 days")
            _ = try await database.query("UPDATE kushim_jira.attempts SET ended_at = ended_at - interval '31 days'")
            let forgetting = Forgetting(pool: database.pool, configuration: .quick())
            try await forgetting.round()
            try await forgetting.round()
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "0")
            try await database.enqueue()
        }
    }
}
