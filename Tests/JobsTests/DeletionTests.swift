import Postgres
import TestSupport
import Testing

@testable import Jobs

@Suite("Jobs that have not ended stay")
struct DeletionTests {
    /// The test's login owns the database, and is a superuser.
    private func expectRefused(_ sql: String, hint: String?, in database: TestDatabase) async throws {
        do {
            _ = try await database.query(sql)
            Issue.record("\(sql) was not refused")
        } catch let error as PostgresError {
            #expect(error.sqlState == .restrictViolation, "\(error)")
            if let hint { #expect(error.hint?.contains(hint) == true, "\(error)") }
        }
    }

    @Test(
        "Nobody deletes one that waits, is put off, runs, or is nowhere",
        arguments: [
            "SELECT 1",
            """
            WITH r AS (DELETE FROM kushim_jira.ready RETURNING *)
            INSERT INTO kushim_jira.scheduled (job_id, customer_id, kind, priority, run_at)
            SELECT job_id, customer_id, kind, priority, now() FROM r
            """,
            """
            WITH r AS (DELETE FROM kushim_jira.ready RETURNING *)
            INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, gen_random_uuid(), customer_id, kind, priority, 0, 0, 0 FROM r
            """,
            "DELETE FROM kushim_jira.ready",
        ])
    func unfinished(_ place: String) async throws {
        try await TestDatabase.with { database in
            let id = try await database.enqueue()[0]
            _ = try await database.query(place)
            for table in ["jobs", "jobs_1"] {
                try await expectRefused(
                    "DELETE FROM kushim_jira.\(table) WHERE id = \(id)", hint: "kushim-jira jobs cancel \(id)",
                    in: database)
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "1")
        }
    }

    @Test("One that has ended can be deleted", arguments: ["cancelled", "discarded"])
    func finished(_ state: String) async throws {
        try await TestDatabase.with { database in
            let id = try await database.enqueue()[0]
            _ = try await database.query(
                """
                DELETE FROM kushim_jira.ready;
                INSERT INTO kushim_jira.dead_jobs (job_id, state, attempt, losses) VALUES (\(id), '\(state)', 0, 0);
                DELETE FROM kushim_jira.jobs
                """)
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "0")
        }
    }

    @Test("No table of jobs can be truncated, nor one that is made later")
    func truncation() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query("SELECT kushim_jira.add_range(9000000000, 9100000000)")
            let tables = try await database.query(
                """
                SELECT oid::regclass::text FROM pg_class WHERE oid = 'kushim_jira.jobs'::regclass
                UNION ALL
                SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'kushim_jira.jobs'::regclass
                """
            ).compactMap { $0[0] }
            #expect(tables.count >= 5)
            for table in tables { try await expectRefused("TRUNCATE \(table)", hint: nil, in: database) }
        }
    }
}
