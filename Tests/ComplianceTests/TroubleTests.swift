import Foundation
import HTTP
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("A Jira in trouble")
struct TroubleTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    @Test(
        "429: all wait as long as Jira asks, and no attempt is charged", arguments: modes,
        ["retry-after=1s", "reason=jira-burst-based", "body=empty"])
    func rateLimited(mode: SimulatedJira.Mode, how: String) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "status=429,\(how),operation=createIssue,count=4")
            for number in 1...10 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 10)
            // After a bulk create they may have to wait before they ask which issue is whose.
            let actions = try await scene.actions()
            #expect(actions["ticket.created", default: 0] + actions["ticket.adopted", default: 0] == 10)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.finished") == "1")
            #expect(try await scene.database.value("SELECT bool_or(in_doubt) FROM kushim_jira.tickets") == "f")
        }
    }

    @Test("Jira is away for a while: all tickets exist once when it is back")
    func away() async throws {
        try await Scene.with { scene in
            let connection = try #require(scene.configuration.connection)
            var elsewhere = connection
            // Nobody listens on the port of a Jira that has stopped.
            let gone = try await SimulatedJira.start(SimulatedJira.Options())
            elsewhere.baseURL = gone.baseURL
            await gone.stop()
            var away = scene
            away.configuration.connection = elsewhere
            for number in 1...12 { try await scene.fail("CC\(number)") }
            try await away.running {
                try await eventually("all were tried or are waiting") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.scheduled WHERE snoozes > 0") == "12"
                }
            }
            #expect(scene.jira.issues.isEmpty)
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.tickets WHERE sends > 0") == "0")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 12)
            #expect(try await scene.actions()["job.retried"] == nil)
        }
    }

    @Test("Bad gateways for a while: the site is left alone, and nothing is doubled")
    func badGateways() async throws {
        try await Scene.with { scene in
            try scene.jira.add(fault: "status=502,body=html,count=25")
            for number in 1...12 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 12)
        }
    }

    @Test("Refused credentials: told once, not hammered, and all flows when they are replaced", arguments: modes)
    func credentials(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.gates.credentials = .milliseconds(1_500) }) { scene in
            let good = SimulatedCredential.defaults
            scene.jira.set(credentials: [])
            scene.jira.update { $0.badCredentials = .unauthorized }
            for number in 1...20 { try await scene.fail("CC\(number)") }
            try await scene.running(slots: 4) {
                // They come back all the time, so that some may be in hand.
                try await eventually("all jobs were put off") {
                    try await scene.database.value(
                        """
                        SELECT count(*) FROM (SELECT snoozes FROM kushim_jira.scheduled UNION ALL
                                              SELECT snoozes FROM kushim_jira.ready UNION ALL
                                              SELECT snoozes FROM kushim_jira.leases) AS jobs WHERE snoozes > 0
                        """) == "20"
                }
                // One from each slot at most, and then one at a time.
                let requests = scene.jira.counters.requests
                let probes = Int(try await scene.database.value("SELECT failures FROM kushim_jira.gates") ?? "") ?? 0
                #expect(requests <= 4 + probes, "\(requests) with \(probes) probes")
                var reason = ""
                try await eventually("they say why") {
                    reason = try await scene.database.value("SELECT max(last_error) FROM kushim_jira.job_status") ?? ""
                    return reason.contains("refused the credentials")
                }
                #expect(reason.contains(mode == .cloud ? "JIRA_API_TOKEN" : "JIRA_PAT"), "\(reason)")
                #expect(try await scene.actions() == ["connection.blocked": 1])
                scene.jira.set(credentials: good)
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 20)
            let actions = try await scene.actions()
            #expect(actions["connection.blocked"] == 1 && actions["connection.opened"] == 1)
            #expect(actions["ticket.created"] == 20)
        }
    }

    @Test("Once a person has mended it and asked for a reload, what waits does not wait for the gate's time")
    func mended() async throws {
        try await Scene.with(configure: { $0.gates.credentials = .seconds(3_600) }) { scene in
            let good = SimulatedCredential.defaults
            scene.jira.set(credentials: [])
            for number in 1...20 { try await scene.fail("CC\(number)") }
            try await scene.running(slots: 4) {
                try await eventually("all jobs wait") {
                    try await scene.database.value("SELECT count(*) FROM kushim_jira.scheduled WHERE snoozes > 0")
                        == "20"
                }
                scene.jira.set(credentials: good)
                try await scene.database.pool.execute(ProbeGatesNow())
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 20)
        }
    }

    @Test("A token that is revoked under load is tried at most once by the jobs in hand, and by no other")
    func revoked() async throws {
        try await Scene.with(configure: { $0.gates.credentials = .seconds(600) }) { scene in
            // Without captcha, but counted: what would lock an account.
            scene.jira.update { $0.badCredentials = .unauthorized }
            try scene.jira.add(fault: "delay-before=20ms..60ms,operation=createIssue")
            for number in 1...60 { try await scene.fail("CC\(number)") }
            try await scene.running(slots: 32) {
                try await eventually("some tickets") { scene.jira.issues.count >= 5 }
                scene.jira.set(credentials: [])
                try await eventually("the rest waits") {
                    try await scene.database.value(
                        "SELECT (SELECT count(*) FROM kushim_jira.leases) + (SELECT count(*) FROM kushim_jira.ready)")
                        == "0"
                }
            }
            // What was in the air or waiting for a connection; the others, and every second try, met the gate.
            #expect(scene.jira.counters.refusedSignIns <= 32, "\(scene.jira.counters.refusedSignIns)")
            // A 401 leaves no doubt, unless it keeps us from telling apart what was created in bulk.
            let made = scene.jira.issues.count
            #expect(
                try await scene.database.value(
                    "SELECT count(*) FROM kushim_jira.tickets WHERE in_doubt OR state = 'open'")
                    == "\(made)")
        }
    }

    @Test(
        "An optional field that the project does not take never costs the ticket, nor a request where Jira tells before",
        arguments: modes, [true, false])
    func optionalField(mode: SimulatedJira.Mode, tells: Bool) async throws {
        try await Scene.with(mode) { scene in
            if !tells { try scene.jira.add(fault: "status=403,operation=createMetaIssueTypes") }
            try scene.jira.update(project: "COMP") {
                $0.hiddenFields = ["duedate"]
                $0.priorities = [Priority(id: "1", name: "P1")]
            }
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            let omitted = try await scene.database.query(
                """
                SELECT jsonb_object_keys(detail -> 'omitted'), detail ->> 'sends' FROM kushim_jira.audit_log
                WHERE action = 'ticket.created' ORDER BY 1
                """)
            let sends = tells ? "1" : "2"
            #expect(omitted == [["duedate", sends], ["priority", sends]])
            #expect(scene.jira.issues[0].labels.contains { $0.hasPrefix("kushim-") })
        }
    }

    @Test("A project without labels takes the ticket without; it can still be found by its key")
    func withoutLabels() async throws {
        try await Scene.with { scene in
            try scene.jira.update(project: "COMP") { $0.hiddenFields = ["labels"] }
            // The third request is the first without any label.
            try scene.jira.add(fault: "close-after-commit,operation=createIssue,nth=3")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 1)
            #expect(
                try await scene.database.query("SELECT action, detail ->> 'foundBy' FROM kushim_jira.audit_log LIMIT 1")
                    == [["ticket.adopted", "key"]])
        }
    }

    @Test(
        "What only a person can cure is told once, costs no attempt, and flows when it is cured",
        arguments: ["field", "type", "permission"])
    func configuration(what: String) async throws {
        try await Scene.with { scene in
            try scene.jira.update(project: "COMP") { project in
                switch what {
                case "field": project.requiredFields = ["components"]
                case "type": project.issueTypes.removeAll { $0.name == "Task" }
                default: project.permissions.remove("CREATE_ISSUES")
                }
            }
            for number in 1...8 { try await scene.fail("CC\(number)") }
            try await scene.running {
                try await eventually("all jobs wait") {
                    try await scene.database.value("SELECT count(*) FROM kushim_jira.scheduled WHERE snoozes > 0")
                        == "8"
                }
                #expect(try await scene.actions() == ["connection.blocked": 1])
                #expect(
                    try await scene.database.value("SELECT count(*) FROM kushim_jira.tickets WHERE in_doubt") == "0")
                try scene.jira.update(project: "COMP") {
                    $0.requiredFields = []
                    $0.issueTypes = IssueType.standard
                    $0.permissions = Set(SimulatedProject.allPermissions)
                }
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 8)
            if what == "field" { #expect(scene.jira.counters.invalidRequests == 0, "Jira told before") }
            #expect(
                try await scene.actions() == [
                    "connection.blocked": 1, "connection.opened": 1, "ticket.created": 8, "sla.scheduled": 8,
                ])
        }
    }
}
