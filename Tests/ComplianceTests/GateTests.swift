import Foundation
import HTTP
import JiraSimulator
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

@Suite("Gates")
struct GateTests {
    private let site = GateScope(description: "jira https://acme.atlassian.net")
    private let target = GateScope(description: "jira https://acme.atlassian.net COMP/Task")

    private func gates(_ database: TestDatabase, _ change: (inout GateTiming) -> Void = { _ in }) -> Gates {
        var timing = GateTiming()
        timing.freshness = .zero
        timing.credentials = .milliseconds(80)
        change(&timing)
        return Gates(pool: database.pool, timing: timing, actor: "test", logger: .quiet)
    }

    private func shut(_ gates: Gates, _ cause: GateCause, wait: Duration? = nil, _ admission: Admission) async throws {
        _ = try await gates.shut(
            site, cause, reason: "refused.", remedy: "Make a new token.", wait: wait, admission, customerID: "acme",
            jobID: 1)
    }

    @Test("A shut gate keeps everybody out, and says why")
    func shutGate() async throws {
        try await TestDatabase.with { database in
            let here = gates(database)
            let elsewhere = gates(database)
            let admission = try await here.admit([site, target])
            try await shut(here, .rateLimited, wait: .seconds(60), admission)
            for gates in [here, elsewhere] {
                do {
                    _ = try await gates.admit([site])
                    Issue.record("let in")
                } catch let notNow as NotNow {
                    #expect(notNow.wait > .seconds(30) && notNow.wait < .seconds(73))
                    #expect(notNow.reason.contains("Make a new token."))
                }
            }
            #expect(try await database.audit().isEmpty)
        }
    }

    @Test("A short wait does not hide what keeps the gate shut for longer")
    func shortWait() async throws {
        try await TestDatabase.with { database in
            let gates = gates(database)
            let admission = try await gates.admit([site])
            try await shut(gates, .credentials, wait: .seconds(60), admission)
            try await shut(gates, .rateLimited, wait: .seconds(1), admission)
            #expect(try await database.value("SELECT cause FROM kushim_jira.gates") == "credentials")
            try await shut(gates, .rateLimited, wait: .seconds(90), admission)
            #expect(try await database.value("SELECT cause FROM kushim_jira.gates") == "rate_limited")
        }
    }

    @Test("After a start or a reload, what a person had to mend is tried at once; what Jira asked for is not")
    func probesAfterReload() async throws {
        try await TestDatabase.with { database in
            for (cause, isTried) in [(GateCause.credentials, true), (.rateLimited, false)] {
                let gates = gates(database)
                try await shut(gates, cause, wait: .seconds(60), try await gates.admit([]))
                _ = try await database.pool.execute(ProbeGatesNow())
                let admission = try? await gates.admit([site])
                #expect(admission?.isProbe(of: site) ?? false == isTried)
                _ = try await database.query("DELETE FROM kushim_jira.gates")
            }
        }
    }

    @Test("Who resumes a connection has what Jira asked for tried, too: by one job")
    func resumed() async throws {
        try await TestDatabase.with { database in
            let gates = gates(database)
            try await shut(gates, .rateLimited, wait: .seconds(3_600), try await gates.admit([]))
            let resumption = try await CustomerPause.resume("acme", actor: "admin", on: database.pool)
            #expect(resumption.gates == [site.description])
            let probe = try await self.gates(database).admit([site])
            #expect(probe.isProbe(of: site))
            await #expect(throws: NotNow.self) { try await self.gates(database).admit([site]) }
        }
    }

    @Test("When the time is over one probes; its success opens the gate for all, and both are recorded once")
    func probe() async throws {
        try await TestDatabase.with { database in
            let gates = (0..<5).map { _ in self.gates(database) }
            let admission = try await gates[0].admit([site])
            for gate in gates { try await shut(gate, .credentials, admission) }
            try await database.wait(
                for: "SELECT closed_until < clock_timestamp() FROM kushim_jira.gates", toBe: "t")
            var probe: Admission?
            for gate in gates {
                do {
                    let admission = try await gate.admit([site])
                    #expect(probe == nil, "one probe at a time")
                    probe = admission
                } catch let notNow as NotNow {
                    #expect(notNow.wait < .seconds(5), "soon it is known how the probe went")
                }
            }
            let winner = try #require(probe)
            #expect(winner.isProbe(of: site))
            await gates[0].answered(site, winner, jobID: 2)
            for gate in gates { #expect(try await gate.admit([site]).isProbe(of: site) == false) }
            #expect(
                try await database.audit("action, detail ->> 'cause'") == [
                    "connection.blocked credentials", "connection.opened credentials",
                ])
        }
    }

    @Test("A probe that fails doubles the time; what fails beside it does not")
    func backoff() async throws {
        try await TestDatabase.with { database in
            let gates = gates(database) { $0.unavailable = .seconds(60) }
            var admission = try await gates.admit([site])
            for _ in 0..<10 { try await shut(gates, .unavailable, admission) }
            #expect(try await database.value("SELECT failures FROM kushim_jira.gates") == "1")
            for failures in 2...4 {
                _ = try await database.query("UPDATE kushim_jira.gates SET closed_until = clock_timestamp()")
                admission = try await gates.admit([site])
                try await shut(gates, .unavailable, admission)
                #expect(try await database.value("SELECT failures FROM kushim_jira.gates") == "\(failures)")
            }
            #expect(try await database.audit() == ["connection.blocked"], "an outage that lasts is told once")
        }
    }

