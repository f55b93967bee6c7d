import Foundation
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// PostgreSQL's clock is two hours back when a job is inserted, and right before and after.
@Suite("The clock of PostgreSQL is set back for a while")
struct ClockTests {
    private static let styles: [(kind: String, tellsTheTime: Bool)] = [("tells", true), ("does not tell", false)]

    /// Inserts a job that the database takes for two hours old. Another came just before it.
    private func insert(
        _ kind: String, _ payload: [String: JSONValue], tellsTheTime: Bool, in scene: Scene
    ) async throws {
        try await scene.fail("before-\(kind)")
        var payload = payload
        if tellsTheTime {
            payload["detectedAt"] = .string(
                Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
        _ = try await scene.database.query(
            """
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload, created_at)
            VALUES ('\(kind)', 'acme', '\(payload.json)', now() - interval '2 hours')
            """)
    }

    @Test("A pass that comes then is told on the ticket of the failure that came before", arguments: styles)
    func pass(style: (kind: String, tellsTheTime: Bool)) async throws {
        try await Scene.with { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await insert("compliance_pass", Payload.pass("CC1"), tellsTheTime: style.tellsTheTime, in: scene)
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.count == 1)
            #expect(try await scene.actions()["ticket.skipped"] == nil)
        }
    }

    @Test("A failure that comes then is not taken for older than the close of its ticket", arguments: styles)
    func failure(style: (kind: String, tellsTheTime: Bool)) async throws {
        try await Scene.withClosedTicket { scene in
            _ = try await scene.database.query(
                """
                UPDATE kushim_jira.tickets
                SET resolved_at_estimated = false, resolved_at = resolved_at - interval '1 minute',
                    opened_at = opened_at - interval '2 minutes', failed_at = failed_at - interval '2 minutes',
                    last_failed_at = last_failed_at - interval '2 minutes'
                """)
            try await insert("compliance_failure", Payload.failure("CC1"), tellsTheTime: style.tellsTheTime, in: scene)
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.count == 1, "it says on the ticket that the control failed again")
        }
    }

    @Test("A failure that comes then, after the window, gets a ticket of its own", arguments: styles)
    func afterWindow(style: (kind: String, tellsTheTime: Bool)) async throws {
        try await Scene.withClosedTicket { scene in
            _ = try await scene.database.query(
                """
                UPDATE kushim_jira.tickets
                SET resolved_at_estimated = false, resolved_at = resolved_at - interval '25 hours',
                    opened_at = opened_at - interval '26 hours', failed_at = failed_at - interval '26 hours',
                    last_failed_at = last_failed_at - interval '26 hours'
                """)
            try await insert("compliance_failure", Payload.failure("CC1"), tellsTheTime: style.tellsTheTime, in: scene)
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.isEmpty)
            #expect(scene.jira.issues.count == 3)
        }
    }

    @Test("A failure that comes then is not answered by a pass from before it", arguments: styles)
    func passedBefore(style: (kind: String, tellsTheTime: Bool)) async throws {
        try await Scene.with { scene in
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            #expect(try await scene.database.query("SELECT control_id FROM kushim_jira.passes") == [["CC1"]])
            try await insert("compliance_failure", Payload.failure("CC1"), tellsTheTime: style.tellsTheTime, in: scene)
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 2)
        }
    }
}
