import Foundation
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("When a ticket was done")
struct ClosingDateTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    private func ledger(_ scene: Scene) async throws -> [[String?]] {
        try await scene.database.query(
            """
            SELECT state, resolved_at_estimated, extract(epoch FROM clock_timestamp() - resolved_at)::integer / 60
            FROM kushim_jira.tickets ORDER BY id
            """)
    }

    /// With a ticket that was opened two hours ago.
    private func withTicket(
        _ mode: SimulatedJira.Mode, _ options: (inout SimulatedJira.Options) -> Void = { _ in },
        _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await Scene.with(mode, options, configure: { $0.statusFreshness = .zero }) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            _ = try await scene.database.query(
                "UPDATE kushim_jira.tickets SET opened_at = opened_at - interval '2 hours'")
            try await body(scene)
        }
    }

    private func date(_ scene: Scene, minutesAgo minutes: Double) throws {
        try scene.jira.edit("COMP-1") { issue in
            issue.statusChanges = issue.statusChanges.map { change in
                StatusChange(at: change.at.addingTimeInterval(-60 * minutes), from: change.from, to: change.to)
            }
            issue.resolved = issue.resolved?.addingTimeInterval(-60 * minutes)
        }
    }

    @Test(
        "Without a resolution the date is that of the status; the failure that notices it belongs to the window",
        arguments: modes)
    func noResolution(mode: SimulatedJira.Mode) async throws {
        try await withTicket(mode) { scene in
            try scene.jira.transition("COMP-1", setsResolution: false)
            try date(scene, minutesAgo: 70)
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.count == 1 && scene.jira.issues.count == 1)
            let rows = try await ledger(scene)
            #expect(rows == [["done", "f", "70"]] || rows == [["done", "f", "69"]], "\(rows)")
            #expect(
                try await scene.story() == [
                    "ticket.created", "ticket.resolved", "ticket.commented failed_again",
                    "ticket.deduplicated within_window",
                ])
        }
    }

    @Test("After the window by that date a new ticket is opened", arguments: modes)
    func afterTheWindow(mode: SimulatedJira.Mode) async throws {
        try await withTicket(mode) { scene in
            _ = try await scene.database.query(
                "UPDATE kushim_jira.tickets SET opened_at = opened_at - interval '3 days'")
            try scene.jira.transition("COMP-1", setsResolution: false)
            try date(scene, minutesAgo: 25 * 60)
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
        }
    }

    @Test("Whether it was in time is judged by that date", arguments: modes)
    func inTime(mode: SimulatedJira.Mode) async throws {
        try await withTicket(mode) { scene in
            _ = try await scene.database.query(
                "UPDATE kushim_jira.tickets SET due_at = clock_timestamp() - interval '30 minutes'")
            try scene.jira.transition("COMP-1", setsResolution: false)
            try date(scene, minutesAgo: 70)
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(try await scene.actions()["sla.met"] == 1)
        }
    }

    @Test("A changelog that does not reach so far tells only that it was not later: nothing is called older for it")
    func cutChangelog() async throws {
        try await withTicket(.dataCenter, { $0.settings.changelogLimit = 0 }) { scene in
            try scene.jira.transition("COMP-1", setsResolution: false)
            try date(scene, minutesAgo: 70)
            // Detected before Jira was changed last, and after the close.
            try await scene.fail("CC1") {
                $0["detectedAt"] = .string(Date.now.addingTimeInterval(-600).formatted(.iso8601))
            }
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.count == 1)
            let rows = try await ledger(scene)
            #expect(rows == [["done", "t", "0"]], "\(rows)")
            #expect(
                try await scene.database.value(
                    "SELECT detail ->> 'atTheLatest' FROM kushim_jira.audit_log WHERE action = 'ticket.resolved'")
                    == "true")
        }
    }

    @Test(
        "Jira's clock is not ours: ten minutes off, and a failure after the close stays one", arguments: modes,
        [600.0, -600.0])
    func clock(mode: SimulatedJira.Mode, offset: Double) async throws {
        try await withTicket(mode, { $0.now = { Date.now.addingTimeInterval(offset) } }) { scene in
            try scene.jira.transition("COMP-1")
            try date(scene, minutesAgo: 5)
            try await scene.fail("CC1") {
                $0["detectedAt"] = .string(Date.now.addingTimeInterval(-120).formatted(.iso8601))
            }
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.count == 1, "told as one after the close")
            let rows = try await ledger(scene)
            #expect(rows == [["done", "f", "5"]] || rows == [["done", "f", "4"]], "\(rows)")
        }
    }

    @Test("And one from before the close stays one of before", arguments: modes, [600.0, -600.0])
    func before(mode: SimulatedJira.Mode, offset: Double) async throws {
        try await withTicket(mode, { $0.now = { Date.now.addingTimeInterval(offset) } }) { scene in
            try scene.jira.transition("COMP-1")
            try date(scene, minutesAgo: 5)
            try await scene.fail("CC1") {
                $0["detectedAt"] = .string(Date.now.addingTimeInterval(-480).formatted(.iso8601))
            }
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.isEmpty && scene.jira.issues.count == 1)
            #expect(try await scene.story().contains("ticket.deduplicated detected_before_closed"))
        }
    }
}
