import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@Suite("Order and time")
struct OrderTests {
    @Test("Lower priorities run sooner, equal ones in the order of their insert")
    func priorities() async throws {
        try await TestDatabase.with { database in
            let seen = Notes<Int64>()
            let late = try await database.enqueue(2, priority: 50)
            let normal = try await database.enqueue(2)
            let urgent = try await database.enqueue(2, priority: -50)
            let worker = database.worker(.quick { $0.slots = 1 }) { job, _ in
                seen.add(job.id)
                return .completed()
            }
            try await database.running(worker) { try await database.waitUntilAllFinished() }
            #expect(seen.all == urgent + normal + late)
        }
    }

    @Test("A job with a later run_at is not run before it")
    func runAt() async throws {
        try await TestDatabase.with { database in
            try await database.enqueue(runAt: "clock_timestamp() + interval '400 ms'")
            let far = try await database.enqueue(runAt: "now() + interval '1 hour'")[0]
            let worker = database.worker { _, _ in .completed() }
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "1")
            }
            #expect(
                try await database.value(
                    """
                    SELECT bool_and(a.started_at >= j.run_at)
                    FROM kushim_jira.attempts a JOIN kushim_jira.jobs j ON j.id = a.job_id
                    """) == "t")
            #expect(
                try await database.value("SELECT state FROM kushim_jira.job_status WHERE id = \(far)") == "available")
        }
    }

    @Test("A unique key is taken until its job is finished")
    func uniqueKey() async throws {
        try await TestDatabase.with { database in
            let queue = JobQueue(pool: database.pool)
            let job = NewJob(kind: "notification", customerID: "acme", payload: "{}", uniqueKey: "k")
            let ids = try await queue.enqueue([job, job])
            #expect(ids[0] == ids[1])
            let worker = database.worker { _, _ in .completed() }
            try await database.running(worker) { try await database.waitUntilAllFinished() }
            let next = try await queue.enqueue([job])
            #expect(next != [ids[0]])
        }
    }

    @Test("Jobs of a kind that nobody takes wait, do not hold up others, and say what they wait for")
    func unknownKindsWait() async throws {
        try await TestDatabase.with { database in
            let unknown = try await database.enqueue(kind: "recheck", priority: -100)[0]
            try await database.enqueue(3)
            let worker = database.worker { _, _ in .completed() }
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "3")
                let story = try await JobQueue(pool: database.pool).show(unknown)
                #expect(story?.explanation.contains("takes jobs of kind recheck") == true)
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.ready") == "1")
        }
    }

    @Test("A sleeping worker is woken by an insert, long before it would look again")
    func notificationWakes() async throws {
        try await TestDatabase.with { database in
            let worker = database.worker(.quick { $0.pollInterval = .seconds(3600) }) { _, _ in .completed() }
            try await database.running(worker) {
                try await database.wait(
                    for: "SELECT last_value > extract(epoch FROM now()) FROM kushim_jira.asleep_until", toBe: "t")
                for count in 1...3 {
                    try await database.enqueue()
                    try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "\(count)")
                }
            }
        }
    }

    @Test("A worker that cannot listen finds its jobs by polling")
    func pollingAlone() async throws {
        try await TestDatabase.with { database in
            let worker = database.worker(
                .quick {
                    $0.listens = false
                    $0.pollInterval = .milliseconds(50)
                }
            ) { _, _ in .completed() }
            try await database.running(worker) {
                for count in 1...3 {
                    try await database.enqueue()
                    try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "\(count)")
                }
            }
        }
    }

    @Test("A job that a producer wants run in a second is not found by the next look only")
    func dueSoon() async throws {
        try await TestDatabase.with { database in
            let worker = database.worker(
                .quick {
                    $0.pollInterval = .seconds(600)
                    $0.promoteInterval = .seconds(600)
                }
            ) { _, _ in .completed() }
            try await database.running(worker) {
                // After this the worker listens.
                try await database.enqueue()
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "1")
                try await database.wait(
                    for:
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
                    toBe: "1")
                try await database.enqueue(runAt: "clock_timestamp() + interval '1 second'")
                try await database.wait(
                    for: "SELECT count(*) FROM kushim_jira.finished", toBe: "2", within: .seconds(60))
            }
        }
    }
}
