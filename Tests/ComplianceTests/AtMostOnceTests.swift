import Foundation
import HTTP
import Jira
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("Alerts and their messages, at most once for each threshold")
struct AtMostOnceTests {
    private func withAlert(
        _ slack: StandInForSlack, _ body: @Sendable (Scene, ClaimedJob) async throws -> Void
    ) async throws {
        try await Scene.with(configure: {
            $0.slack.webhook = Secret(slack.webhook)
            $0.slack.allowsPlainHTTP = true
        }) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            let id = try await scene.database.value("SELECT min(id) FROM kushim_jira.jobs WHERE kind = 'sla_alert'")
            try await body(scene, try await scene.database.lease(Int64(id ?? "") ?? 0))
        }
    }

    private func withNotification(
        _ script: [StandInForSlack.Answer], _ body: @Sendable (Scene, StandInForSlack, ClaimedJob) async throws -> Void
    ) async throws {
        let slack = try StandInForSlack(script)
        try await withAlert(slack) { scene, alert in
            let notification = SLANotification(try SLAAlert(payload: alert.payload)).job(customerID: "acme")
            let id = try await scene.database.insert("notification", payload: notification.payload)
            try await body(scene, slack, try await scene.database.lease(id))
        }
    }

    private func perform(_ job: ClaimedJob, _ scene: Scene, _ context: JobContext = JobContext()) async throws
        -> Outcome
    {
        let services = scene.failureHandler.services
        if job.kind == SLAAlert.kind { return try await SLAAlertHandler(services: services).perform(job, context) }
        return try await NotificationHandler(services: services).perform(job, context)
    }

    private func sent(_ scene: Scene) async throws -> [[String?]] {
        try await scene.database.query(
            """
            SELECT m.state, m.in_doubt, a.detail ->> 'outcome' FROM kushim_jira.messages m
            LEFT JOIN kushim_jira.audit_log a ON a.action = 'notification.sent'
            """)
    }

    @Test("An alert whose job is run again, after its end or beside another, is told once and queues one message")
    func alertTwice() async throws {
        let slack = try StandInForSlack()
        try await withAlert(slack) { scene, first in
            // Another job for the same threshold, which looks at the same time.
            let second = try await scene.database.lease(scene.database.insert("sla_alert", payload: first.payload))
            let outcomes = [try await perform(first, scene), try await perform(second, scene)]
            for (job, outcome) in zip([first, second], outcomes) {
                try await scene.database.settle(job, outcome.effects)
            }
            // As `jobs retry` does with one that was given up.
            _ = try await scene.database.query(
                "INSERT INTO kushim_jira.dead_jobs (job_id, state, attempt, losses) VALUES (\(second.id), 'discarded', 1, 0)"
            )
            let retried = try await JobQueue(pool: scene.database.pool).retry([second.id])
            #expect(retried.changed == [second.id])
            let again = try await scene.database.lease(second.id)
            #expect(try await perform(again, scene).effects.isEmpty)

            #expect(try await scene.actions()["sla.alerted"] == 1)
            #expect(
                try await scene.database.value("SELECT count(*) FROM kushim_jira.jobs WHERE kind = 'notification'")
                    == "1")
        }
    }

    @Test("Two messages about one threshold: one is posted and recorded")
    func messageTwice() async throws {
        try await withNotification([]) { scene, slack, job in
            try await scene.database.settle(job, perform(job, scene).effects)
            let other = try await scene.database.lease(scene.database.insert("notification", payload: job.payload))
            try await scene.database.settle(other, perform(other, scene).effects)
            #expect(slack.messages.count == 1)
            #expect(try await sent(scene) == [["sent", "f", nil]])
        }
    }

    @Test(
        "A message that may have arrived is not sent again, and the record says that nobody knows",
        arguments: [true, false])
    func unknown(isAnswered: Bool) async throws {
        try await withNotification([isAnswered ? .status(503) : .silence]) { scene, slack, job in
            try await scene.rescue(job)
            try await scene.running {
                try await scene.database.wait(
                    for: "SELECT state FROM kushim_jira.job_status WHERE id = \(job.id)", toBe: "completed")
            }
            #expect(slack.messages.count == 1)
            let rows = try await sent(scene)
            #expect(rows.count == 1 && rows[0][0] == "unknown" && rows[0][1] == "f")
            #expect(
                rows[0][2]?.hasPrefix(isAnswered ? "unknown: Slack answered HTTP 503" : "unknown: Slack did not answer")
                    == true)
            try await scene.expectNoSecrets()
        }
    }

    @Test("A message that was refused for a while is sent once Slack takes it")
    func refusedForAWhile() async throws {
        try await withNotification([.status(429)]) { scene, slack, job in
            try await scene.rescue(job)
            try await scene.running {
                try await scene.database.wait(
                    for: "SELECT state FROM kushim_jira.job_status WHERE id = \(job.id)", toBe: "completed")
            }
            #expect(slack.messages.count == 2)
            #expect(try await sent(scene) == [["sent", "f", nil]])
        }
    }

    @Test("A message that Slack refuses is a dead letter, and is sent when that is retried")
    func refused() async throws {
        try await withNotification([.status(404)]) { scene, slack, job in
            guard case .discard(let reason, let effects) = try await perform(job, scene) else {
                Issue.record("given up")
                return
            }
            #expect(reason.contains("HTTP 404"))
            try await scene.database.settle(job, as: "discarded", effects)
            #expect(try await sent(scene) == [["intended", "f", nil]])
            let again = try await scene.database.lease(job.id)
            #expect(try await perform(again, scene).effects.count == 1)
            #expect(slack.messages.count == 2)
        }
    }

    enum Crash: CaseIterable {
        case beforeMark, atSocket, afterPost
    }

    @Test("A worker that dies between mark and settle: never a second message", arguments: Crash.allCases)
    func crash(at step: Crash) async throws {
        try await withNotification([]) { scene, slack, job in
            let checks = Countdown(step == .beforeMark ? 0 : step == .atSocket ? 1 : 99)
            // Whatever it wanted to settle is lost with it.
            _ = try? await perform(job, scene, JobContext(stillHolds: { checks.goesOn() }))
            #expect(slack.messages.count == (step == .afterPost ? 1 : 0))
            try await scene.rescue(job)
            try await scene.running {
                try await scene.database.wait(
                    for: "SELECT state FROM kushim_jira.job_status WHERE id = \(job.id)", toBe: "completed")
            }
            #expect(slack.messages.count == (step == .atSocket ? 0 : 1))
            let rows = try await sent(scene)
            #expect(rows.count == 1 && rows[0][0] == (step == .beforeMark ? "sent" : "unknown"))
            #expect(try await scene.actions()["notification.sent"] == 1)
        }
    }

    @Test("A lease that ran out at the socket, and is still this worker's after all: the message goes out later")
    func leaveWithdrawn() async throws {
        try await withNotification([]) { scene, slack, job in
            let checks = Countdown(1)
            guard
                case .snooze(_, _, let effects) = try await perform(
                    job, scene, JobContext(stillHolds: { checks.goesOn() }))
            else {
                Issue.record("surely not sent, so it waits")
                return
            }
            try await scene.database.pool.transaction(statements(writing: effects.map { (job: job, effect: $0) }))
            try await scene.database.settle(job, perform(job, scene).effects)
            #expect(slack.messages.count == 1)
            #expect(try await sent(scene) == [["sent", "f", nil]])
        }
    }

    @Test("A worker whose job was taken over sends nothing")
    func zombie() async throws {
        try await withNotification([]) { scene, slack, zombie in
            _ = try await scene.database.lease(zombie.id)
            await #expect(throws: LeaseLost.self) { try await perform(zombie, scene) }
            #expect(slack.messages.isEmpty)
            #expect(try await sent(scene).isEmpty)
        }
    }
}

extension Outcome {
    fileprivate var effects: [any Effect] {
        switch self {
        case .completed(let effects), .retry(_, _, let effects), .snooze(_, _, let effects), .discard(_, let effects):
            effects
        case .released: []
        }
    }
}
