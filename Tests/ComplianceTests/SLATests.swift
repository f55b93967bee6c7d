import Foundation
import HTTP
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("Due dates")
struct SLATests {
    /// A ticket whose alert jobs are taken out of the queue, to be performed one by one.
    private func withTicket(
        severity: String = "critical", configure: (inout ComplianceConfiguration) -> Void = { _ in },
        _ body: @Sendable (Scene, [ClaimedJob]) async throws -> Void
    ) async throws {
        try await Scene.with(configure: configure) { scene in
            try await scene.fail("CC1", severity: severity)
            try await scene.runToTheEnd()
            let ids = try await scene.database.query(
                "SELECT id FROM kushim_jira.jobs WHERE kind = 'sla_alert' ORDER BY run_at"
            ).compactMap { $0[0].flatMap(Int64.init) }
            var jobs: [ClaimedJob] = []
            for id in ids { jobs.append(try await scene.database.lease(id)) }
            try await body(scene, jobs)
        }
    }

    private func perform(_ job: ClaimedJob, _ scene: Scene) async throws -> Outcome {
        try await SLAAlertHandler(services: scene.failureHandler.services).perform(job, JobContext())
    }

    private func settle(_ job: ClaimedJob, _ outcome: Outcome, _ scene: Scene) async throws {
        guard case .completed(let effects) = outcome else {
            Issue.record("completed, not \(outcome)")
            return
        }
        try await scene.database.settle(job, effects)
    }

    @Test("Alerts are scheduled for their moments, from the database's clock")
    func scheduled() async throws {
        try await withTicket(severity: "high") { scene, jobs in
            #expect(jobs.count == 3)
            let rows = try await scene.database.query(
                """
                SELECT j.payload ->> 'threshold', round(extract(epoch FROM j.run_at - t.failed_at) / 3600)
                FROM kushim_jira.jobs j JOIN kushim_jira.tickets t ON t.id = (j.payload ->> 'ticketId')::bigint
                WHERE kind = 'sla_alert' ORDER BY run_at
                """)
            #expect(rows == [["75%", "126"], ["24h", "144"], ["0h", "168"]])
        }
    }

    @Test("A ticket that is not done: the alert is recorded, and a message is queued where Slack is configured")
    func alert() async throws {
        try await withTicket(configure: { $0.slack.webhook = Secret("https://hooks.slack.com/webhook-secret") }) {
            scene, jobs in
            try await settle(jobs[0], perform(jobs[0], scene), scene)
            #expect(
                try await scene.database.query(
                    """
                    SELECT detail ->> 'threshold', detail ->> 'status', detail ->> 'breached', issue_key
                    FROM kushim_jira.audit_log WHERE action = 'sla.alerted'
                    """) == [["75%", "To Do", "false", "COMP-1"]])
            #expect(
                try await scene.database.value(
                    "SELECT payload ->> 'threshold' FROM kushim_jira.jobs WHERE kind = 'notification'") == "75%")
            try await scene.expectNoSecrets()
        }
    }

    @Test("A ticket that is done in time: met, told once, and no alert")
    func met() async throws {
        try await withTicket { scene, jobs in
            try scene.jira.transition("COMP-1", to: "Closed")
            for job in jobs { try await settle(job, perform(job, scene), scene) }
            let actions = try await scene.actions()
            #expect(actions["ticket.resolved"] == 1 && actions["sla.met"] == 1 && actions["sla.alerted"] == nil)
        }
    }

    @Test(
        "A Jira that cannot be asked, or only not about this ticket, delays an alert and does not lose it",
        arguments: ["status=503,body=html", "status=403,body=html,operation=getIssue,contains=/issue/1"])
    func unknownStatus(fault: String) async throws {
        try await withTicket { scene, jobs in
            try scene.jira.add(fault: fault)
            guard case .snooze = try await perform(jobs[0], scene) else {
                Issue.record("it waits a little")
                return
            }
            let patient = ClaimedJob(
                id: jobs[0].id, kind: jobs[0].kind, customerID: jobs[0].customerID, payload: jobs[0].payload,
                snoozes: SLAAlertHandler.patience, fence: jobs[0].fence)
            try await settle(patient, perform(patient, scene), scene)
            let status =
                try await scene.database.value(
                    "SELECT detail ->> 'status' FROM kushim_jira.audit_log WHERE action = 'sla.alerted'") ?? ""
            #expect(status.hasPrefix("unknown: "))
        }
    }

    @Test("A message that nobody takes in time expires; a refused one names the remedy and no secret")
    func notifications() async throws {
        // Nobody listens there.
        let webhook = "http://127.0.0.1:1/webhook-secret"
        try await withTicket(configure: {
            $0.slack.webhook = Secret(webhook)
            $0.slack.allowsPlainHTTP = true
        }) { scene, jobs in
            let payload = SLANotification(try SLAAlert(payload: jobs[0].payload)).job(customerID: "acme").payload
            let job = try await scene.database.lease(
                scene.database.insert("notification", payload: payload))
            let handler = NotificationHandler(services: scene.failureHandler.services)
            guard case .retry(let reason, _, let effects) = try await handler.perform(job, JobContext()) else {
                Issue.record("tried again")
                return
            }
            try await scene.database.pool.transaction(statements(writing: effects.map { (job: job, effect: $0) }))
            #expect(!reason.contains("webhook-secret"), "\(reason)")
            _ = try await scene.database.query("UPDATE kushim_jira.tickets SET due_at = due_at - interval '3 days'")
            guard case .discard(let expired, _) = try await handler.perform(job, JobContext()) else {
                Issue.record("expired")
                return
            }
            #expect(expired.hasPrefix("expired: COMP-1"))
        }
    }
}
