import Foundation
import Jira
import JiraSimulator
import Jobs
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Compliance

@Suite("Tickets that exist already are adopted", .serialized)
struct ExistingTicketTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    @Test(
        "One of Kushim's older backend is known by the control's label, one made by hand by its summary",
        arguments: modes)
    func adopted(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.createIssue(
                project: "COMP", summary: "Root has no MFA", labels: ["compliance", "automated", "AWS_IAM_MFA"])
            try scene.jira.createIssue(project: "COMP", summary: "[CC6.1] Access - Compliance Failure")
            try scene.jira.createIssue(project: "COMP", summary: "[CC6.1] the same again", labels: ["CC6.1"])
            let before = scene.jira.issues
            for control in ["AWS_IAM_MFA", "CC6.1", "CC7.2"] { try await scene.fail(control) }
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 4 && Array(scene.jira.issues.prefix(3)) == before, "and only read")
            #expect(scene.jira.counters.violations == [])
            #expect(
                try await scene.database.query(
                    """
                    SELECT control_id, action, issue_key, detail ->> 'foundBy', detail ->> 'matched', detail ->> 'sends',
                           detail ->> 'others', detail ->> 'existingTickets'
                    FROM kushim_jira.audit_log WHERE action LIKE 'ticket.%' ORDER BY control_id
                    """) == [
                        ["AWS_IAM_MFA", "ticket.adopted", "COMP-1", "existing", "label", "0", nil, nil],
                        ["CC6.1", "ticket.adopted", "COMP-2", "existing", "summary", "0", #"["COMP-3"]"#, nil],
                        ["CC7.2", "ticket.created", "COMP-4", nil, nil, "1", nil, nil],
                    ])
            #expect(try await scene.actions()["sla.scheduled"] == 3)

            // From then on it is a ticket like any other.
            try await scene.fail("CC6.1")
            try await scene.pass("AWS_IAM_MFA")
            try await scene.runToTheEnd()
            #expect(try await scene.actions()["ticket.deduplicated"] == 1)
            #expect(scene.jira.comments.map(\.issueID) == [scene.jira.issues[0].id])
        }
    }

    @Test("An issue that is not surely an open ticket of nobody's for that control is left alone", arguments: modes)
    func notAdopted(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            func made(_ summary: String, in project: String = "COMP", _ labels: String...) throws {
                try scene.jira.createIssue(project: project, summary: summary, labels: labels)
            }
            try made("[DONE-1] Access - Compliance Failure")
            try scene.jira.transition("COMP-1")
            try made("[PLACE-1] in another project", in: "SEC", "PLACE-1")
            try made("[CC6.1-X] a control whose id begins alike", "CC6.10", "cc6.1")
            try made("As [CC6.1] says")
            try made("[OURS-1] of another episode", "kushim-0123456789abcdef0123", "OURS-1")
            try scene.jira.createIssue(
                project: "COMP", summary: "[OURS-2] that lost its label", properties: ["kushim": ["fingerprint": "f00"]]
            )
            try made("[ROOT-1] of any resource", "ROOT-1")
            try made("An audit", "soc2")
            let before = scene.jira.issues.count
            for control in ["DONE-1", "PLACE-1", "CC6.1", "OURS-1", "OURS-2", "soc2"] { try await scene.fail(control) }
            try await scene.fail("ROOT-1") { $0["resource"] = "account-1" }
            try await scene.runToTheEnd()
            #expect(try await scene.actions() == ["ticket.created": 7, "sla.scheduled": 7])
            #expect(scene.jira.issues.count == before + 7)
        }
    }

    @Test("Without de-duplication nothing is adopted")
    func withoutDeduplication() async throws {
        try await Scene.with(configure: { $0.tickets.deduplication.enabled = false }) { scene in
            try scene.jira.createIssue(project: "COMP", summary: "[CC6.1] by hand", labels: ["CC6.1"])
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            #expect(try await scene.actions() == ["ticket.created": 1, "sla.scheduled": 1])
        }
    }

    @Test("What the index still shows as open, and is done by now, is not adopted", arguments: modes)
    func doneMeanwhile(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.createIssue(project: "COMP", summary: "[CC6.1] old")
            try scene.jira.createIssue(project: "COMP", summary: "[CC6.1] new")
            scene.jira.catchUpIndex()
            scene.jira.update { $0.indexLag = DelayRange(.seconds(3_600)) }
            try scene.jira.transition("COMP-1")
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            #expect(try await scene.database.value("SELECT issue_key FROM kushim_jira.tickets") == "COMP-2")
            #expect(scene.jira.issues.count == 2)
        }
    }

    @Test("A control that had a ticket before gets its next one, whatever somebody else made", arguments: modes)
    func notAfterAFormer(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.statusFreshness = .zero
                $0.tickets.deduplication.window = .hours(0)
            }
        ) { scene in
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            try scene.jira.transition("COMP-1")
            try scene.jira.createIssue(project: "COMP", summary: "[CC6.1] by hand", labels: ["CC6.1"])
            try await eventually("a later detection") {
                try await scene.database.value("SELECT clock_timestamp() > max(created_at) FROM kushim_jira.jobs")
                    == "t"
            }
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            #expect(try await scene.actions()["ticket.created"] == 2)
        }
    }

    // MARK: One issue, one episode

    @Test(
        "Of two customers who share a Jira one adopts the issue, the other gets a ticket of its own", arguments: modes)
    func twoCustomers(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.createIssue(project: "COMP", summary: "[CC6.1] by hand")
            let handler = scene.failureHandler
            var settlements: [(ClaimedJob, [any Effect])] = []
            for customer in ["acme", "globex"] {
                let job = try await scene.database.leasedFailure("CC6.1", customer: customer)
                guard case .completed(let effects) = try await handler.perform(job, JobContext()) else {
                    Issue.record("\(customer) has no ticket")
                    return
                }
                settlements.append((job, effects))
            }
            // Both have looked before either is in the ledger.
            for (job, effects) in settlements { try await scene.database.settle(job, effects) }
            try await scene.expectExactlyOnce(issues: 2)
            #expect(
                try await scene.database.audit("action, customer_id, issue_key").filter { $0.hasPrefix("ticket") } == [
                    "ticket.adopted acme COMP-1", "ticket.created globex COMP-2",
                ])
        }
    }

    @Test("Two daemons that find the same issue at the same moment: the second sees that it is taken", arguments: modes)
    func lostRace(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.createIssue(project: "COMP", summary: "[CC6.1] by hand")
            let payload = Payload.failure("CC6.1").json
            _ = try await scene.database.insert("compliance_failure", payload: payload, customer: "acme")
            let slow = SlowHandler(handler: scene.failureHandler)
            try await scene.running(slots: 1, handlers: [slow]) {
                try await eventually("one has decided to adopt it") { slow.isHolding }
                _ = try await scene.database.insert("compliance_failure", payload: payload, customer: "globex")
                try await scene.running {
                    try await eventually("the other has adopted it") {
                        try await scene.actions()["ticket.adopted"] == 1
                    }
                    slow.goOn()
                    try await scene.allFinished()
                }
            }
            try await scene.expectExactlyOnce(issues: 2)
            #expect(
                try await scene.actions() == [
                    "ticket.adopted": 1, "ticket.created": 1, "sla.scheduled": 2, "job.retried": 1,
                ])
            #expect(
                try await scene.database.query("SELECT customer_id, issue_key FROM kushim_jira.tickets ORDER BY 1") == [
                    ["acme", "COMP-2"], ["globex", "COMP-1"],
                ])
        }
    }

    // MARK: After a restore

    @Test("The database was restored from a backup: the tickets are found by their fingerprints", arguments: modes)
    func restored(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            for number in 1...45 { try await scene.fail("CC\(number)") }
            try await scene.fail("CC1") { $0["resource"] = "account-1" }
            try await scene.runToTheEnd()
            try scene.jira.transition("COMP-3")
            try scene.jira.move("COMP-4", to: "SEC")
            _ = try await scene.database.query("DELETE FROM kushim_jira.tickets")
            for number in 1...45 { try await scene.fail("CC\(number)") }
            try await scene.fail("CC1") { $0["resource"] = "account-1" }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 46)
            #expect(
                try await scene.database.query(
                    """
                    SELECT detail ->> 'foundBy', detail ->> 'sends', count(*) FROM kushim_jira.audit_log
                    WHERE action = 'ticket.adopted' GROUP BY 1, 2
                    """) == [["label", "0", "46"]])
        }
    }

    @Test("A clone of an episode's issue is named, and not adopted in its stead", arguments: modes)
    func restoredWithClone(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.clone("COMP-1")
            _ = try await scene.database.query("DELETE FROM kushim_jira.tickets")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(
                try await scene.database.query(
                    "SELECT issue_key, detail ->> 'others' FROM kushim_jira.audit_log WHERE action = 'ticket.adopted'")
                    == [["COMP-1", #"["COMP-2"]"#]])
        }
    }

    @Test("An issue with the label of the episode, and not its fingerprint, is not its ticket", arguments: modes)
    func labelAlone(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            let job = try await scene.database.leasedFailure("CC1")
            // The intent is committed, and nothing is sent.
            let context = JobContext(stillHolds: { false })
            await #expect(throws: LeaseLost.self) { try await scene.failureHandler.perform(job, context) }
            let fingerprint = try await scene.database.value("SELECT fingerprint FROM kushim_jira.tickets") ?? ""
            try scene.jira.createIssue(
                project: "COMP", summary: "[CC1] labelled by hand", labels: ["kushim-" + fingerprint.prefix(20), "CC1"])
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            #expect(try await scene.database.value("SELECT issue_key FROM kushim_jira.tickets") == "COMP-2")
        }
    }
}

/// Holds back the first outcome, of the first customer.
private final class SlowHandler: JobHandler {
    static let kind = ComplianceFailureHandler.kind

    private enum Stage { case waiting, holding, over }
    private let handler: ComplianceFailureHandler
    private let stage = Mutex(Stage.waiting)

    init(handler: ComplianceFailureHandler) { self.handler = handler }

    var isHolding: Bool { stage.withLock { $0 == .holding } }
    func goOn() { stage.withLock { $0 = .over } }

    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome {
        let outcome = try await handler.perform(job, context)
        guard job.customerID == "acme" else { return outcome }
        stage.withLock { if $0 == .waiting { $0 = .holding } }
        try await eventually("it may settle") { !self.isHolding }
        return outcome
    }
}
