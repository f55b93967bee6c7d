import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

@Suite("The queue in an operator's hands")
struct QueueTests {
    @Test("Jobs are listed by state, kind, customer and control")
    func lists() async throws {
        try await TestDatabase.with { database in
            let queue = JobQueue(pool: database.pool)
            let ids = try await queue.enqueue([
                NewJob(kind: "compliance_pass", customerID: "acme", payload: #"{"controlId": "CC6.1"}"#),
                NewJob(kind: "compliance_pass", customerID: "other", payload: #"{"controlId": "CC7.2"}"#),
                NewJob(kind: "recheck", customerID: "acme", payload: "{}", runAfter: .seconds(3600)),
            ])
            #expect(try await queue.list().map(\.id) == ids.reversed())
            #expect(try await queue.list(JobFilter(customerID: "acme")).map(\.id) == [ids[2], ids[0]])
            #expect(try await queue.list(JobFilter(kind: "recheck")).map(\.isScheduled) == [true])
            #expect(try await queue.list(JobFilter(control: "CC6.1")).map(\.id) == [ids[0]])
            #expect(try await queue.list(JobFilter(state: .completed)).isEmpty)
            #expect(try await queue.list(JobFilter(limit: 1)).map(\.id) == [ids[2]])
        }
    }

    @Test("A dead letter can be run again, with a fresh set of attempts and a record of who asked")
    func retries() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let queue = JobQueue(pool: database.pool)
            let seen = Notes<Int>()
            let configuration = WorkerConfiguration.quick { $0.maxAttempts = 2 }
            let failing = database.worker(configuration) { job, _ in .retry(reason: "broken") }
            let id = try await queue.enqueue([NewJob(kind: "notification", payload: "{}", uniqueKey: "k")])[0]
            try await database.running(failing) { try await database.waitUntilAllFinished("discarded") }
            #expect(try await queue.show(id)?.explanation.contains("kushim-jira jobs retry \(id)") == true)

            let changed = try await queue.retry([id, 4711]) { _ in [Note(text: "admin.retried")] }
            #expect(changed.changed == [id])
            #expect(changed.refused.map(\.reason) == ["there is no such job"])
            #expect(try await database.query("SELECT job_id, text FROM public.notes") == [["\(id)", "admin.retried"]])
            #expect(try await queue.enqueue([NewJob(kind: "notification", payload: "{}", uniqueKey: "k")]) == [id])

            let working = database.worker(configuration) { job, _ in
                seen.add(job.attempt)
                return .completed()
            }
            try await database.running(working) { try await database.waitUntilAllFinished() }
            #expect(seen.all == [1])
            let story = try #require(try await queue.show(id))
            #expect(story.attempts.map(\.outcome) == ["failed", "discarded", "completed"])
            #expect(try await queue.retry([id]).refused.map(\.reason) == ["it is done"])
        }
    }

    @Test("A scheduled job can be made to run at once, and says until then what it waits for")
    func runsEarly() async throws {
        try await TestDatabase.with { database in
            let queue = JobQueue(pool: database.pool)
            let worker = database.worker { job, _ in
                job.snoozes == 0 ? .snooze(for: .seconds(3_610), reason: "Jira asked for patience") : .completed()
            }
            let id = try await database.enqueue()[0]
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.scheduled", toBe: "1")
                let story = try #require(try await queue.show(id))
                // 60 at once; 59 on a machine that took more than ten seconds to come here.
                let waits = [60, 59].map { "waits for another \($0) min, because: Jira asked for patience" }
                #expect(waits.contains(story.explanation))
                #expect(story.summary.lastError == "Jira asked for patience")
                #expect(try await queue.retry([id]).changed == [id])
                try await database.waitUntilAllFinished()
            }
        }
    }

    @Test("Waiting jobs can be cancelled, running ones not")
    func cancels() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let queue = JobQueue(pool: database.pool)
            let gate = Gate()
            let begun = Notes<Int64>()
            let worker = database.worker(.quick { $0.slots = 1 }) { job, _ in
                begun.add(job.id)
                try await gate.pass()
                return .completed()
            }
            let running = try await database.enqueue()[0]
            try await database.running(worker) {
                try await eventually("the job is in hand") { begun.count == 1 }
                let ready = try await queue.enqueue([NewJob(kind: "notification", payload: "{}", uniqueKey: "k")])[0]
                let later = try await database.enqueue(runAt: "now() + interval '1 hour'")[0]
                let changed = try await queue.cancel([running, ready, later], reason: "no longer wanted") { event in
                    if case .cancelled(_, let reason) = event { [Note(text: reason)] } else { [] }
                }
                #expect(changed.changed == [ready, later])
                #expect(changed.refused.first?.reason.contains("it is running") == true)
                #expect(
                    try await database.query("SELECT job_id, text FROM public.notes ORDER BY 1")
                        == [["\(ready)", "no longer wanted"], ["\(later)", "no longer wanted"]])
                #expect(try await queue.show(ready)?.explanation == "cancelled: no longer wanted")
                #expect(
                    try await queue.enqueue([NewJob(kind: "notification", payload: "{}", uniqueKey: "k")]) != [ready])
                gate.open()
            }
        }
    }

    @Test("Status counts what waits, runs and ended, by kind")
    func counts() async throws {
        try await TestDatabase.with { database in
            let queue = JobQueue(pool: database.pool)
            let gate = Gate()
            let begun = Notes<Int64>()
            let worker = database.worker(.quick { $0.slots = 2 }) { job, _ in
                begun.add(job.id)
                try await gate.pass()
                return .completed()
            }
            try await database.enqueue(5)
            try await database.enqueue(runAt: "now() + interval '1 hour'")
            try await database.running(worker) {
                try await eventually("two are in hand") { begun.count == 2 }
                let counts = try await queue.counts()
                let kind = try #require(counts.kinds.first { $0.kind == "notification" })
                #expect(kind.ready == 3 && kind.running == 2 && kind.scheduled == 1 && kind.completedLastMinute == 0)
                #expect(kind.oldestWaiting != nil && kind.longestRunning != nil)
                #expect(counts.workersAlive == 1)
                gate.open()
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "5")
                let after = try await queue.counts()
                #expect(after.kinds.first { $0.kind == "notification" }?.completedLastMinute == 5)
            }
        }
    }
}
