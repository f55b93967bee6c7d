import Foundation
import Jira
import JiraSimulator
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

@Suite("A closed ticket was reopened")
struct ReopenedTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    @Test(
        "The next failure is counted on it, within the window or after it, and the due date stays", arguments: modes,
        [true, false])
    func resumes(mode: SimulatedJira.Mode, isWithinWindow: Bool) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            if !isWithinWindow { try await scene.letWindowPass() }
            let due = try await scene.database.value("SELECT due_at FROM kushim_jira.tickets")
            try scene.jira.transition("COMP-1", to: "Reopened")
            for _ in 0..<2 {
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
            }
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.comments.isEmpty)
            #expect(
                try await scene.database.query(
                    "SELECT state, resolved_at, due_at, failure_count FROM kushim_jira.tickets") == [
                        ["open", nil, due, "3"]
                    ])
            #expect(
                try await scene.database.query(
                    """
                    SELECT detail ->> 'rule', detail ->> 'reopened' FROM kushim_jira.audit_log
                    WHERE action = 'ticket.deduplicated' ORDER BY id
                    """) == [["open_ticket", "true"], ["open_ticket", nil]])
        }
    }

    @Test("Closed once more, it has its window once more", arguments: modes)
    func closedAgain(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.transition("COMP-1", to: "Reopened")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.transition("COMP-1")
            try await Task.sleep(for: .milliseconds(5))  // the next detection is later than the close
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.comments.count == 1)
            #expect(
                try await scene.story() == [
                    "ticket.created", "ticket.resolved", "ticket.deduplicated open_ticket", "ticket.resolved",
                    "ticket.commented failed_again", "ticket.deduplicated within_window",
                ])
        }
    }

    @Test("An alert whose time came while the ticket was closed is told after all; one that was told is not told again")
    func alerts() async throws {
        try await Scene.withClosedTicket { scene in
            func alerts(_ state: String) async throws -> [[String?]] {
                try await scene.database.query(
                    """
                    SELECT j.payload ->> 'threshold' FROM kushim_jira.jobs j JOIN kushim_jira.job_status s USING (id)
                    WHERE j.kind = 'sla_alert' AND s.state = '\(state)' ORDER BY j.run_at, j.id
                    """)
            }
            // Eight days go by, in which the ticket was closed; of its three alerts the first had been told before.
            _ = try await scene.database.query(
                """
                UPDATE kushim_jira.tickets SET failed_at = failed_at - interval '8 days', due_at = due_at - interval '8 days';
                INSERT INTO kushim_jira.alerts (ticket_id, threshold, job_id) SELECT id, '75%', 0 FROM kushim_jira.tickets;
                UPDATE kushim_jira.scheduled SET run_at = now() WHERE kind = 'sla_alert'
                """)
            try await scene.running {
                try await eventually("the alerts met a closed ticket") { try await alerts("completed").count == 3 }
            }
            #expect(try await scene.actions()["sla.alerted"] == nil)
            try scene.jira.transition("COMP-1", to: "Reopened")
            try await scene.fail("CC1")
            try await scene.running {
                try await scene.allFinished()
                try await eventually("the last one is told") { try await scene.actions()["sla.alerted"] == 1 }
            }
            #expect(try await alerts("completed").count == 4)
            #expect(
                try await scene.database.query(
                    "SELECT detail ->> 'threshold', detail ->> 'breached' FROM kushim_jira.audit_log WHERE action = 'sla.alerted'"
                )
                    == [["0h", "true"]])
        }
    }

    @Test("A worker that dies after it reopened the episode: the record still says so")
    func crash() async throws {
        try await Scene.withClosedTicket { scene in
            try scene.jira.transition("COMP-1", to: "Reopened")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try await scene.failureHandler.perform(job, JobContext())
            #expect(try await scene.database.value("SELECT state FROM kushim_jira.tickets") == "open")
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            #expect(
                try await scene.database.value(
                    "SELECT detail ->> 'reopened' FROM kushim_jira.audit_log WHERE action = 'ticket.deduplicated'")
                    == "true")
        }
    }

    @Test("At the moment when the next episode is opened: that one goes on, the other stays closed")
    func race() async throws {
        try await Scene.withClosedTicket { scene in
            try await scene.letWindowPass()
            try scene.jira.transition("COMP-1", to: "Reopened")
            let services = scene.failureHandler.services
            let job = try await scene.database.leasedFailure("CC1")
            let failure = try ComplianceFailure(payload: job.payload)
            let intent = Intent(
                job: job, controlID: "CC1", controlTitle: "x", resource: "", severity: .high, project: "COMP",
                due: .days(7),
                countsBusinessDays: false, timeZone: "UTC", deduplicates: true, window: .hours(24))
            guard case .closed(let closed) = try await services.ledger.intend(intent) else {
                Issue.record("the ledger has it as closed")
                return
            }
            // Another failure, which believed the ledger.
            _ = try await scene.database.query(
                """
                INSERT INTO kushim_jira.tickets
                       (customer_id, control_id, resource, episode, fingerprint, state, severity, control_title, project_key,
                        issue_id, issue_key, issue_url, job_id, failed_at, due_at, last_failed_at)
                SELECT customer_id, control_id, resource, 2, repeat('ab', 32), 'open', severity, control_title, project_key,
                       '999', 'COMP-9', 'x', 999, now(), now(), now() FROM kushim_jira.tickets
                """)
            let late = FailureAfterClose(
                services: services, jira: try services.jira(for: job, JobContext()), job: job, context: JobContext(),
                failure: failure, settings: try await services.customers.settings(of: job.customerID), closed: closed)
            guard case .askLedger(endConfirmed: nil) = try await late.judge(isConfirmed: false),
                case .open(let episode, _, sawReopening: false) = try await services.ledger.intend(intent)
            else {
                Issue.record("it goes on with the one that is open")
                return
            }
            #expect(episode.number == 2)
            #expect(
                try await scene.database.query("SELECT episode, state FROM kushim_jira.tickets ORDER BY 1") == [
                    ["1", "done"], ["2", "open"],
                ])
        }
    }

    @Test("A worker that lost its lease reopens nothing")
    func zombie() async throws {
        try await Scene.withClosedTicket { scene in
            let zombie = try await scene.database.leasedFailure("CC1")
            _ = try await scene.database.lease(zombie.id)
            let holds = try await scene.database.pool.execute(ReopenTicket(job: zombie, ticketID: 1))
            #expect(holds == [false])
            #expect(try await scene.database.value("SELECT state FROM kushim_jira.tickets") == "done")
        }
    }
}
