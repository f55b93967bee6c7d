import Foundation
import HTTP
import Jira
import JiraSimulator
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

@Suite("A customer's Jira is at another site now")
struct OtherSiteTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    /// The customer has moved: the same database, another Jira.
    private func moved(
        _ scene: Scene, to mode: SimulatedJira.Mode, _ body: (Scene) async throws -> Void
    ) async throws {
        try await withSimulatedJira(SimulatedJira.Options(mode: mode)) { jira in
            var configuration = scene.configuration
            configuration.connection = JiraConnection(
                deployment: mode == .cloud ? .cloud : .dataCenter, baseURL: jira.baseURL,
                browseURL: "https://acme.new.example",
                credentials: mode == .cloud
                    ? .apiToken(email: "admin@acme-corp.com", token: Secret("simulator-token"))
                    : .personalAccessToken(Secret("simulator-pat")),
                allowsPlainHTTP: true, timeout: .seconds(20))
            try await body(
                Scene(database: scene.database, jira: jira, http: scene.http, configuration: configuration))
        }
    }

    @Test(
        "After a move to another site its tickets are left alone and told, and a failure opens one where people work now",
        arguments: modes, modes)
    func otherSite(from: SimulatedJira.Mode, to: SimulatedJira.Mode) async throws {
        // Fresh as it is, a status that was seen at another site says nothing.
        try await Scene.with(from) { old in
            try await old.fail("CC1")
            try await old.runToTheEnd()
            let before = old.jira.issues
            try await moved(old, to: to) { new in
                let stranger = try new.jira.createIssue(project: "COMP", summary: "Order new chairs")
                #expect(stranger.id == before.first?.id)
                try new.jira.transition(stranger.key)
                try await new.pass("CC1")
                try await new.runToTheEnd()
                #expect(try await new.story().last == "ticket.skipped other_site")
                try await new.runAlerts()
                #expect(try await new.actions()["sla.met"] == nil)
                #expect(try await new.actions()["ticket.resolved"] == nil)
                #expect(try await new.actions()["sla.alerted"] ?? 0 > 0, "as of a ticket that nobody can see")
                let connection = new.configuration.connection
                let sweep = TwinSweep(pool: new.database.pool, http: new.http, actor: "test", logger: .quiet) {
                    connection
                }
                #expect(try await sweep.sweepAll().found.isEmpty)
                #expect(
                    try await new.database.value("SELECT issue_url FROM kushim_jira.tickets")
                        == "https://jira.acme.example/browse/COMP-1")
                try await new.fail("CC1")
                try await new.runToTheEnd()
                try await new.fail("CC1")
                try await new.runToTheEnd()
                #expect(new.jira.comments.isEmpty && new.jira.issues.count == 2)
                #expect(
                    try await new.database.query(
                        "SELECT state, issue_url, failure_count FROM kushim_jira.tickets ORDER BY id") == [
                            ["left", "https://jira.acme.example/browse/COMP-1", "1"],
                            ["open", "https://acme.new.example/browse/COMP-2", "2"],
                        ])
                let told = try await new.database.query(
                    "SELECT issue_key, detail ->> 'reason' FROM kushim_jira.audit_log WHERE action = 'ticket.moved'")
                #expect(told.count == 1 && told[0][1]?.contains("https://jira.acme.example") == true)
            }
            #expect(old.jira.issues == before)
        }
    }

    @Test(
        "An import gave the issues new ids: they are found again by their mark, and go on", arguments: modes,
        [true, false])
    func imported(mode: SimulatedJira.Mode, isClosed: Bool) async throws {
        try await Scene.with(mode, configure: { $0.statusFreshness = .zero }) { old in
            try await old.fail("CC1")
            try await old.runToTheEnd()
            let ticket = try #require(old.jira.issues.first)
            if isClosed {
                try old.jira.transition(ticket.key)
                try await old.fail("CC1")
                try await old.runToTheEnd()
            }
            try await moved(old, to: .cloud) { new in
                try new.jira.createIssue(project: "COMP", summary: "Order new chairs")
                let imported = try new.jira.createIssue(
                    project: "COMP", summary: ticket.summary, labels: ticket.labels, properties: ticket.properties)
                if isClosed { try new.jira.transition(imported.key) }
                try await new.fail("CC1")
                try await new.runToTheEnd()
                #expect(new.jira.issues.count == 2)
                #expect(
                    try await new.database.query("SELECT issue_id, issue_url, origin FROM kushim_jira.tickets") == [
                        ["\(imported.id)", "https://acme.new.example/browse/COMP-2", "https://acme.new.example"]
                    ])
                #expect(
                    try await new.database.query(
                        "SELECT issue_key, detail ->> 'from', detail ->> 'fromUrl' FROM kushim_jira.audit_log WHERE action = 'ticket.moved'"
                    ) == [["COMP-2", "COMP-1", "https://jira.acme.example/browse/COMP-1"]])
            }
        }
    }

    @Test("A site that only got another name keeps its tickets", arguments: TicketKind.allCases)
    func renamed(kind: TicketKind) async throws {
        try await kind.scene { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            var renamed = scene
            renamed.configuration.connection?.browseURL = "https://tickets.acme.example"
            for _ in 0..<2 {
                try await renamed.fail("CC1")
                try await renamed.runToTheEnd()
            }
            try await renamed.expectExactlyOnce(issues: 1)
            #expect(
                try await scene.database.query("SELECT origin, issue_url, failure_count FROM kushim_jira.tickets") == [
                    [
                        "https://tickets.acme.example", "https://tickets.acme.example/browse/\(kind.project)-1", "3",
                    ]
                ])
            #expect(try await scene.actions()["ticket.moved"] == 1)
        }
    }
}
