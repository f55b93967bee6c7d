import Foundation
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("A ticket that the account may not see is not a deleted one")
struct HiddenTicketTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    private func with(
        _ mode: SimulatedJira.Mode, administersProject: Bool = true, _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await Scene.with(mode, configure: { $0.statusFreshness = .zero }) { scene in
            if !administersProject {
                try scene.jira.update(project: "COMP") { $0.permissions.remove("ADMINISTER_PROJECTS") }
            }
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await body(scene)
        }
    }

    private func ledger(_ scene: Scene) async throws -> [[String?]] {
        try await scene.database.query("SELECT state, issue_key, failure_count FROM kushim_jira.tickets ORDER BY id")
    }

    @Test("Not there, and yet shown by the search: nothing is concluded, and no second ticket is made", arguments: modes)
    func contradicted(mode: SimulatedJira.Mode) async throws {
        try await with(mode) { scene in
            let id = try await scene.database.value("SELECT issue_id FROM kushim_jira.tickets") ?? ""
            for name in ["X-AUSERNAME", "X-AAccountId"] {
                try scene.jira.add(
                    fault: "status=404,body=jira,header.\(name)=kushim,operation=getIssue,contains=/issue/\(id)")
            }
            try scene.jira.add(fault: "status=200,body=empty,operation=bulkFetchIssues")
            try await scene.running {
                try await scene.fail("CC1")
                try await eventually("it waits") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.scheduled WHERE kind = 'compliance_failure' AND snoozes > 1") == "1"
                }
                #expect(scene.jira.issues.count == 1)
                #expect(try await scene.actions()["ticket.deleted"] == nil)
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 1)
        }
    }

    @Test(
        "Hidden by issue security: no second ticket, however often the control fails; shown again, all are counted",
        arguments: modes, [true, false])
    func hidden(mode: SimulatedJira.Mode, administersProject: Bool) async throws {
        try await with(mode, administersProject: administersProject) { scene in
            try scene.jira.edit("COMP-1") { $0.isHidden = true }
            try await scene.running {
                for _ in 0..<3 { try await scene.fail("CC1") }
                try await eventually("they wait, and it is told") {
                    try await scene.actions()["ticket.held"] == 3
                }
                try await eventually("tried again") {
                    try await scene.database.value(
                        "SELECT coalesce(max(snoozes), 0) >= 2 FROM kushim_jira.scheduled WHERE kind = 'compliance_failure'"
                    )
                        == "t"
                }
                let error = try await scene.database.value(
                    "SELECT max(last_error) FROM kushim_jira.job_status WHERE kind = 'compliance_failure' AND finished_at IS NULL"
                )
                #expect(
                    error?.contains("COMP-1") == true && error?.contains("tickets unlink") == true, "\(error ?? "")")
                #expect(scene.jira.issues.count == 1)
                try scene.jira.edit("COMP-1") { $0.isHidden = false }
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 1)
            #expect(try await ledger(scene) == [["open", "COMP-1", "4"]])
            #expect(try await scene.actions()["ticket.held"] == 3, "once for each that waits")
        }
    }

    @Test("A pass of a hidden ticket is recorded, and no comment is lost in a queue", arguments: modes)
    func pass(mode: SimulatedJira.Mode) async throws {
        try await with(mode) { scene in
            try scene.jira.edit("COMP-1") { $0.isHidden = true }
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            #expect(try await scene.story().last == "ticket.skipped ticket_hidden")
            #expect(try await scene.database.value("SELECT state FROM kushim_jira.tickets") == "open")
            #expect(try await scene.actions()["ticket.deleted"] == nil)
        }
    }

    @Test(
        "Deleted, and the account cannot tell: the failure waits until a person lets go of the ticket", arguments: modes
    )
    func unlinked(mode: SimulatedJira.Mode) async throws {
        try await with(mode, administersProject: false) { scene in
            try scene.jira.delete("COMP-1")
            try await scene.running {
                try await scene.fail("CC1")
                try await eventually("it waits") { try await scene.actions()["ticket.held"] == 1 }
                #expect(scene.jira.issues.isEmpty)
                let unlink = UnlinkTicket(customerID: "acme", controlID: "CC1", resource: "", actor: "admin test")
                #expect(try await scene.database.pool.execute(unlink) == ["COMP-1"])
                #expect(try await scene.database.pool.execute(unlink) == [])
                try await scene.allFinished()
            }
            #expect(try await ledger(scene) == [["left", "COMP-1", "1"], ["open", "COMP-2", "1"]])
            #expect(try await scene.actions()["ticket.unlinked"] == 1)
        }
    }

    @Test("A clone carries on the mark of a deleted ticket: no second one", arguments: modes)
    func clone(mode: SimulatedJira.Mode) async throws {
        try await with(mode) { scene in
            let clone = try scene.jira.clone("COMP-1")
            try scene.jira.delete("COMP-1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(try await ledger(scene) == [["open", clone.key, "2"]])
        }
    }

    @Test("A Jira that numbers its issues anew has lost the ticket, whatever the account may see", arguments: modes)
    func numberedAnew(mode: SimulatedJira.Mode) async throws {
        try await with(mode, administersProject: false) { scene in
            scene.jira.backUp()
            for number in 2...3 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            for number in 2...3 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            try scene.jira.restore()
            try scene.jira.createIssue(project: "COMP", summary: "Order new chairs")
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 4, "the old one, the stranger's, and two that replace what is lost")
            #expect(
                try await scene.database.query(
                    "SELECT control_id, state FROM kushim_jira.tickets WHERE state <> 'deleted' ORDER BY control_id")
                    == [
                        ["CC1", "open"], ["CC2", "open"], ["CC3", "open"],
                    ])
            #expect(try await scene.actions()["ticket.deleted"] == 2)
        }
    }
}
