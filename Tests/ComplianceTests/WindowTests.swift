import Foundation
import Jira
import JiraSimulator
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

@Suite("A control fails again soon after its ticket was closed")
struct WindowTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    @Test(
        "One comment on the closed ticket, which says what happened and what will; further failures add none",
        arguments: modes)
    func comment(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            for _ in 0..<3 {
                try await scene.fail("CC1", reason: "*MFA* is off {code} [x|javascript:1]")
                try await scene.runToTheEnd()
            }
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.comments.count == 1)
            let body = try #require(scene.jira.comments.first).body
            let times = try await scene.database.query(
                """
                SELECT to_char(resolved_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                       to_char((resolved_at + interval '24 hours') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                FROM kushim_jira.tickets
                """)[0].compactMap { $0 }
            let words = "\(body)"
            for word in times + ["failed again", "closed at", "A new ticket will be opened", "evidence/ev-42"] {
                #expect(words.contains(word), "\(word)")
            }
            switch body {
            case .adf: #expect(words.contains("*MFA* is off {code} [x|javascript:1]"))
            case .wiki(let markup): #expect(markup.contains("&#123;code&#125;") && !markup.contains("[x|"))
            }
            #expect(
                try await scene.story() == [
                    "ticket.created", "ticket.resolved", "ticket.commented failed_again",
                    "ticket.deduplicated within_window",
                    "ticket.deduplicated within_window", "ticket.deduplicated within_window",
                ])
            #expect(
                try await scene.database.query(
                    """
                    SELECT state, failure_count, last_failed_at > resolved_at FROM kushim_jira.tickets
                    """) == [["done", "4", "t"]])
            #expect(
                try await scene.database.query(
                    """
                    SELECT d.xid = c.xid, d.detail ->> 'commentId' = c.detail ->> 'commentId'
                    FROM kushim_jira.audit_log d JOIN kushim_jira.audit_log c USING (job_id)
                    WHERE d.action = 'ticket.deduplicated' AND c.action = 'ticket.commented'
                    """) == [["t", "t"]], "both records are of one transaction")
        }
    }

    @Test("Twenty failures at once: one of them posts", arguments: modes)
    func race(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.add(fault: "delay-before=0ms..40ms,operation=getIssue")
            for _ in 0..<20 { try await scene.fail("CC1") }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.comments.count == 1)
            let actions = try await scene.actions()
            #expect(actions["ticket.commented"] == 1 && actions["ticket.deduplicated"] == 20)
            #expect(try await scene.database.value("SELECT failure_count FROM kushim_jira.tickets") == "21")
        }
    }

    @Test("After the window the next failure opens a ticket, whose description names the former", arguments: modes)
    func afterTheWindow(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try await scene.letWindowPass()
            for _ in 0..<2 {
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
            }
            try await scene.expectExactlyOnce(issues: 2)
            #expect(scene.jira.comments.isEmpty)
            let description = try #require(scene.jira.issues.last?.description)
            #expect("\(description)".contains("Previous ticket of this control: "))
            #expect("\(description)".replacing(#"\-"#, with: "-").contains("COMP-1"))
            #expect(
                try await scene.database.query("SELECT state, episode FROM kushim_jira.tickets ORDER BY 2") == [
                    ["done", "1"], ["open", "2"],
                ])
        }
    }

    @Test("A window of no length: a new ticket at once")
    func noWindow() async throws {
        try await Scene.withClosedTicket(configure: { $0.tickets.deduplication.window = .hours(0) }) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
            #expect(scene.jira.comments.isEmpty)
        }
    }

    @Test("A closed ticket that was deleted keeps nothing away: the next one is opened at once", arguments: modes)
    func deleted(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.delete("COMP-1")
            for _ in 0..<2 {
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
            }
            #expect(scene.jira.issues.map(\.key) == ["COMP-2"])
            #expect(
                try await scene.story() == [
                    "ticket.created", "ticket.resolved", "ticket.deleted", "ticket.created",
                    "ticket.deduplicated open_ticket",
                ])
        }
    }

    @Test("Deleted between the look and the comment: the next one is opened", arguments: modes)
    func deletedMeanwhile(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.add(fault: "delay-before=300ms,operation=addComment,count=1")
            try await scene.fail("CC1")
            try await scene.running {
                try await eventually("the comment is on its way") {
                    try await scene.database.value("SELECT count(*) FROM kushim_jira.comments WHERE in_doubt") == "1"
                }
                try scene.jira.delete("COMP-1")
                try await scene.allFinished()
            }
            #expect(scene.jira.issues.map(\.key) == ["COMP-2"])
            #expect(try await scene.actions()["ticket.deleted"] == 1)
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.comments WHERE in_doubt") == "0")
        }
    }

    @Test(
        "A comment that Jira does not take costs nothing: the failure is counted, and the record says why",
        arguments: modes)
    func refusedComment(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.update(project: "COMP") { $0.permissions.remove("ADD_COMMENTS") }
            for _ in 0..<2 {
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
            }
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.counters[.addComment] == 1)
            let reasons = try await scene.database.query(
                "SELECT detail ->> 'comment' FROM kushim_jira.audit_log WHERE action = 'ticket.deduplicated' ORDER BY id"
            )
            #expect(reasons.count == 2 && reasons[0][0]?.hasPrefix("refused: add_comment") == true)
            #expect(
                try await scene.database.query("SELECT state, in_doubt FROM kushim_jira.comments") == [
                    ["refused", "f"]
                ])
        }
    }
}

extension Scene {
    /// With a ticket for CC1 that was closed, as the ledger knows.
    static func withClosedTicket(
        _ mode: SimulatedJira.Mode = .cloud, configure: (inout ComplianceConfiguration) -> Void = { _ in },
        _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await with(
            mode,
            configure: {
                $0.statusFreshness = .zero
                configure(&$0)
            }
        ) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.transition("COMP-1")
            let ticketID = Int64(try await scene.database.value("SELECT id FROM kushim_jira.tickets") ?? "") ?? 0
            let ended = TicketEnded(ticketID: ticketID, how: .done, at: nil, actor: "test", detail: [:])
            _ = try await scene.database.pool.execute(EndTickets(ended: [(job: 0, ticket: ended)]))
            try await body(scene)
        }
    }

    /// Closed a day and a bit ago.
    func letWindowPass() async throws {
        _ = try await database.query(
            """
            UPDATE kushim_jira.tickets SET resolved_at = resolved_at - interval '25 hours',
                   opened_at = opened_at - interval '25 hours', failed_at = failed_at - interval '25 hours'
            """)
    }

    /// The audit log without due dates: `action rule`.
    func story() async throws -> [String] {
        try await database.query(
            """
            SELECT trim(action || ' ' || coalesce(detail ->> 'rule', detail ->> 'purpose', '')) FROM kushim_jira.audit_log
            WHERE action NOT LIKE 'sla.%' ORDER BY id
            """
        ).compactMap { $0[0] }
    }

    @discardableResult
    func fail(_ control: String, reason: String) async throws -> Int64 {
        try await fail(control) { $0["failureReason"] = .string(reason) }
    }
}
