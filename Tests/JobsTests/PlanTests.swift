import TestSupport
import Testing

@testable import Jobs

@Suite("Plans of the statements that run for each job")
struct PlanTests {
    private func fill(_ database: TestDatabase) async throws {
        // One customer has nearly all, the others one job each.
        _ = try await database.query(
            """
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload, run_at)
            SELECT 'notification', CASE WHEN n % 50 = 0 THEN 'c' || n ELSE 'large' END, '{}', now() + (n % 2) * interval '1 day'
            FROM generate_series(1, 60000) n
            """)
        _ = try await database.query(
            """
            WITH gone AS (DELETE FROM kushim_jira.ready WHERE seq % 4 = 0 RETURNING *)
            INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, gen_random_uuid(), customer_id, kind, priority, 0, 0, 0 FROM gone
            """)
    }

    private func plan(_ sql: String, _ arguments: String?, in database: TestDatabase) async throws -> String {
        try await database.pool.withConnection { connection in
            for setting in [
                "BEGIN", "SET LOCAL plan_cache_mode = force_generic_plan", "SET LOCAL kushim_jira.caps = '{4,4}'",
                "SET LOCAL kushim_jira.room = '{4,4}'", PinPlans.sql,
            ] { _ = try await connection.text(sql: setting) }
            try await connection.execute(sql: "PREPARE guarded AS \(sql)")
            let rows = try await connection.text(sql: "EXPLAIN EXECUTE guarded" + (arguments.map { " (\($0))" } ?? ""))
            try await connection.execute(sql: "ROLLBACK")
            try await connection.execute(sql: "DEALLOCATE guarded")
            return rows.compactMap { $0[0] }.joined(separator: "\n")
        }
    }

    /// The statistics are those of tables that are empty, that nobody has looked at, or that are as full as these.
    @Test(
        "Each goes by the index it was made for, whatever the statistics say",
        arguments: ["ofEmptyTables", "none", "ofFullTables"])
    func indexes(_ statistics: String) async throws {
        try await TestDatabase.with { database in
            let tables =
                "kushim_jira.jobs, kushim_jira.ready, kushim_jira.leases, kushim_jira.scheduled, kushim_jira.unique_jobs"
            if statistics == "ofEmptyTables" { _ = try await database.query("VACUUM ANALYZE \(tables)") }
            for table in ["ready", "leases", "scheduled"] {
                _ = try await database.query("ALTER TABLE kushim_jira.\(table) SET (autovacuum_enabled = off)")
            }
            try await fill(database)
            if statistics == "ofFullTables" { _ = try await database.query("VACUUM ANALYZE \(tables)") }

            let claim = try await plan(
                ClaimJobs.sql,
                "'5f64e8f8-0000-4000-8000-000000000000', '{large,c50}', '{0,0}', '{0,0}', '{notification}', 100",
                in: database)
            #expect(
                claim.contains(
                    "Index Cond: ((customer_id = t.customer_id) AND (priority = t.priority) AND (seq >= t.mark))"))
            #expect(claim.contains("Index Cond: (id = f.job_id)"))
            let settle = try await plan(
                SettleJobs.sql, "'{1,2}', '{1,2}', '{completed,failed}', '{NULL,x}', '{0,0}', false", in: database)
            #expect(settle.contains("using leases_pkey") && settle.contains("Index Cond: (job_id = given_1.job_id)"))
            #expect(settle.contains("TID Cond: (ctid = h.place)"))
            let room = try await plan(CountRoom.sql, "'{large,c50}', '{0,0}', '{10,10}'", in: database)
            #expect(
                room.contains("leases_by_customer")
                    && room.contains("Index Cond: ((customer_id = g.customer_id) AND (fence >= g.mark))"))
            let arrivals = try await plan(FindArrivals.sql, "0, 5000", in: database)
            #expect(arrivals.contains("using ready_by_arrival") && arrivals.contains("Index Cond: ((- seq) <= "))
            let survey = try await plan(SurveyLanes.sql, nil, in: database)
            #expect(
                survey.contains("ready_by_lane") && survey.contains("Index Cond: (ROW(customer_id, priority) > ROW("))
            let promote = try await plan(PromoteJobs.sql, "500", in: database)
            #expect(promote.contains("scheduled_by_time") && promote.contains("Index Cond: (job_id = ANY"))
            for plan in [claim, settle, room, arrivals, survey, promote] {
                #expect(!plan.contains("Seq Scan on"), "\(plan)")
                // An index that is read without a condition is read whole.
                let lines = plan.split(separator: "\n")
                for (line, next) in zip(lines, lines.dropFirst())
                where line.contains("Index ") && line.contains(" Scan using") {
                    let isBounded =
                        next.contains("Index Cond") || line.contains("ready_by_lane on ready")
                        || line.contains("scheduled_by_time")
                    #expect(isBounded, "\(line)\n\(plan)")
                }
            }
        }
    }
}
