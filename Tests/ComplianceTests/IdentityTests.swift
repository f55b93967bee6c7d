import Foundation
import HTTP
import Jira
import JiraSimulator
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

@Suite("An issue is trusted by its mark, not by its id")
struct IdentityTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    // MARK: A Jira that was restored from a backup

    @Test(
        "A stranger's issue that was given the id resolves nothing, gets no comment, and is not counted on",
        arguments: TicketKind.allCases)
    func stranger(kind: TicketKind) async throws {
        try await kind.scene { scene in
            scene.jira.backUp()
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            let ticket = try #require(scene.jira.issues.first)
            // Looked at once, as every ticket is within a day: what a request says of itself is proven.
            try await scene.fail("CC1")
            try await scene.runToTheEnd()

            try scene.jira.restore()
            let stranger = try scene.jira.createIssue(project: kind.project, summary: "Order new chairs")
            #expect(stranger.id == ticket.id && stranger.key == ticket.key)
            try scene.jira.transition(stranger.key)
            try await scene.runAlerts()
            #expect(try await scene.actions()["sla.met"] == nil)
            #expect(try await scene.actions()["ticket.resolved"] == nil)
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            #expect(try #require(scene.jira.issue(stranger.key)).comments.isEmpty)
            #expect(scene.jira.issues.count == 2)
            #expect(try await scene.ledger() == ["CC1 deleted \(ticket.key)", "CC1 open \(kind.project)-2"])
            #expect(try await scene.actions()["ticket.deleted"] == 1)
            #expect(scene.jira.comments.count == 1, "on the ticket that followed")
        }
    }

    @Test("A pass is not told on it", arguments: TicketKind.allCases)
    func pass(kind: TicketKind) async throws {
        try await kind.scene { scene in
            scene.jira.backUp()
            for _ in 0..<2 {
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
            }
            try scene.jira.restore()
            try scene.jira.createIssue(project: kind.project, summary: "Order new chairs")
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.isEmpty)
            #expect(try await scene.ledger() == ["CC1 deleted \(kind.project)-1"])
            #expect(try await scene.story().contains("ticket.skipped ticket_deleted"))
        }
    }

    @Test("Where an import gave the ticket a new id, it is told on that issue", arguments: modes)
    func passOnImported(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.statusFreshness = .zero }) { scene in
            scene.jira.backUp()
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            let ticket = try #require(scene.jira.issues.first)
            try scene.jira.restore()
            let stranger = try scene.jira.createIssue(project: "COMP", summary: "Order new chairs")
            let imported = try scene.jira.createIssue(project: "COMP", summary: ticket.summary)
            #expect(stranger.id == ticket.id)
            try scene.jira.edit(imported.key) { issue in
                issue.labels = ticket.labels
                issue.properties = ticket.properties
            }
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            #expect(try #require(scene.jira.issue(stranger.key)).comments.isEmpty)
            #expect(try #require(scene.jira.issue(imported.key)).comments.count == 1)
            #expect(try await scene.ledger() == ["CC1 open \(imported.key)"])
        }
    }

    @Test("Of a failure after the close neither", arguments: TicketKind.allCases)
    func failedAgain(kind: TicketKind) async throws {
        try await kind.scene { scene in
            scene.jira.backUp()
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.transition("\(kind.project)-1")
            try await scene.fail("CC1") {
                $0["detectedAt"] = .string(Date.now.addingTimeInterval(-60).formatted(.iso8601))
            }
            try await scene.runToTheEnd()
            #expect(try await scene.ledger() == ["CC1 done \(kind.project)-1"])
            try scene.jira.restore()
            let stranger = try scene.jira.createIssue(project: kind.project, summary: "Order new chairs")
            try scene.jira.transition(stranger.key)
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.isEmpty)
            #expect(try await scene.ledger() == ["CC1 deleted \(kind.project)-1", "CC1 open \(kind.project)-2"])
        }
    }

    @Test(
        "Another control's ticket that was given the id can be recorded, and the first control fails on a ticket of its own",
        arguments: TicketKind.allCases)
    func idsComeAgain(kind: TicketKind) async throws {
        try await kind.scene { scene in
            scene.jira.backUp()
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.restore()
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            #expect(try await scene.ledger() == ["CC1 deleted \(kind.project)-1", "CC2 open \(kind.project)-1"])
            #expect(
                try await scene.database.query(
                    "SELECT control_id, detail ->> 'how' LIKE '%restored from a backup%' FROM kushim_jira.audit_log WHERE action = 'ticket.deleted'"
                ) == [["CC1", "t"]])
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(
                try await scene.ledger() == [
                    "CC1 deleted \(kind.project)-1", "CC2 open \(kind.project)-1", "CC1 open \(kind.project)-2",
                ])
            #expect(try await scene.database.value("SELECT max(failure_count) FROM kushim_jira.tickets") == "1")
            try await scene.expectExactlyOnce(issues: 2)
        }
    }

    @Test("A burst after the restore: every new ticket is recorded", arguments: modes)
    func burst(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            scene.jira.backUp()
            for number in 1...20 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            try scene.jira.restore()
            for number in 21...40 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            #expect(
                try await scene.database.query("SELECT state, count(*) FROM kushim_jira.tickets GROUP BY 1 ORDER BY 1")
                    == [
                        ["deleted", "20"], ["open", "20"],
                    ])
            try await scene.expectExactlyOnce(issues: 20)
        }
    }

    @Test("An adopted issue never had a mark: the time of its creation tells", arguments: modes)
    func adopted(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.statusFreshness = .zero }) { scene in
            scene.jira.backUp()
            try scene.jira.createIssue(project: "COMP", summary: "[CC1] by hand")
            for _ in 0..<2 {
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
            }
            try scene.jira.edit("COMP-1") { $0.summary = "All the words are others by now" }
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            try scene.jira.restore()
            try scene.jira.createIssue(project: "COMP", summary: "[CC1] looks alike, and is another")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(try await scene.ledger() == ["CC1 deleted COMP-1", "CC1 open COMP-2"])
        }
    }

    @Test("People take off the marks: what was proven once stays the ticket", arguments: TicketKind.allCases)
    func marksRemoved(kind: TicketKind) async throws {
        try await kind.scene { scene in
            for _ in 0..<2 {
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
            }
            try scene.jira.edit("\(kind.project)-1") { issue in
                issue.labels = []
                issue.properties = [:]
                issue.richFields = [:]
            }
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(try await scene.database.value("SELECT failure_count FROM kushim_jira.tickets") == "3")
        }
    }

    // MARK: Rows from before

    @Test("A row without an origin gets it by the first proof", arguments: modes)
    func older(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.statusFreshness = .zero }) { scene in
            try await scene.fail("CC1")
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            _ = try await scene.database.query("UPDATE kushim_jira.tickets SET origin = NULL, issue_created_at = NULL")
            // One that was adopted by an older version: no mark, and older than its row.
            let two = try #require(
                try await scene.database.value("SELECT issue_key FROM kushim_jira.tickets WHERE control_id = 'CC2'"))
            try scene.jira.edit(two) { issue in
                issue.labels = []
                issue.properties = [:]
            }
            try await scene.fail("CC1")
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
            #expect(
                try await scene.database.query(
                    "SELECT origin, issue_created_at IS NOT NULL FROM kushim_jira.tickets ORDER BY control_id") == [
                        ["https://jira.acme.example", "t"], ["https://jira.acme.example", "t"],
                    ])
        }
    }

    @Test("What is younger than such a row, and carries no mark, is not its issue")
    func younger() async throws {
        try await Scene.with(configure: { $0.statusFreshness = .zero }) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            _ = try await scene.database.query("UPDATE kushim_jira.tickets SET origin = NULL, issue_created_at = NULL")
            try scene.jira.edit("COMP-1") { issue in
                issue.labels = []
                issue.properties = [:]
                issue.created += 2 * 3_600
            }
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(try await scene.ledger() == ["CC1 deleted COMP-1", "CC1 open COMP-2"])
        }
    }
}
