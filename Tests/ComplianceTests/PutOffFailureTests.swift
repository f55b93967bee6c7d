import Foundation
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("A failure that is put off")
struct PutOffFailureTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    /// With the first failure of CC1 waiting alone, for words that its project refuses.
    private func withWaiting(
        _ mode: SimulatedJira.Mode, _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await Scene.with(mode, configure: { $0.gates.configuration = .seconds(600) }) { scene in
            try scene.jira.update(project: "COMP") { $0.validators = ["Frozen": "Change freeze: not this one."] }
            try await scene.running {
                try await scene.fail("CC0")
                try await scene.allFinished()
                try await scene.fail("CC1") { $0["controlTitle"] = "Frozen" }
                try await eventually("it waits") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.scheduled WHERE kind = 'compliance_failure'") == "1"
                }
            }
            try await body(scene)
        }
    }

    @Test(
        "A later failure of its control that can have the ticket takes over; the first is counted on it",
        arguments: modes)
    func takenOver(mode: SimulatedJira.Mode) async throws {
        try await withWaiting(mode) { scene in
            try await scene.running {
                try await scene.fail("CC1")
                try await eventually("it has its ticket") { scene.jira.issues.count == 2 }
                try await scene.runWaitingJobsNow()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 2)
            #expect(
                try await scene.database.value("SELECT failure_count FROM kushim_jira.tickets WHERE control_id = 'CC1'")
                    == "2")
        }
    }

    @Test("Twenty at once, of which one cannot have it either: one ticket", arguments: modes)
    func race(mode: SimulatedJira.Mode) async throws {
        try await withWaiting(mode) { scene in
            try scene.jira.add(fault: "delay-before=0ms..40ms,operation=createIssue")
            try await scene.running {
                // This process has seen the project take a failure, so that a refusal is known to be one failure's own.
                try await scene.fail("CC2")
                try await eventually("CC2 has its ticket") { scene.jira.issues.count == 2 }
                for number in 0..<20 {
                    try await scene.fail("CC1") { if number == 7 { $0["controlTitle"] = "Frozen" } }
                }
                try await eventually("it has its ticket") {
                    try await scene.runWaitingJobsNow()
                    return scene.jira.issues.count == 3
                }
                try await eventually("all are over") {
                    try await scene.runWaitingJobsNow()
                    return try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.job_status WHERE kind = 'compliance_failure' AND finished_at IS NULL"
                    ) == "0"
                }
            }
            try await scene.expectExactlyOnce(issues: 3)
        }
    }

    @Test("While what it sent is in doubt, it is not taken over")
    func inDoubt() async throws {
        try await withWaiting(.cloud) { scene in
            _ = try await scene.database.query(
                """
                UPDATE kushim_jira.tickets SET sends = 1, in_doubt = true, first_sent_at = clock_timestamp(),
                       last_sent_at = clock_timestamp() WHERE control_id = 'CC1'
                """)
            let owner = try await scene.database.value(
                "SELECT job_id FROM kushim_jira.tickets WHERE control_id = 'CC1'")
            let later = try await scene.database.leasedFailure("CC1")
            guard case .snooze(_, let reason, _) = try await scene.failureHandler.perform(later, JobContext()) else {
                Issue.record("it waits")
                return
            }
            #expect(reason.contains("being created"))
            #expect(
                try await scene.database.value("SELECT job_id FROM kushim_jira.tickets WHERE control_id = 'CC1'")
                    == owner)
        }
    }

    // MARK: A pass meanwhile

    /// What the pass comes to when it has waited as long as it does.
    private func pass(_ scene: Scene, detectedAt: Date? = nil) async throws -> Outcome {
        var payload = Payload.pass("CC1")
        payload["detectedAt"] = detectedAt.map { .string($0.formatted(.iso8601)) }
        let id = try await scene.database.insert("compliance_pass", payload: payload.json)
        let leased = try await scene.database.lease(id)
        let patient = ClaimedJob(
            id: leased.id, kind: leased.kind, customerID: leased.customerID, payload: leased.payload, snoozes: 2,
            fence: leased.fence, createdAt: leased.createdAt)
        let handler = CompliancePassHandler(services: scene.failureHandler.services)
        let outcome = try await handler.perform(patient, JobContext())
        if case .completed(let effects) = outcome { try await scene.database.settle(patient, effects) }
        return outcome
    }

    private func end(_ scene: Scene) async throws {
        try scene.jira.update(project: "COMP") { $0.validators = [:] }
        try await scene.running {
            try await scene.runWaitingJobsNow()
            try await scene.allFinished()
        }
    }

    @Test("It passes: no ticket is opened when what held it up is mended, and the record says why", arguments: modes)
    func passes(mode: SimulatedJira.Mode) async throws {
        try await withWaiting(mode) { scene in
            guard case .completed = try await pass(scene) else {
                Issue.record("the pass waits for a ticket that nobody needs")
                return
            }
            try await end(scene)
            #expect(scene.jira.issues.count == 1 && scene.jira.comments.isEmpty)
            #expect(
                try await scene.database.query(
                    "SELECT detail ->> 'rule' FROM kushim_jira.audit_log WHERE control_id = 'CC1' AND action = 'ticket.skipped' ORDER BY id"
                ) == [["failure_waits"], ["passed_since"]])
            try await scene.expectExactlyOnce(issues: 1)
            // It fails again: that is another matter.
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
        }
    }

    @Test("The same where the ledger knew nothing of the failure yet")
    func passesBeforeIntent() async throws {
        try await Scene.with { scene in
            var unset = scene
            unset.configuration.tickets.project = nil
            try await unset.running {
                try await unset.fail("CC1")
                try await eventually("it waits") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.scheduled WHERE kind = 'compliance_failure'") == "1"
                }
            }
            guard case .completed = try await pass(unset) else {
                Issue.record("no ticket is on its way")
                return
            }
            try await end(scene)
            #expect(scene.jira.issues.isEmpty)
            #expect(
                try await scene.database.query(
                    "SELECT detail ->> 'rule' FROM kushim_jira.audit_log WHERE action = 'ticket.skipped' ORDER BY id")
                    == [["no_open_ticket"], ["passed_since"]])
        }
    }

    @Test("A pass from before the failure ends nothing")
    func olderPass() async throws {
        try await withWaiting(.cloud) { scene in
            _ = try await pass(scene, detectedAt: Date.now.addingTimeInterval(-3_600))
            try await end(scene)
            try await scene.expectExactlyOnce(issues: 2)
        }
    }

    @Test("The pass comes between the failure's look at the ledger and its request: nothing is sent")
    func raceWithPass() async throws {
        try await withWaiting(.cloud) { scene in
            try scene.jira.update(project: "COMP") { $0.validators = [:] }
            let services = scene.failureHandler.services
            _ = try await pass(scene)
            let owner = Int64(
                try await scene.database.value("SELECT job_id FROM kushim_jira.tickets WHERE control_id = 'CC1'") ?? "")
            let job = try await scene.database.lease(try #require(owner))
            let ticketID =
                Int64(
                    try await scene.database.value("SELECT id FROM kushim_jira.tickets WHERE control_id = 'CC1'") ?? "")
                ?? 0
            let sends =
                Int(
                    try await scene.database.value("SELECT sends FROM kushim_jira.tickets WHERE control_id = 'CC1'")
                        ?? "") ?? 0
            let mark = MarkSent.Mark(job: job, ticketID: ticketID, sends: sends, project: "COMP", lastIssueSeen: nil)
            #expect(try await services.ledger.markSent(mark) == false)
        }
    }
}
