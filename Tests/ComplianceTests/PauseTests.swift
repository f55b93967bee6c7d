import Foundation
import HTTP
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

@Suite("A paused customer")
struct PauseTests {
    /// What waits for its time waits longer than any test.
    private func with(_ mode: SimulatedJira.Mode, _ body: @Sendable (Scene) async throws -> Void) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.gates = GateTiming()
                $0.gates.configuration = .seconds(7_200)
                $0.settingsFreshness = .seconds(3)
            }, body)
    }

    private func waits(_ scene: Scene, _ count: Int, for words: String) async throws {
        try await eventually("\(count) jobs wait") {
            try await scene.database.value(
                "SELECT count(*) FROM kushim_jira.scheduled WHERE strpos(reason, '\(words)') > 0") == "\(count)"
        }
    }

    @Test(
        "Its jobs wait and lose no attempt, others' do not; resuming lets them flow at once",
        arguments: GuideTests.modes)
    func pause(mode: SimulatedJira.Mode) async throws {
        try await with(mode) { scene in
            let pool = scene.database.pool
            #expect(try await CustomerPause.pause("acme", reason: "moving", actor: "admin alice@host", on: pool))
            #expect(try await !CustomerPause.pause("acme", reason: nil, actor: "admin bob@host", on: pool))
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await scene.pass("CC1")
            let other = Payload.failure("CC1").json
            _ = try await scene.database.insert("compliance_failure", payload: other, customer: "globex")
            try await scene.running {
                try await waits(scene, 4, for: "kushim-jira connections resume acme")
                try await eventually("the other customer has its ticket") { scene.jira.issues.count == 1 }
                let resumption = try await CustomerPause.resume("acme", actor: "admin alice@host", on: pool)
                #expect(resumption.wasPaused && resumption.jobs == 4 && resumption.gates == [])
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 4)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1")
            let changes = try await scene.database.query(
                """
                SELECT action, actor, detail ->> 'paused', detail ->> 'reason' FROM kushim_jira.audit_log
                WHERE action IN ('connection.changed', 'admin.resume') ORDER BY id
                """)
            #expect(
                changes == [
                    ["connection.changed", "admin alice@host", "true", "moving"],
                    ["connection.changed", "admin alice@host", "false", nil],
                ])
        }
    }

    @Test(
        "Resuming one that is not paused tries shut gates: what was mended in Jira flows at once",
        arguments: GuideTests.modes)
    func mended(mode: SimulatedJira.Mode) async throws {
        try await with(mode) { scene in
            let pool = scene.database.pool
            #expect(try await CustomerPause.resume("acme", actor: "admin", on: pool).jobs == 0)
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["components"] }
            for number in 1...5 { try await scene.fail("CC\(number)") }
            try await scene.running {
                try await waits(scene, 5, for: "requires Component/s")
                try await scene.database.wait(
                    for:
                        "SELECT count(*) FROM kushim_jira.job_status WHERE kind = 'notification' AND finished_at IS NULL",
                    toBe: "0")
                let connection = try #require(try await pool.execute(ListCustomerConnections()).first)
                #expect(connection.customerID == "acme" && !connection.hasRow && connection.waitingJobs == 5)
                let gates = try await pool.execute(ListShutGates())
                let site = try #require(scene.configuration.connection).baseURL
                let hindrances = ConnectionHindrance.gates(gates, at: site, for: scene.configuration.tickets)
                #expect(hindrances.map(\.cause) == ["configuration"])
                var elsewhere = scene.configuration.tickets
                elsewhere.project = "SEC"
                #expect(ConnectionHindrance.gates(gates, at: site, for: elsewhere).isEmpty)

                try scene.jira.update(project: "COMP") { $0.requiredFields = [] }
                let resumption = try await CustomerPause.resume("acme", actor: "admin", on: pool)
                #expect(!resumption.wasPaused && resumption.gates == ["jira \(site) COMP/Task"])
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 5)
            #expect(try await scene.actions()["admin.resume"] == 1, "what did nothing is not recorded")
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.connections") == "0")
        }
    }

    @Test("A pass that waited through a pause waits for its failure all the same")
    func passes() async throws {
        try await with(.cloud) { scene in
            let pool = scene.database.pool
            try await scene.fail("CC1")
            try await scene.pass("CC1")
            _ = try await CustomerPause.pause("acme", reason: nil, actor: "admin", on: pool)
            try await scene.running { try await waits(scene, 2, for: "resume acme") }
            _ = try await scene.database.query("UPDATE kushim_jira.scheduled SET snoozes = 50")
            _ = try await CustomerPause.resume("acme", actor: "admin", on: pool)
            // The pass comes first.
            _ = try await scene.database.query(
                """
                UPDATE kushim_jira.scheduled SET run_at = clock_timestamp() + CASE kind
                    WHEN 'compliance_pass' THEN interval '0' ELSE interval '1 s' END
                """)
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.count == 1)
            #expect(try await scene.actions()["ticket.commented"] == 1)
        }
    }

    @Test("Of a gate that others wait for too, an operator is told although the customer is paused who met it first")
    func told() async throws {
        let slack = try StandInForSlack()
        try await Scene.with(configure: {
            $0.gates.configuration = .seconds(7_200)
            $0.slack.webhook = Secret(slack.webhook)
            $0.slack.allowsPlainHTTP = true
        }) { scene in
            let pool = scene.database.pool
            let services = ComplianceServices(scene.configuration, pool: pool, http: scene.http, logger: .quiet)
            let site = GateScope.site(try #require(scene.configuration.connection))
            _ = try await services.gates.shut(
                site, .credentials, reason: "Jira refused the token.", remedy: "Make a new one.", wait: .seconds(7_200),
                services.gates.admit([]), customerID: "acme", jobID: 1)
            #expect(try await CustomerPause.pause("acme", reason: nil, actor: "admin", on: pool))
            try await scene.running {
                try await eventually("told") { slack.messages.count == 1 }
            }
            #expect(slack.messages.first?.contains("Jira refused the token.") == true)
        }
    }

    @Test(
        "The command that resumes can be copied into a shell",
        arguments: [("acme", "acme"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("$(x)", "'$(x)'")])
    func command(customer: String, word: String) {
        #expect(CustomerPause.resumeCommand(for: customer) == "kushim-jira connections resume \(word)")
    }

    @Test("What waits for the operator's settings goes on at once when they are there", arguments: ["project", "jira"])
    func missingSettings(missing: String) async throws {
        try await with(.cloud) { scene in
            var broken = scene
            if missing == "project" {
                broken.configuration.tickets.project = nil
            } else {
                broken.configuration.connection = nil
            }
            try await scene.fail("CC1")
            try await broken.running {
                try await waits(scene, 1, for: missing == "project" ? "JIRA_DEFAULT_PROJECT_KEY" : "JIRA_DOMAIN")
            }
            // As the daemon does when it starts.
            _ = try await scene.database.pool.execute(ProbeGatesNow())
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
        }
    }
}
