import HTTP
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// What a project refuses or demands of one failure is that failure's trouble.
@Suite("Failures that wait alone")
struct HeldFailureTests {
    static let modes = [SimulatedJira.Mode.cloud, .dataCenter]

    private static let waiting =
        "SELECT count(*) FROM kushim_jira.scheduled s JOIN kushim_jira.jobs j ON j.id = s.job_id WHERE j.kind = 'compliance_failure'"

    @Test(
        "One that a validator of the workflow refuses keeps no other waiting, and an operator is told once",
        arguments: modes)
    func validator(mode: SimulatedJira.Mode) async throws {
        let slack = try StandInForSlack()
        try await Scene.with(
            mode,
            configure: {
                $0.gates.configuration = .seconds(600)
                $0.slack.webhook = Secret(slack.webhook)
                $0.slack.allowsPlainHTTP = true
            }
        ) { scene in
            try scene.jira.update(project: "COMP") { $0.validators = ["[CC13]": "Change freeze: not this one."] }
            try await scene.running {
                // The project has taken one before.
                try await scene.fail("CC1")
                try await scene.allFinished()
                for number in 2...30 { try await scene.fail("CC\(number)") }
                try await eventually("the others have their tickets") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.job_status WHERE kind = 'compliance_failure' AND finished_at IS NOT NULL"
                    )
                        == "29"
                }
                try await eventually("it waits") { try await scene.database.value(Self.waiting) == "1" }
                try await eventually("told") { !slack.messages.isEmpty }
                #expect(try await scene.actions()["connection.blocked"] == nil)
                let error = try await scene.database.value(
                    "SELECT last_error FROM kushim_jira.job_status WHERE kind = 'compliance_failure' AND finished_at IS NULL"
                )
                #expect(error?.contains("Change freeze: not this one.") == true, "\(error ?? "")")
                // Another try is no other occasion.
                try await scene.runWaitingJobsNow()
                try await eventually("tried again") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.scheduled s JOIN kushim_jira.jobs j ON j.id = s.job_id"
                            + " WHERE j.kind = 'compliance_failure' AND s.snoozes = 2") == "1"
                }
                try scene.jira.update(project: "COMP") { $0.validators = [:] }
                try await scene.runWaitingJobsNow()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 30)
            #expect(slack.messages.count == 1, "\(slack.messages)")
            let text = try #require(slack.messages.first)
            #expect(
                text.contains("The ticket of CC13 of customer acme waits") && text.contains("Change freeze"), "\(text)")
            #expect(
                try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1",
                "no attempt is charged")
            #expect(
                try await scene.database.query(
                    "SELECT detail ->> 'about', detail ->> 'controlId' FROM kushim_jira.audit_log WHERE action = 'notification.sent'"
                )
                    == [["ticket.held", "CC13"]])
        }
    }

    @Test(
        "One that a validator refuses, in whatever form and whether others came before, keeps no other waiting for long and shuts no gate again",
        arguments: modes, ["Change freeze.", "customfield_10106: Tier is required.", "priority: Not so high."])
    func refusedAgainAndAgain(mode: SimulatedJira.Mode, words: String) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.update(project: "COMP") { $0.validators = ["[CC13]": words] }
            try await scene.running {
                // The first that this worker sends there.
                try await scene.fail("CC13")
                try await scene.database.wait(for: Self.waiting, toBe: "1")
                for number in 1...8 {
                    try await scene.fail("K\(number)")
                    try await eventually("another has its ticket") { scene.jira.issues.count == number }
                    let before = scene.requests(of: "CC13")
                    try await scene.runWaitingJobsNow()
                    try await eventually("it was tried again") { scene.requests(of: "CC13") > before }
                }
                let actions = try await scene.actions()
                #expect(actions["connection.blocked", default: 0] <= 1, "\(actions)")
                #expect(actions["ticket.held"] == 1, "\(actions)")
                try scene.jira.update(project: "COMP") { $0.validators = [:] }
                try await scene.runWaitingJobsNow()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 9)
        }
    }

    @Test("One that waits alone does not find out for the others whether the gate can be opened", arguments: modes)
    func noProbe(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.gates.configuration = .milliseconds(700) }) { scene in
            try scene.jira.update(project: "COMP") { $0.validators = ["[CC13]": "Change freeze."] }
            try await scene.running {
                try await scene.fail("CC1")
                try await scene.allFinished()
                try await scene.fail("CC13")
                try await eventually("it waits alone") { try await scene.actions()["ticket.held"] == 1 }
                // The whole project is closed, and opens again.
                try scene.jira.update(project: "COMP") { $0.validators = ["[": "Closed.", "[CC13]": "Change freeze."] }
                for number in 2...9 { try await scene.fail("CC\(number)") }
                try await eventually("shut") { try await scene.actions()["connection.blocked"] == 1 }
                // What it was about to send when the gate was shut is no probe.
                try await scene.database.wait(
                    for: """
                        SELECT count(*) FROM kushim_jira.leases l JOIN kushim_jira.jobs j ON j.id = l.job_id
                        WHERE j.payload ->> 'controlId' = 'CC13'
                        """, toBe: "0")
                let isTried = scene.requests(of: "CC13")
                try await scene.runWaitingJobsNow()
                try await eventually("tried again") {
                    Int(try await scene.database.value("SELECT max(failures) FROM kushim_jira.gates") ?? "") ?? 0 > 2
                }
                #expect(scene.requests(of: "CC13") == isTried)
            }
        }
    }

    @Test("Of many that are refused together one asks what the project takes now", arguments: modes)
    func oneAsks(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.gates.configuration = .seconds(600) }) { scene in
            try await scene.running(slots: 20) {
                try await scene.fail("CC1")
                try await scene.allFinished()
                let before = scene.jira.counters[.createMetaFields]
                try scene.jira.update(project: "COMP") { $0.validators = ["[": "The project is closed for the year."] }
                try scene.jira.add(fault: "delay-before=300ms,operation=createMetaFields")
                try scene.jira.add(fault: "delay-before=300ms,operation=createIssue")
                for number in 2...11 { try await scene.fail("CC\(number)") }
                try await scene.database.wait(for: Self.waiting, toBe: "10")
                let asked = scene.jira.counters[.createMetaFields] - before
                #expect(asked <= 3, "\(asked)")
            }
        }
    }

    @Test("One whose value for a required field Jira does not take keeps no other waiting", arguments: modes)
    func value(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.gates.configuration = .seconds(600)
                $0.tickets.fields = ["customfield_10113": .text("{team}")]
            }
        ) { scene in
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["customfield_10113"] }
            try await scene.running {
                try await scene.fail("CC1") { $0["team"] = "cloud-team" }
                try await scene.allFinished()
                // Which groups there are, createmeta does not tell.
                try await scene.fail("CC13") { $0["team"] = "cluod-team" }
                try await eventually("it waits") { try await scene.database.value(Self.waiting) == "1" }
                for number in 2...9 { try await scene.fail("CC\(number)") { $0["team"] = "cloud-team" } }
                try await eventually("the others have their tickets") { scene.jira.issues.count == 9 }
            }
            #expect(scene.jira.counters.invalidRequests == 1)
            #expect(try await scene.actions()["connection.blocked"] == nil)
        }
    }

    @Test(
        "A failure that has nothing for a required field waits alone, and goes on once the template says something",
        arguments: modes)
    func valueOfOneFailure(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.tickets.fields = ["customfield_10106": .text("{tier}")]
                $0.gates.configuration = .seconds(7_200)
            }
        ) { scene in
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["customfield_10106"] }
            try await scene.fail("CC1")
            try await scene.fail("CC2") { $0["tier"] = "gold" }
            try await scene.running {
                try await scene.database.wait(for: "SELECT count(*) FROM kushim_jira.scheduled", toBe: "2")
                try await scene.fail("CC3") { $0["tier"] = "Production" }
                try await eventually("the other has its ticket") { scene.jira.issues.count == 1 }
            }
            let errors = try await scene.database.query(
                "SELECT last_error FROM kushim_jira.job_status WHERE kind = 'compliance_failure' AND finished_at IS NULL ORDER BY id"
            ).map { $0[0] ?? "" }
            #expect(errors.count == 2 && errors[0].contains("but this failure has no value for it"), "\(errors)")
            #expect(errors[1].contains(#""gold" is not one of Production, Staging, Development"#), "\(errors)")
            #expect(errors.allSatisfy { $0.contains(#""{name|Production}""#) })
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.gates") == "0")
            #expect(try await scene.actions()["connection.blocked"] == nil)

            var cured = scene
            cured.configuration.tickets.fields = ["customfield_10106": .text("Staging")]
            _ = try await scene.database.pool.execute(ProbeGatesNow())
            try await cured.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 3)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1")
        }
    }

    @Test("Two customers who share a project are each told of what waits")
    func twoCustomers() async throws {
        let slack = try StandInForSlack()
        try await Scene.with(configure: {
            $0.gates.configuration = .seconds(600)
            $0.slack.webhook = Secret(slack.webhook)
            $0.slack.allowsPlainHTTP = true
        }) { scene in
            try scene.jira.update(project: "COMP") { $0.validators = ["[CC13]": "Change freeze: not this one."] }
            try await scene.running {
                try await scene.fail("CC1")
                try await scene.allFinished()
                for customer in ["acme", "globex"] {
                    let payload = Payload.failure("CC13").json
                    _ = try await scene.database.insert("compliance_failure", payload: payload, customer: customer)
                    try await eventually("told") {
                        slack.messages.contains { $0.contains("The ticket of CC13 of customer \(customer) waits") }
                    }
                }
            }
            #expect(slack.messages.count == 2, "\(slack.messages)")
        }
    }

    @Test("What a project refuses of several in a row, it refuses of all: its gate is shut", arguments: modes)
    func everybody(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.gates.configuration = .seconds(600) }) { scene in
            try await scene.running(slots: 1) {
                try await scene.fail("CC1")
                try await scene.allFinished()
                try scene.jira.update(project: "COMP") { $0.validators = ["[": "The project is closed for the year."] }
                for number in 2...40 { try await scene.fail("CC\(number)") }
                try await eventually("all wait") { try await scene.database.value(Self.waiting) == "39" }
            }
            #expect(scene.jira.counters[.createIssue] == 1 + 3, "three were refused")
            #expect(try await scene.actions()["connection.blocked"] == 1)
        }
    }

    @Test("A project that never took one is shut at the first refusal")
    func first() async throws {
        try await Scene.with(configure: { $0.gates.configuration = .seconds(600) }) { scene in
            try scene.jira.update(project: "COMP") { $0.validators = ["[": "The project is closed for the year."] }
            try await scene.running(slots: 1) {
                for number in 1...10 { try await scene.fail("CC\(number)") }
                try await eventually("all wait") { try await scene.database.value(Self.waiting) == "10" }
            }
            #expect(scene.jira.counters[.createIssue] == 1)
            #expect(try await scene.actions()["connection.blocked"] == 1)
            // Perhaps it was the one failure's trouble: another finds out whether the gate can be opened.
            let last = try await scene.database.query(
                """
                SELECT j.payload ->> 'controlId' FROM kushim_jira.scheduled s JOIN kushim_jira.jobs j ON j.id = s.job_id,
                       kushim_jira.gates g WHERE s.run_at > g.closed_until + interval '300 s'
                """)
            #expect(last == [["CC1"]])
        }
    }
}

extension Scene {
    fileprivate func requests(of control: String) -> Int {
        jira.requests.count { $0.operation == .createIssue && $0.body.contains("[\(control)]") }
    }

    func runWaitingJobsNow() async throws {
        _ = try await database.query("UPDATE kushim_jira.scheduled SET run_at = clock_timestamp() WHERE snoozes > 0")
    }
}
