import Foundation
import JiraSimulator
import Testing

@testable import Compliance

@Suite("Tickets closed with a resolution that accepts the risk")
struct AcceptedResolutionTests {
    private func with(
        _ mode: SimulatedJira.Mode, closedAs resolution: String, _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.statusFreshness = .zero
                $0.tickets.acceptedResolutions = ["won't do"]
            }
        ) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.transition("COMP-1", resolution: resolution)
            try await body(scene)
        }
    }

    @Test(
        "Keep new tickets and comments away for as long as the customer says, and say so", arguments: WindowTests.modes)
    func quiet(mode: SimulatedJira.Mode) async throws {
        try await with(mode, closedAs: "Won't Do") { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.letWindowPass()
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.comments.isEmpty)
            let skipped = try await scene.database.query(
                """
                SELECT issue_key, detail ->> 'rule', detail ->> 'reason',
                       abs(extract(epoch FROM (detail ->> 'until')::timestamptz - now() - interval '90 days')) < 100000
                FROM kushim_jira.audit_log WHERE action = 'ticket.skipped' ORDER BY id
                """)
            let expected = [
                "COMP-1", "accepted_resolutions: Won't Do",
                "COMP-1 was closed as Won't Do, which accepts the risk for 90d", "t",
            ]
            #expect(skipped == [expected, expected])
            #expect(
                try await scene.database.query("SELECT state, resolution, failure_count FROM kushim_jira.tickets")
                    == [["done", "Won't Do", "3"]])
        }
    }

    @Test("When the time is over a new ticket is opened", arguments: WindowTests.modes)
    func over(mode: SimulatedJira.Mode) async throws {
        try await with(mode, closedAs: "Won't Do") { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            for _ in 0..<90 { try await scene.letWindowPass() }
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
        }
    }

    @Test("Another resolution, or a ticket that somebody resolves anew, accepts nothing", arguments: WindowTests.modes)
    func others(mode: SimulatedJira.Mode) async throws {
        try await with(mode, closedAs: "Done") { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(try await scene.actions()["ticket.skipped"] == nil)
            #expect(scene.jira.comments.count == 1)
            try scene.jira.transition("COMP-1", resolution: "Won't Do")
            try await scene.letWindowPass()
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(try await scene.actions()["ticket.skipped"] == 1)
            try await scene.expectExactlyOnce(issues: 1)
        }
    }

    @Test("What was accepted holds after Jira could not be asked for a while", arguments: WindowTests.modes)
    func away(mode: SimulatedJira.Mode) async throws {
        try await with(mode, closedAs: "Won't Do") { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.add(fault: "status=403,operation=getIssue")
            try await scene.letWindowPass()
            try await scene.fail("CC1")
            try await scene.running {
                try await scene.oneFailureWaits(for: "COMP-1")
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            #expect(try await scene.actions()["ticket.skipped"] == 2)
            try await scene.expectExactlyOnce(issues: 1)
        }
    }
}
