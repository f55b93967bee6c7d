import Foundation
import TestSupport
import Testing

@testable import Jobs

@Suite("The queue against its model")
struct ModelTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test("Whatever happens in whatever order, the queue holds what the model says", .timeLimit(.minutes(30)))
    func agreement() async throws {
        let seconds = Self.environment["KUSHIM_MODEL_SECONDS"].flatMap(Double.init) ?? 3
        let end = ContinuousClock.now + .seconds(seconds)
        var seed = Self.environment["KUSHIM_MODEL_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1_000_000)
        var steps = 0
        let first = seed
        repeat {
            steps += try await run(seed: seed, steps: 300, until: end)
            seed += 1
        } while ContinuousClock.now < end
        print("queue model: \(steps) steps, seeds \(first) to \(seed - 1)")
    }

    private func run(seed: UInt64, steps: Int, until end: ContinuousClock.Instant) async throws -> Int {
        try await TestDatabase.with { database in
            // Nobody is taken for dead sooner than this after a start of the server.
            try await database.wait(for: "SELECT pg_postmaster_start_time() < now() - interval '2 s'", toBe: "t")
            var driver = QueueDriver(database, seed: seed)
            var done = 0
            do {
                while done < steps, done < 20 || ContinuousClock.now < end {
                    try await driver.step()
                    done += 1
                    try await compare(&driver, database)
                }
            } catch {
                Issue.record(
                    """
                    \(error)
                    again with KUSHIM_MODEL_SEED=\(seed); step \(done), the last of them:
                    \(driver.trace.suffix(40).joined(separator: "\n"))
                    """)
            }
            await driver.close()
            return done
        }
    }

    private func compare(_ driver: inout QueueDriver, _ database: TestDatabase) async throws {
        let rows = try await database.query(
            """
            SELECT job_id || ' ready ' || attempt || ' ' || losses || ' ' || snoozes, job_id, seq FROM kushim_jira.ready
            UNION ALL
            SELECT job_id || ' scheduled ' || attempt || ' ' || losses || ' ' || snoozes, NULL, NULL FROM kushim_jira.scheduled
            UNION ALL
            SELECT job_id || ' leased ' || fence || ' ' || attempt || ' ' || losses || ' ' || snoozes, NULL, NULL FROM kushim_jira.leases
            UNION ALL
            SELECT job_id || ' completed ' || attempt, NULL, NULL FROM kushim_jira.finished WHERE state = 'completed'
            UNION ALL
            SELECT job_id || ' ' || state || ' ' || attempt || ' ' || losses, NULL, NULL FROM kushim_jira.dead_jobs
            """)
        let found = rows.compactMap { $0[0] }.sorted()
        let missing = Set(driver.model.rows).subtracting(found), surplus = Set(found).subtracting(driver.model.rows)
        guard missing.isEmpty, surplus.isEmpty, found.count == driver.model.rows.count else {
            throw Difference("missing: \(missing), instead: \(surplus)")
        }
        let keys = try await database.query(
            "SELECT job_id || ' ' || customer_id || ' ' || unique_key FROM kushim_jira.unique_jobs"
        ).compactMap { $0[0] }.sorted()
        guard keys == driver.model.keys else { throw Difference("keys \(keys), expected \(driver.model.keys)") }

        // What became ready in this step stands behind everything that was ready before.
        let before = driver.model.lastSeq
        for row in rows {
            guard let id = row[1].flatMap(Int64.init), let seq = row[2].flatMap(Int64.init) else { continue }
            guard seq > before || driver.model.jobs[id]?.seq == seq else {
                throw Difference("job \(id) became ready at \(seq)")
            }
            driver.model.jobs[id]?.seq = seq
            driver.model.lastSeq = max(driver.model.lastSeq, seq)
        }
        let violations = try await JobQueue(pool: database.pool).violations(limit: 5)
        guard violations.isEmpty else { throw Difference("\(violations.map(\.message))") }
    }
}
