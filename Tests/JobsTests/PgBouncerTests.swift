import Logging
import Postgres
import TestSupport
import Testing

@testable import Jobs

@Suite(
    "Behind PgBouncer in transaction mode",
    .enabled(if: PrivatePgBouncer.isInstalled, "pgbouncer is not installed: deploy/test installs it"))
struct PgBouncerTests {
    @Test("A connection knows that it is pooled, prepares nothing and leaves no settings to other clients")
    func connection() async throws {
        try await TestDatabase.with { database in
            try await PrivatePgBouncer.with(database, sessions: 1) { configuration in
                let one = try await PostgresConnection.connect(configuration, logger: .quiet)
                let other = try await PostgresConnection.connect(configuration, logger: .quiet)
                #expect(await one.isPooled)
                for connection in [one, other, one, other] { _ = try await connection.execute(CountWorkersAlive()) }
                #expect(try await one.text(sql: "SHOW statement_timeout") == [["0"]])
                #expect(try await one.text(sql: "SELECT count(*) FROM pg_prepared_statements") == [["0"]])
                await one.close()
                await other.close()
            }
            let direct = try await PostgresConnection.connect(database.configuration, logger: .quiet)
            #expect(await !direct.isPooled)
            await direct.close()
        }
    }

    @Test("Two workers do all the work over three sessions: each job once, failures again, delayed ones in time")
    func work() async throws {
        try await TestDatabase.with { database in
            try await PrivatePgBouncer.with(database) { configuration in
                let runs = Notes<Int64>()
                let pools = (0..<2).map { _ in
                    PostgresPool(configuration, size: 4, acquisitionLimit: .seconds(20), logger: .quiet)
                }
                let workers = pools.map { pool in
                    Worker(
                        pool: pool, postgres: configuration,
                        handlers: [
                            Toy { job, _ in
                                runs.add(job.id)
                                return job.attempt == 1 && job.id % 10 == 0
                                    ? .retry(reason: "once more", after: .milliseconds(50)) : .completed()
                            }
                        ], configuration: .quick { $0.customerLimit = 6 }, logger: .quiet)
                }
                try await database.running(workers[0], workers[1]) {
                    try await database.enqueue(300)
                    try await database.enqueue(10, runAt: "now() + interval '1 second'")
                    try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "310")
                    // Found by polling alone.
                    try await database.enqueue(1)
                    try await database.wait(
                        for: "SELECT count(*) FROM kushim_jira.finished", toBe: "311", within: .seconds(60))
                }
                for pool in pools { await pool.close() }
                #expect(runs.count == 311 + 31 && Set(runs.all).count == 311)
                #expect(
                    try await database.value("SELECT count(*) FROM kushim_jira.workers WHERE state = 'stopped'") == "2")
            }
        }
    }

    @Test("A killed worker's jobs run again")
    func loss() async throws {
        try await TestDatabase.with { database in
            try await PrivatePgBouncer.with(database) { configuration in
                try await database.enqueue()
                _ = try await database.query(
                    """
                    INSERT INTO kushim_jira.workers (worker_id, name, version, slots, kinds, heartbeat_at, lease)
                    VALUES ('00000000-0000-0000-0000-000000000001', 'w', '1', 1, '{}', now() - interval '1 hour', '1 s');
                    WITH r AS (DELETE FROM kushim_jira.ready RETURNING *)
                    INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
                    SELECT job_id, '00000000-0000-0000-0000-000000000001', customer_id, kind, priority, 0, 0, 0 FROM r
                    """)
                let pool = PostgresPool(configuration, size: 4, logger: .quiet)
                let worker = Worker(
                    pool: pool, postgres: configuration, handlers: [Toy { _, _ in .completed() }],
                    configuration: .quick { $0.lease = .seconds(1) },
                    logger: .quiet)
                try await database.running(worker) { try await database.waitUntilAllFinished() }
                await pool.close()
                #expect(
                    try await database.query("SELECT outcome FROM kushim_jira.attempts ORDER BY fence")
                        == [["lost"], ["completed"]])
            }
        }
    }
}
