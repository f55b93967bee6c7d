import Foundation
import Jobs
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("Customers beside each other")
struct FairnessTests {
    private func enqueue(_ count: Int, for customer: String, in database: TestDatabase) async throws {
        _ = try await database.query(
            """
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
            SELECT 'notification', '\(customer)', '{}' FROM generate_series(1, \(count))
            """)
    }

    @Test("Another's thousands do not stand before one customer's single job")
    func single() async throws {
        try await TestDatabase.with { database in
            let order = Notes<String>()
            let gate = Gate()
            let worker = database.worker(.quick { $0.slots = 4 }) { job, _ in
                order.add(job.customerID)
                if order.count == 20 { gate.open() }
                return .completed()
            }
            try await enqueue(3000, for: "flood", in: database)
            try await database.running(worker) {
                try await gate.pass()
                try await enqueue(1, for: "small", in: database)
                try await database.wait(
                    for:
                        "SELECT count(*) FROM kushim_jira.job_status WHERE customer_id = 'small' AND state = 'completed'",
                    toBe: "1")
            }
            let place = try #require(order.all.firstIndex(of: "small"))
            let before = order.count - 1
            #expect(place < 2900, "it came after \(place) of the \(before) that ran")
        }
    }

    @Test("A customer whose jobs take for ever leaves a slot to the others")
    func lastSlot() async throws {
        try await TestDatabase.with { database in
            let started = Notes<String>()
            let gate = Gate()
            let worker = database.worker(.quick { $0.slots = 16 }) { job, _ in
                started.add(job.customerID)
                if job.customerID == "flood" { try await gate.pass() }
                return .completed()
            }
            try await enqueue(100, for: "flood", in: database)
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.leases", toBe: "15")
                try await enqueue(1, for: "small", in: database)
                try await database.wait(
                    for:
                        "SELECT count(*) FROM kushim_jira.job_status WHERE customer_id = 'small' AND state = 'completed'",
                    toBe: "1")
                #expect(started.all.filter { $0 == "flood" }.count == 15)
                gate.open()
                try await database.waitUntilAllFinished()
            }
        }
    }

    @Test("Many customers with much to do get equal shares")
    func shares() async throws {
        try await TestDatabase.with { database in
            for customer in 0..<20 { try await enqueue(100, for: "c\(customer)", in: database) }
            let order = Notes<String>()
            let worker = database.worker(.quick { $0.slots = 10 }) { job, _ in
                order.add(job.customerID)
                return .completed()
            }
            try await database.running(worker) { try await database.waitUntilAllFinished() }
            let firstHalf = Dictionary(grouping: order.all.prefix(1000), by: { $0 }).mapValues(\.count)
            #expect(firstHalf.count == 20)
            #expect(firstHalf.values.allSatisfy { (30...70).contains($0) }, "\(firstHalf)")
        }
    }

    /// How long the racing tests race; deploy/test lets them take their time.
    static let patience = Double(ProcessInfo.processInfo.environment["KUSHIM_TEST_SECONDS"] ?? "") ?? 2

    @Test("Eight workers racing never have more of a customer's jobs in hand than its cap allows")
    func caps() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query("INSERT INTO kushim_jira.customer_limits VALUES ('c1', 2), ('c2', 0)")
            let running = Mutex<[String: Int]>([:])
            let most = Mutex<[String: Int]>([:])
            let pool = PostgresPool(database.configuration, size: 24, logger: .quiet)
            let workers = (1...8).map { number in
                Worker(
                    pool: pool, postgres: database.configuration,
                    handlers: [
                        Toy { job, _ in
                            let now = running.withLock { running in
                                running[job.customerID, default: 0] += 1
                                return running[job.customerID] ?? 0
                            }
                            most.withLock { $0[job.customerID] = max($0[job.customerID] ?? 0, now) }
                            try await Task.sleep(for: .milliseconds(Int.random(in: 0...3)))
                            running.withLock { $0[job.customerID, default: 0] -= 1 }
                            return .completed()
                        }
                    ],
                    configuration: .quick("w\(number)") { $0.customerLimit = 4 }, logger: .quiet)
            }
            let violations = Mutex<[String]>([])
            let clock = ContinuousClock()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in workers { group.addTask { try await worker.run() } }
                let end = clock.now + .seconds(Self.patience)
                var samples = 0
                while clock.now < end {
                    for customer in 0..<5 { try await enqueue(20, for: "c\(customer)", in: database) }
                    for _ in 0..<10 {
                        let over = try await database.query(
                            """
                            SELECT l.customer_id, count(*) FROM kushim_jira.leases l
                            LEFT JOIN kushim_jira.customer_limits c USING (customer_id)
                            GROUP BY l.customer_id HAVING count(*) > coalesce(min(c.at_once), 4)
                            """)
                        violations.withLock { $0 += over.map { "\($0)" } }
                        samples += 1
                    }
                }
                _ = try await database.query("DELETE FROM kushim_jira.ready WHERE customer_id = 'c2'")
                try await database.wait(
                    for: "SELECT (SELECT count(*) FROM kushim_jira.ready) + (SELECT count(*) FROM kushim_jira.leases)",
                    toBe: "0")
                for worker in workers { worker.drain() }
                try await group.waitForAll()
            }
            await pool.close()
            #expect(violations.withLock { $0 } == [])
            let highest = most.withLock { $0 }
            #expect(highest["c2"] == nil && (highest["c1"] ?? 0) <= 2)
            #expect(highest.values.allSatisfy { $0 <= 4 }, "\(highest)")
            // The caps were really reached.
            #expect(highest["c0"] == 4 && highest["c1"] == 2)
        }
    }

    @Test("What another session's old snapshot keeps from being removed is not walked over with each claim")
    func pinnedHorizon() async throws {
        try await TestDatabase.with { database in
            let count = 20_000
            try await database.pool.withConnection { other in
                try await other.execute(sql: "BEGIN ISOLATION LEVEL REPEATABLE READ")
                try await other.execute(sql: "SET LOCAL idle_in_transaction_session_timeout = 0")
                _ = try await other.text(sql: "SELECT count(*) FROM kushim_jira.jobs")
                try await enqueue(count, for: "acme", in: database)
                // What reads in its own rhythm, and not with each claim, would count by how fast the machine is.
                let settings = WorkerConfiguration.quick { configuration in
                    configuration.slots = 64
                    configuration.promoteInterval = .seconds(600)
                    configuration.rescueInterval = .seconds(600)
                }
                let worker = database.worker(settings) { _, _ in .completed() }
                try await database.running(worker) {
                    try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "\(count)")
                }
                try await other.execute(sql: "ROLLBACK")
            }
            // A backend reports its counts when it has been idle for a while, or ends.
            await database.pool.close()
            let connection = try await PostgresConnection.connect(database.configuration, logger: .quiet)
            let read =
                try await connection.text(
                    sql: """
                        SELECT sum(idx_tup_read) FROM pg_stat_user_indexes
                        WHERE schemaname = 'kushim_jira' AND relname IN ('ready', 'leases')
                        """)[0][0] ?? ""
            await connection.close()
            #expect((Int(read) ?? .max) < count * 20, "\(read) index entries read for \(count) jobs")
        }
    }
}