    @Test("A probe of two gates that gets only one gives it back")
    func halfProbe() async throws {
        try await TestDatabase.with { database in
            let gates = gates(database)
            for scope in [site, target] {
                _ = try await gates.shut(
                    scope, .configuration, reason: "r.", remedy: "", wait: .zero, gates.admit([]), customerID: "acme",
                    jobID: 1)
            }
            let rival = self.gates(database)
            let admission = try await rival.admit([target])
            #expect(admission.isProbe(of: target))
            await #expect(throws: NotNow.self) { try await gates.admit([site, target]) }
            #expect(try await gates.admit([site]).isProbe(of: site))
        }
    }

    enum LateEnd: CaseIterable {
        case released, answered, failed
    }

    @Test("What was learnt while somebody probed outlives the end of the probe", arguments: LateEnd.allCases)
    func lateProbe(end: LateEnd) async throws {
        try await TestDatabase.with { database in
            let here = gates(database)
            let elsewhere = gates(database)
            let inFlight = try await elsewhere.admit([site])
            try await shut(here, .credentials, wait: .zero, try await here.admit([]))
            let probe = try await here.admit([site])
            #expect(probe.isProbe(of: site))
            try await shut(elsewhere, .rateLimited, wait: .seconds(600), inFlight)
            switch end {
            case .released: await here.release(probe)
            case .answered: await here.answered(site, probe, jobID: 2)
            case .failed: try await shut(here, .unavailable, probe)
            }
            for gates in [here, elsewhere] {
                do {
                    _ = try await gates.admit([site])
                    Issue.record("let in")
                } catch is NotNow {}
            }
            let row = "SELECT cause, closed_until > clock_timestamp() + interval '300 s' FROM kushim_jira.gates"
            #expect(try await database.query(row) == [["rate_limited", "t"]])
            #expect(try await database.audit() == ["connection.blocked"])
        }
    }

    @Test("A probe that took too long leaves the gate to the one that came after it", arguments: LateEnd.allCases)
    func overtakenProbe(end: LateEnd) async throws {
        try await TestDatabase.with { database in
            let here = gates(database) { $0.probe = .zero }
            let elsewhere = gates(database)
            try await shut(here, .credentials, wait: .zero, try await here.admit([]))
            let slow = try await here.admit([site])
            let probe = try await elsewhere.admit([site])
            #expect(slow.isProbe(of: site) && probe.isProbe(of: site))
            switch end {
            case .released: await here.release(slow)
            case .answered: await here.answered(site, slow, jobID: 2)
            case .failed: try await shut(here, .unavailable, wait: .zero, slow)
            }
            await #expect(throws: NotNow.self, "one probe at a time") { try await gates(database).admit([site]) }
            await elsewhere.answered(site, probe, jobID: 3)
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.gates") == "0")
            #expect(try await database.audit() == ["connection.blocked", "connection.opened"])
        }
    }

    @Test("Who must mend something is told once, in Slack too, with the setting that cures it", arguments: [1, 20])
    func operatorIsTold(failures: Int) async throws {
        let slack = try StandInForSlack()
        try await Scene.with(configure: {
            $0.slack.webhook = Secret(slack.webhook)
            $0.slack.allowsPlainHTTP = true
        }) { scene in
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["components"] }
            for number in 1...failures { try await scene.fail("CC\(number)") }
            try await scene.running {
                try await eventually("told") { !slack.messages.isEmpty }
                try await eventually("probed again") {
                    let failures = try await scene.database.value("SELECT failures FROM kushim_jira.gates")
                    return (failures.flatMap { Int($0) } ?? 0) >= 3
                }
                try scene.jira.update(project: "COMP") { $0.requiredFields = [] }
                try await scene.allFinished()
            }
            #expect(slack.messages.count == 1, "\(slack.messages)")
            let text = try #require(slack.messages.first)
            #expect(text.contains(#"requires Component/s (components)"#) && text.contains("COMP/Task"))
            #expect(text.contains(#"tickets: {components: [\"Security\"]}"#) && text.contains("connections resume"))
            let recorded = try await scene.database.value(
                "SELECT count(*) FROM kushim_jira.audit_log WHERE detail ->> 'about' = 'connection.blocked'")
            #expect(recorded == "1")
        }
    }

    /// Somebody is at work on the project's configuration, or two who do not agree.
    @Test("A gate that is shut again and again is told once in a while", arguments: [true, false])
    func flapping(isQuiet: Bool) async throws {
        let slack = try StandInForSlack()
        try await Scene.with(configure: {
            $0.slack.webhook = Secret(slack.webhook)
            $0.slack.allowsPlainHTTP = true
            if !isQuiet { $0.gates.silence = .zero }
        }) { scene in
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["components"] }
            try await scene.running {
                try await scene.fail("CC0")
                try await eventually("told") { slack.messages.count == 1 }
                try await eventually("recorded") { try await scene.actions()["notification.sent"] == 1 }
                for number in 1...3 {
                    try scene.jira.update(project: "COMP") { $0.requiredFields = [] }
                    try await eventually("opened") { try await scene.actions()["connection.opened"] == number }
                    try scene.jira.update(project: "COMP") { $0.requiredFields = ["components"] }
                    try await scene.fail("CC\(number)")
                    try await eventually("shut again") { try await scene.actions()["connection.blocked"] == number + 1 }
                    if !isQuiet { try await eventually("told again") { slack.messages.count > number } }
                }
                try await eventually("each message is posted, or waits") {
                    try await scene.database.value(
                        """
                        SELECT count(*) FROM kushim_jira.job_status s
                        WHERE kind = 'notification' AND finished_at IS NULL
                          AND NOT EXISTS (SELECT FROM kushim_jira.scheduled WHERE job_id = s.id AND reason IS NOT NULL)
                        """) == "0"
                }
                if isQuiet { #expect(slack.messages.count == 1, "\(slack.messages)") }
                try scene.jira.update(project: "COMP") { $0.requiredFields = [] }
                try await scene.allFinished()
            }
        }
    }
}
