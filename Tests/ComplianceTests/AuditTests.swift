import Jira
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("The audit log")
struct AuditTests {
    @Test("What the engine does to a job is told with its control and its reason")
    func events() async throws {
        try await TestDatabase.with { database in
            let job = try await database.leasedFailure()
            let effects = complianceEffects(actor: "worker one (1.0)")
            let events: [JobEvent] = [
                .retried(job, reason: "boom", after: .milliseconds(1_500)),
                .snoozed(job, reason: "later", for: .seconds(1)),
                .claimedAgain(job, worker: "two"), .cancelled(job, reason: "by ops"),
                .discarded(job, reason: "gave up"),
            ]
            for event in events {
                try await database.pool.withTransaction { transaction in
                    try await transaction.pipeline(
                        statements(writing: effects(event).map { (job: job, effect: $0) }))
                }
            }
            #expect(
                try await database.audit(
                    "action, control_id, actor, coalesce(detail ->> 'reason', detail ->> 'lostWorker')")
                    == [
                        "job.retried CC6.1 worker one (1.0) boom", "job.claimed_again CC6.1 worker one (1.0) two",
                        "job.cancelled CC6.1 worker one (1.0) by ops", "job.discarded CC6.1 worker one (1.0) gave up",
                    ])
        }
    }

    @Test("Any text can be recorded: NUL, lone quotes, forty pages")
    func hostile() async throws {
        try await TestDatabase.with { database in
            let job = try await database.leasedFailure()
            let text = "a\0b'\"\\ \u{202E}🦊" + String(repeating: "é", count: 40_000)
            let record = AuditRecord(.ticketSkipped, actor: "test", detail: ["reason": .string(text), "none": .null])
            try await database.settle(job, [record])
            #expect(try await database.value("SELECT length(detail ->> 'reason') FROM kushim_jira.audit_log") == "2000")
            #expect(try await database.value("SELECT detail ? 'none' FROM kushim_jira.audit_log") == "f")
        }
    }
}
