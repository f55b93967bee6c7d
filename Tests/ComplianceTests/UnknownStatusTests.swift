import Foundation
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// What could not be asked is not answered.
@Suite("A failure that comes while Jira cannot say whether its ticket is open")
struct UnknownStatusTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]
    static let troubles = [
        "status=503,body=html", "status=403,body=text", "status=404,body=message", "status=404,body=html", "status=401",
        "status=429,retry-after=1s", "status=200,body=message", "close-before-commit", "anonymous",
    ]

    @Test("The ticket was closed: once Jira says so, a new one is made", arguments: modes, troubles)
    func closed(mode: SimulatedJira.Mode, trouble: String) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.statusFreshness = .zero
                $0.tickets.deduplication.window = .hours(0)
            }
        ) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.transition("COMP-1")
            // An hour ago, as it was opened before that.
            _ = try await scene.database.query(
                "UPDATE kushim_jira.tickets SET opened_at = opened_at - interval '2 hours'")
            try scene.jira.edit("COMP-1") { issue in
                issue.statusChanges = issue.statusChanges.map {
                    StatusChange(at: $0.at.addingTimeInterval(-3_600), from: $0.from, to: $0.to)
                }
                issue.resolved = issue.resolved?.addingTimeInterval(-3_600)
            }
            try scene.jira.add(fault: "\(trouble),operation=getIssue")
            try await scene.fail("CC1")
            try await scene.running {
                try await scene.oneFailureWaits(for: "COMP-1")
                #expect(try await scene.actions()["ticket.deduplicated"] == nil)
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 2)
            let actions = try await scene.actions()
            #expect(actions["ticket.created"] == 2 && actions["ticket.resolved"] == 1, "\(actions)")
            #expect(actions["ticket.deduplicated"] == nil && actions["ticket.deleted"] == nil, "\(actions)")
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.finished") == "1")
        }
    }

    @Test("The ledger has it as closed, and it was reopened: it is counted on it", arguments: troubles, [true, false])
    func reopened(trouble: String, isWithinWindow: Bool) async throws {
        try await Scene.withClosedTicket(isWithinWindow ? .cloud : .dataCenter) { scene in
            if !isWithinWindow { try await scene.letWindowPass() }
            try scene.jira.transition("COMP-1", to: "Reopened")
            try scene.jira.add(fault: "\(trouble),operation=getIssue")
            try await scene.fail("CC1")
            try await scene.running {
                try await scene.oneFailureWaits(for: "COMP-1")
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.comments.isEmpty)
            #expect(
                try await scene.database.query("SELECT state, failure_count FROM kushim_jira.tickets") == [
                    ["open", "2"]
                ])
        }
    }
}

extension Scene {
    func oneFailureWaits(for words: String) async throws {
        try await database.wait(
            for: """
                SELECT count(*) FROM kushim_jira.job_status
                WHERE kind = 'compliance_failure' AND state = 'available' AND last_error LIKE '%\(words)%'
                """, toBe: "1")
    }
}
