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
    /// A kind of ticket, at a kind of Jira.
    enum Kind: String, CaseIterable {
        case cloud, dataCenter, cloudRequest, dataCenterRequest

        var mode: SimulatedJira.Mode { self == .cloud || self == .cloudRequest ? .cloud : .dataCenter }
        var isRequest: Bool { self == .cloudRequest || self == .dataCenterRequest }
        var project: String { isRequest ? "IT" : "COMP" }
    }

    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    private func with(_ kind: Kind, _ body: @Sendable (Scene) async throws -> Void) async throws {
        let configure: (inout ComplianceConfiguration) -> Void = { $0.statusFreshness = .zero }
        if kind.isRequest {
            try await Scene.withServiceDesk(kind.mode, configure: configure, body)
        } else {
            try await Scene.with(kind.mode, configure: configure, body)
        }
    }

    private func ledger(_ scene: Scene) async throws -> [String] {
        try await scene.database.query(
            "SELECT control_id || ' ' || state || ' ' || issue_key FROM kushim_jira.tickets ORDER BY id"
        ).compactMap { $0[0] }
    }

    // MARK: A Jira that was restored from a backup

    @Test(
        "A stranger's issue that was given the id resolves nothing, gets no comment, and is not counted on",
        arguments: Kind.allCases)
    func stranger(kind: Kind) async throws {
        try await with(kind) { scene in
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
            #expect(try await ledger(scene) == ["CC1 deleted \(ticket.key)", "CC1 open \(kind.project)-2"])
            #expect(try await scene.actions()["ticket.deleted"] == 1)
            #expect(scene.jira.comments.count == 1, "on the ticket that followed")
        }
    }

    @Test("A pass is not told on it", arguments: Kind.allCases)
    func pass(kind: Kind) async throws {
        try await with(kind) { scene in
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
            #expect(try await ledger(scene) == ["CC1 deleted \(kind.project)-1"])
            #expect(try await scene.story().contains("ticket.skipped ticket_deleted"))
        }
    }

    @Test("Of a failure after the close neither", arguments: Kind.allCases)
    func failedAgain(kind: Kind) async throws {
        try await with(kind) { scene in
            scene.jira.backUp()
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.transition("\(kind.project)-1")
            try await scene.fail("CC1") {
                $0["detectedAt"] = .string(Date.now.addingTimeInterval(-60).formatted(.iso8601))
            }
            try await scene.runToTheEnd()
            #expect(try await ledger(scene) == ["CC1 done \(kind.project)-1"])
            try scene.jira.restore()
            let stranger = try scene.jira.createIssue(project: kind.project, summary: "Order new chairs")
            try scene.jira.transition(stranger.key)
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.isEmpty)
            #expect(try await ledger(scene) == ["CC1 deleted \(kind.project)-1", "CC1 open \(kind.project)-2"])
        }
    }

    @Test(
        "Another control's ticket that was given the id can be recorded, and the first control fails on a ticket of its own",
        arguments: Kind.allCases)
    func idsComeAgain(kind: Kind) async throws {
        try await with(kind) { scene in
            scene.jira.backUp()
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.restore()
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            #expect(try await ledger(scene) == ["CC1 deleted \(kind.project)-1", "CC2 open \(kind.project)-1"])
            #expect(
                try await scene.database.query(
                    "SELECT control_id, detail ->> 'how' LIKE '%restored from a backup%' FROM kushim_jira.audit_log WHERE action = 'ticket.deleted'"
                ) == [["CC1", "t"]])
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(
                try await ledger(scene) == [
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
            #expect(try await ledger(scene) == ["CC1 deleted COMP-1", "CC1 open COMP-2"])
        }
    }

    @Test("People take off the marks: what was proven once stays the ticket", arguments: Kind.allCases)
    func marksRemoved(kind: Kind) async throws {
        try await with(kind) { scene in
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

    // MARK: Another site

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

    @Test("A site that only got another name keeps its tickets", arguments: Kind.allCases)
    func renamed(kind: Kind) async throws {
        try await with(kind) { scene in
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
            #expect(try await ledger(scene) == ["CC1 deleted COMP-1", "CC1 open COMP-2"])
        }
    }
}

extension Scene {
    /// Lets all alerts come due, and waits until they are over.
    func runAlerts() async throws {
        _ = try await database.query(
            """
            UPDATE kushim_jira.scheduled SET run_at = clock_timestamp() WHERE kind = 'sla_alert'
            """)
        try await running {
            try await eventually("the alerts are over") {
                try await database.value(
                    "SELECT count(*) FROM kushim_jira.job_status WHERE kind = 'sla_alert' AND finished_at IS NULL")
                    == "0"
            }
        }
    }
}
