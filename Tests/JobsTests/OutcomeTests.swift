import Foundation
import Jobs
import Logging
import Postgres
import TestSupport
import Testing

@Suite("Outcomes")
struct OutcomeTests {
    struct Failure: Error, CustomStringConvertible {
        var description: String { "Jira said no" }
    }

    @Test("A job that fails is tried again until its attempts are used up, then becomes a dead letter")
    func retriesAndGivesUp() async throws {
        try await TestDatabase.with { database in
            let attempts = Notes<Int>()
            let worker = database.worker(.quick { $0.maxAttempts = 3 }) { job, _ in
                attempts.add(job.attempt)
                throw Failure()
            }
            try await database.enqueue()
            try await database.running(worker) { try await database.waitUntilAllFinished("discarded") }
            #expect(attempts.all == [1, 2, 3])
            #expect(
                try await database.query("SELECT outcome, error FROM kushim_jira.job_history ORDER BY fence") == [
                    ["failed", "Jira said no"], ["failed", "Jira said no"],
                    ["discarded", "gave up after 3 attempts; the last: Jira said no"],
                ])
            #expect(
                try await database.value("SELECT reason FROM kushim_jira.dead_letters")
                    == "gave up after 3 attempts; the last: Jira said no")
        }
    }

    /// Tells when it was written.
    private struct Told: Effect {
        struct Write: Statement {
            static let sql = "INSERT INTO kushim_jira.customer_limits SELECT unnest($1::text[]), 1"
            let names: [String]
            var parameters: [any PostgresEncodable] { [names] }
        }
        let name: String
        let told: Notes<String>

        static func statement(for batch: [(job: ClaimedJob, effect: Told)]) -> Write {
            Write(names: batch.map(\.effect.name))
        }

        func wasWritten(for job: ClaimedJob, logger: Logger) { told.add("\(name) of \(job.id)") }
    }

    @Test("What was done is told after it is written, and what another worker took over is never told")
    func tellsAfterTheCommit() async throws {
        try await TestDatabase.with { database in
            let told = Notes<String>()
            let ids = try await database.enqueue(2)
            let worker = database.worker { job, _ in
                if job.id == ids[0] {
                    _ = try await database.query("DELETE FROM kushim_jira.leases WHERE job_id = \(job.id)")
                }
                #expect(!told.all.contains("customer \(job.id) of \(job.id)"))
                return .completed([Told(name: "customer \(job.id)", told: told)])
            }
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "1")
            }
            let rows = try await database.query("SELECT customer_id FROM kushim_jira.customer_limits")
            #expect(rows == [["customer \(ids[1])"]])
            #expect(told.all == ["customer \(ids[1]) of \(ids[1])"])
        }
    }

    @Test("Not now costs no attempt, however often")
    func snoozes() async throws {
        try await TestDatabase.with { database in
            let seen = Notes<ClaimedJob>()
            let worker = database.worker(.quick { $0.maxAttempts = 2 }) { job, _ in
                seen.add(job)
                return seen.count <= 5 ? .snooze(for: .milliseconds(5), reason: "Jira is away") : .completed()
            }
            try await database.enqueue()
            try await database.running(worker) { try await database.waitUntilAllFinished() }
            #expect(seen.all.map(\.attempt) == [1, 1, 1, 1, 1, 1])
            #expect(seen.all.map(\.snoozes) == [0, 1, 2, 3, 4, 5])
        }
    }

    @Test("What is discarded is not run again, and says why")
    func discards() async throws {
        try await TestDatabase.with { database in
            // One character of ten thousand marks, which begins with a NUL.
            let endless = "\0" + String(repeating: "\u{301}", count: 10_000)
            let worker = database.worker { _, _ in .discard(reason: "the payload\0 cannot be understood \(endless)") }
            try await database.enqueue()
            try await database.running(worker) { try await database.waitUntilAllFinished("discarded") }
            let reason = try await database.value("SELECT reason FROM kushim_jira.dead_letters") ?? ""
            #expect(reason.hasPrefix("the payload\u{FFFD} cannot be understood "))
            #expect(reason.unicodeScalars.count == 4_000)
        }
    }

    @Test("A run over its time limit is cut short and counts as an attempt")
    func timeLimit() async throws {
        try await TestDatabase.with { database in
            let worker = database.worker(
                .quick {
                    $0.timeLimit = .milliseconds(100)
                    $0.maxAttempts = 1
                }
            ) { _, _ in
                try await Task.sleep(for: .seconds(600))
                return .completed()
            }
            try await database.enqueue()
            try await database.running(worker) { try await database.waitUntilAllFinished("discarded") }
            let reason = try await database.value("SELECT reason FROM kushim_jira.dead_letters")
            #expect(reason?.contains("longer than its time limit") == true)
        }
    }

    @Test("Effects are written with the settlement, many jobs' in one statement")
    func effectsAreGrouped() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let gate = Gate()
            let begun = Notes<Int64>()
            let worker = database.worker(.quick { $0.slots = 50 }) { job, _ in
                begun.add(job.id)
                try await gate.pass()
                return .completed([Note(text: "done \(job.id)")])
            }
            let ids = try await database.enqueue(40)
            try await database.running(worker) {
                try await eventually("all are in hand") { begun.count == 40 }
                #expect(try await database.value("SELECT count(*) FROM public.notes") == "0")
                gate.open()
                try await database.waitUntilAllFinished()
            }
            #expect(
                try await database.query("SELECT text FROM public.notes ORDER BY job_id") == ids.map { ["done \($0)"] })
            let largest = Int(try await database.value("SELECT max(batch) FROM public.notes") ?? "")
            #expect((largest ?? 0) > 1)
        }
    }

    @Test("An effect the database refuses hurts only its own job")
    func poisonEffect() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let gate = Gate()
            let begun = Notes<Int64>()
            let worker = database.worker(
                .quick {
                    $0.slots = 25
                    $0.maxAttempts = 2
                }
            ) { job, _ in
                begun.add(job.id)
                try await gate.pass()
                return .completed([Note(text: job.id % 10 == 3 ? "poison" : "fine")])
            }
            let ids = try await database.enqueue(20)
            let poisoned = ids.filter { $0 % 10 == 3 }
            try await database.running(worker) {
                try await eventually("all are in hand") { begun.count == 20 }
                gate.open()
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "20")
            }
            #expect(
                try await database.query("SELECT job_id FROM kushim_jira.finished WHERE state = 'discarded' ORDER BY 1")
                    == poisoned.map { ["\($0)"] })
            #expect(
                try await database.query("SELECT job_id FROM public.notes ORDER BY 1")
                    == ids.filter { !poisoned.contains($0) }.map { ["\($0)"] })
            let error = try await database.value("SELECT error FROM kushim_jira.attempts WHERE outcome = 'failed'")
            #expect(error?.contains("what it wanted to write was refused") == true)
        }
    }

    @Test("The engine's own events are recorded in the transaction that makes them true")
    func eventsAreRecorded() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let configuration = WorkerConfiguration.quick {
                $0.maxAttempts = 2
                $0.effects = { event in
                    switch event {
                    case .retried(_, let reason, _): [Note(text: "retried: \(reason)")]
                    case .discarded(_, let reason): [Note(text: "discarded: \(reason)")]
                    default: []
                    }
                }
            }
            let worker = database.worker(configuration) { _, _ in throw Failure() }
            try await database.enqueue()
            try await database.running(worker) { try await database.waitUntilAllFinished("discarded") }
            #expect(
                try await database.query("SELECT text FROM public.notes") == [
                    ["retried: Jira said no"], ["discarded: gave up after 2 attempts; the last: Jira said no"],
                ])
        }
    }

    @Test("A follow-up job is inserted with the settlement, once for each unfinished unique key")
    func followUps() async throws {
        try await TestDatabase.with { database in
            let worker = database.worker { _, _ in
                .completed([
                    NewJob(kind: "recheck", customerID: "acme", payload: #"{"a": 1}"#, uniqueKey: "one"),
                    NewJob(kind: "recheck", customerID: "acme", payload: "{}", runAfter: .seconds(3600), priority: 7),
                ])
            }
            try await database.enqueue(5)
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "5")
            }
            #expect(
                try await database.value("SELECT count(*) FROM kushim_jira.jobs WHERE unique_key = 'one'") == "1")
            #expect(
                try await database.value(
                    """
                    SELECT count(*) FROM kushim_jira.scheduled
                    WHERE priority = 7 AND run_at BETWEEN now() + interval '59 min' AND now() + interval '61 min'
                    """) == "5")
        }
    }

    @Test("Delays double with each attempt up to a cap, anywhere below it")
    func backoff() {
        let backoff = Backoff(base: .seconds(2), cap: .seconds(3600))
        #expect(backoff.delay(afterAttempt: 1, random: 1) == .seconds(2))
        #expect(backoff.delay(afterAttempt: 4, random: 1) == .seconds(16))
        #expect(backoff.delay(afterAttempt: 4, random: 0.5) == .seconds(8))
        #expect(backoff.delay(afterAttempt: 25, random: 1) == .seconds(3600))
        #expect(backoff.delay(afterAttempt: 1000, random: 0) == .zero)
    }
}
