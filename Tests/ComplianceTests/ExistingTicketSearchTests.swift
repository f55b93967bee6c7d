import Foundation
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

@Suite("The search for tickets that exist already", .serialized)
struct ExistingTicketSearchTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    @Test("A Jira that does not take the text search is asked for labels alone", arguments: modes)
    func textRefused(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "status=400,operation=search,contains=summary ~")
            try scene.jira.createIssue(project: "COMP", summary: "[CC1] by hand")
            try scene.jira.createIssue(project: "COMP", summary: "older", labels: ["CC2"])
            try await scene.fail("CC1")
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            let rows = try await scene.database.query(
                """
                SELECT control_id, action, left(detail ->> 'existingTickets', 40) FROM kushim_jira.audit_log
                WHERE action LIKE 'ticket.%' ORDER BY control_id
                """)
            #expect(
                rows == [
                    ["CC1", "ticket.created", "searched by label only: search_issues: J"],
                    ["CC2", "ticket.adopted", nil],
                ])
        }
    }

    @Test(
        "A search that is refused does not keep the ticket from being made, and the record says so", arguments: modes,
        ["status=403", "status=400"])
    func searchRefused(mode: SimulatedJira.Mode, fault: String) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "\(fault),operation=search,contains=labels in")
            try scene.jira.createIssue(project: "COMP", summary: "[CC1] by hand")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            let gap =
                try await scene.database.value(
                    "SELECT detail ->> 'existingTickets' FROM kushim_jira.audit_log WHERE action = 'ticket.created'")
            #expect(gap?.hasPrefix("not searched: search_issues: ") == true, "\(gap ?? "nothing")")
        }
    }

    @Test("One control for whose words the query is refused takes nobody else's answer away", arguments: modes)
    func refusedForOne(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "status=400,operation=search,contains=DISLIKED")
            let controls = (1...12).map { $0 == 5 ? "DISLIKED" : "CC\($0)" }
            for control in controls {
                try scene.jira.createIssue(project: "COMP", summary: "by hand", labels: [control])
                try await scene.fail(control)
            }
            try await scene.running(slots: 16) { try await scene.allFinished() }
            let rows = try await scene.database.query(
                "SELECT control_id FROM kushim_jira.audit_log WHERE action = 'ticket.created'")
            #expect(rows == [["DISLIKED"]], "the others' tickets are adopted")
            #expect(scene.jira.issues.count == controls.count + 1)
        }
    }

    @Test("Whatever a control is called, the query is one that Jira takes", arguments: modes)
    func hostileControls(mode: SimulatedJira.Mode) async throws {
        let controls = [
            #"a"b\c"#, #"\""#, "AC-2(1)", "with blanks", "--", "*", "?x", "[x]", "OR", "a:b", "~", "ünï.cödé", "🦊", "_",
            #"x") OR project = "SEC"#, String(repeating: "y", count: 255), "1", "compliance",
        ]
        try await Scene.with(mode) { scene in
            for control in controls {
                try scene.jira.createIssue(project: "COMP", summary: "[\(control)] by hand".prefix(250).description)
                try await scene.fail(control)
            }
            try await scene.runToTheEnd()
            #expect(scene.jira.counters.invalidRequests == 0)
            #expect(
                try await scene.database.query(
                    """
                    SELECT control_id FROM kushim_jira.audit_log
                    WHERE action = 'ticket.created' ORDER BY control_id COLLATE "C"
                    """
                ).compactMap { $0[0]?.prefix(4) } == ["*", "--", #"\""#, "_", "yyyy", "~", "🦊"],
                "no word to search for, or too long to stand in a summary")
            #expect(
                try await scene.database.value(
                    "SELECT count(*) FROM kushim_jira.audit_log WHERE detail ? 'existingTickets'") == "0")
        }
    }

    @Test("A burst of failures shares its searches", arguments: modes)
    func burst(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "delay-before=500ms..600ms,operation=search")
            try scene.jira.add(fault: "delay-before=100ms..200ms,operation=createIssue")
            for number in 1...200 { try await scene.fail("CC\(number)") }
            try await scene.running(slots: 64) { try await scene.allFinished() }
            try await scene.expectExactlyOnce(issues: 200)
            let counters = scene.jira.counters
            let perTicket = Double(counters.requests) / 200
            // Data Center has no request that creates many: each issue is read, to tell that the answer is its own.
            #expect(perTicket <= (mode == .cloud ? 1.1 : 2.1), "\(counters.byOperation)")
        }
    }
}
