import Postgres
import TestSupport
import Testing

@testable import Jobs

@Suite("What a stranger or a tool of the database may do to the queue")
struct StrangerTests {
    /// Any login may take any advisory lock, and hold it: those are what versions before this one took.
    @Test("A login that holds locks stops neither a capped customer nor retention nor a migration")
    func locks() async throws {
        try await TestDatabase.with { database in
            try await database.withLogin(["kushim_jira_producer"]) { _, configuration in
                try await database.withSession(configuration) { stranger in
                    let names = [
                        "kushim_jira acme", "kushim_jira ranges", "kushim_jira.migrations", "kushim_jira.per_hour acme",
                    ]
                    for name in names {
                        try await stranger.execute(sql: "SELECT pg_advisory_lock(hashtextextended('\(name)', 0))")
                    }
                    for table in ["turns", "ready", "leases", "job_ranges", "migrations", "customer_limits"] {
                        await #expect(throws: PostgresError.self, "\(table)") {
                            try await stranger.execute(
                                sql: "BEGIN; LOCK TABLE kushim_jira.\(table) IN ACCESS SHARE MODE")
                        }
                        try await stranger.execute(sql: "ROLLBACK")
                    }
                    let worker = database.worker(.quick { $0.customerLimit = 2 }) { _, _ in .completed() }
                    try await database.enqueue(20)
                    try await database.running(worker) { try await database.waitUntilAllFinished() }
                    _ = try await database.query(
                        "UPDATE kushim_jira.jobs_1 SET created_at = created_at - interval '31 days'")
                    let before = try await database.value("SELECT last_value FROM kushim_jira.jobs_id_seq")
                    try await Forgetting(pool: database.pool, configuration: .quick()).round()
                    #expect(try await database.value("SELECT last_value FROM kushim_jira.jobs_id_seq") != before)
                    #expect(try await database.migrate(by: database.configuration) == 0)
                }
            }
        }
    }

    @Test("The worker's role can hurry neither ranges nor forgetting")
    func bounds() async throws {
        try await TestDatabase.with { database in
            let worker = database.worker { job, _ in job.id % 2 == 0 ? .discard(reason: "no") : .completed() }
            try await database.enqueue(10)
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "10")
            }
            try await database.withLogin(["kushim_jira_worker"]) { _, configuration in
                try await database.withSession(configuration) { session in
                    let jump = "SELECT kushim_jira.extend_ranges('-1 day')"
                    let forget = "SELECT kushim_jira.forget_jobs('-1000 years', '-1000 years')"
                    for sql in [jump, forget] { try await session.execute(sql: sql) }
                    #expect(try await database.value("SELECT last_value FROM kushim_jira.jobs_id_seq") == "10")
                    // Where the range has ended, yesterday's jobs may go, and the last week's dead letters stay.
                    _ = try await database.query(
                        """
                        UPDATE kushim_jira.jobs_1 SET created_at = created_at - interval '2 days';
                        UPDATE kushim_jira.attempts SET ended_at = ended_at - interval '2 days';
                        UPDATE kushim_jira.dead_jobs SET finished_at = finished_at - interval '2 days'
                        """)
                    for sql in [jump, forget, forget] { try await session.execute(sql: sql) }
                    #expect(try await database.value("SELECT count(*) FROM kushim_jira.dead_letters") == "5")
                    #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "5")
                }
            }
        }
    }

    @Test("A publication of all tables stops nothing: not claiming, not promotion, not forgetting")
    func publication() async throws {
        try await TestDatabase.with { database in
            let withoutIdentity = """
                SELECT c.relname FROM pg_class c
                WHERE c.relnamespace = 'kushim_jira'::regnamespace AND c.relkind IN ('r', 'p')
                  AND (c.relreplident <> 'd' OR NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))
                """
            #expect(try await database.query(withoutIdentity) == [])
            _ = try await database.query("CREATE PUBLICATION everything FOR ALL TABLES")
            let worker = database.worker(.quick { $0.retentionInterval = .milliseconds(50) }) { job, _ in
                job.attempt == 1 && job.id % 3 == 0
                    ? .retry(reason: "once more", after: .milliseconds(20)) : .completed()
            }
            try await database.enqueue(30)
            try await database.enqueue(3, runAt: "now() + interval '300 milliseconds'")
            try await database.running(worker) {
                try await database.waitUntilAllFinished()
                _ = try await database.query(
                    """
                    UPDATE kushim_jira.attempts SET ended_at = ended_at - interval '31 days';
                    UPDATE kushim_jira.jobs_1 SET created_at = created_at - interval '31 days'
                    """)
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.jobs", toBe: "0")
            }
            // What was made meanwhile, too.
            #expect(try await database.query(withoutIdentity) == [])
        }
    }
}
