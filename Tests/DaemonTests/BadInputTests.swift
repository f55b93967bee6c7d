import Foundation
import TestSupport
import Testing

/// What goes wrong most often, each with its exit status and with words that name the thing and the remedy.
@Suite struct BadInputTests {
    @Test(arguments: [
        ("worker: {concurency: 5}\n", 1, "worker.concurency", "did you mean concurrency?"),
        ("foo: 1\n", 1, "foo", "known at the top"),
        ("\n\ntickets:\n  issue_typ: Bug\n", 4, "tickets.issue_typ", "did you mean issue_type?"),
        ("tickets:\n  rules:\n    - match: {integraton: AWS}\n", 3, "tickets.rules[0].match.integraton", "integration"),
        ("worker: {concurrency: many}\n", 1, "worker.concurrency", "not a whole number"),
        ("tickets:\n  labels: compliance\n", 2, "tickets.labels", "a list is expected"),
        ("tickets:\n  minimum_severity: hgih\n", 2, "tickets.minimum_severity", "did you mean high?"),
        ("tickets: [a]\n", 1, "tickets", "is a list"),
        ("tickets:\n  per_hour: x\n", 2, "tickets.per_hour", "a whole number is expected"),
        ("tickets:\n  deduplication: {window: 5x}\n", 2, "tickets.deduplication.window", "not a duration"),
        ("sla:\n  due: {urgent: 1d}\n", 2, "sla.due.urgent", "unknown key"),
        ("sla:\n  alerts: [\"175%\"]\n", 2, "sla.alerts[0]", "not a threshold"),
        ("a: [1\nb: 2\n", 2, "not valid YAML", "check"),
    ])
    func configuration(_ yaml: String, _ line: Int, _ key: String, _ words: String) async throws {
        let scratch = try Scratch()
        let path = try scratch.file("config.yaml", yaml)
        for command in [["config", "check"], ["run"], ["jobs", "list"]] {
            let outcome = try await BuiltProgram.run(command + ["--config", path])
            #expect(outcome.status == 78)
            #expect(outcome.error.contains("\(path):\(line): \(key)"))
            #expect(outcome.error.contains(words))
            #expect(outcome.output == "")
        }
    }

    @Test(arguments: [
        ("host=/nowhere/at/all", "/nowhere/at/all", "DATABASE_URL"),
        ("postgresql://kushim@no-such-host.invalid/kushim", "no-such-host.invalid", "DATABASE_URL"),
    ])
    func aDatabaseThatIsNotThere(_ address: String, _ named: String, _ remedy: String) async throws {
        for command in [["migrate"], ["status"], ["jobs", "list"], ["tickets", "list"], ["check"]] {
            let outcome = try await BuiltProgram.run(command, environment: ["DATABASE_URL": address])
            #expect(outcome.status == 69)
            #expect((outcome.error + outcome.output).contains(named))
            #expect((outcome.error + outcome.output).contains(remedy))
        }
    }

    @Test func aWrongPassword() async throws {
        try await PrivatePostgres.with { server in
            let owner = "host=\(server.directory) user=kushim dbname=postgres"
            _ = try await BuiltProgram.run(["migrate"], environment: ["DATABASE_URL": owner])
            try await server.setAccessRules("local all all scram-sha-256")
            for command in [["status"], ["migrate"], ["check"]] {
                try await eventually("the server asks for a password") {
                    let outcome = try await BuiltProgram.run(
                        command, environment: ["DATABASE_URL": owner + " password=wr0ng-secret"])
                    #expect(!outcome.error.contains("wr0ng-secret"))
                    return outcome.status == 77
                }
            }
        }
    }

    @Test func aDatabaseWithoutTheSchema() async throws {
        try await TestDatabase.with(migrated: false) { database in
            for command in [["status"], ["jobs", "list"], ["enqueue", "compliance_pass", "-"], ["check"]] {
                let outcome = try await BuiltProgram.run(
                    command, environment: database.environment, input: #"{"controlId": "A"}"#)
                #expect(outcome.status == 78)
                #expect((outcome.error + outcome.output).contains("kushim-jira migrate"))
            }
        }
    }

    @Test(arguments: [
        ("{\"controlId\": \"A\",\n \"severity\": }", "standard input:2:14: not valid JSON"),
        ("", "standard input:1:1: not valid JSON"),
        ("[]", "payload: a JSON object"),
        ("{}", "payload.controlId: required text"),
        (
            #"{"controlId": "A", "controlTitle": "t", "severity": "urgent", "failureReason": "r"}"#,
            "payload.severity: one of critical, high, medium, low"
        ),
        (
            #"{"controlId": "A", "controlTitle": "t", "severity": "low", "failureReason": "r", "affectedSystems": "s"}"#,
            "payload.affectedSystems: an array of texts"
        ),
        (#"{"controlId": "A\u0000"}"#, "standard input"),
    ])
    func aMalformedPayload(_ payload: String, _ words: String) async throws {
        try await TestDatabase.with { database in
            let outcome = try await BuiltProgram.run(
                ["enqueue", "compliance_failure", "-"], environment: database.environment, input: payload)
            #expect(outcome.status == 65)
            #expect(outcome.error.contains(words))
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "0")
        }
    }

    @Test func oneRefusedLineAmongMany() async throws {
        try await TestDatabase.with { database in
            let lines = #"{"controlId": "A"}"# + "\n\n" + #"{"controlId": ""}"# + "\n" + #"{"controlId": "B"}"#
            let outcome = try await BuiltProgram.run(
                ["enqueue", "compliance_pass", "--lines", "-"], environment: database.environment, input: lines)
            #expect(outcome.status == 65)
            #expect(outcome.error.contains("standard input:3: payload.controlId"))
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "0")
        }
    }

    @Test func anUnknownKind() async throws {
        let outcome = try await BuiltProgram.run(["enqueue", "compliance_fail", "-"], input: "{}")
        #expect(outcome.status == 65)
        #expect(outcome.error.contains("compliance_failure, compliance_pass"))
        #expect(outcome.error.contains("did you mean compliance_failure?"))
    }

    @Test(arguments: [
        ["run", "--colour"], ["migrate", "--force"], ["enqueue"],
        ["jobs", "list", "--state", "lost"],
        ["jobs", "show", "seven"], ["enqueue", "compliance_pass", "-", "--priority", "101"],
        ["enqueue", "compliance_pass", "-", "--run-at", "soon"], ["migrate", "--status", "--dry-run"],
    ])
    func misuse(_ arguments: [String]) async throws {
        let outcome = try await BuiltProgram.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.error.hasPrefix("kushim-jira: usage: "))
        #expect(outcome.error.contains("\nhint: kushim-jira "))
        #expect(outcome.output == "")
    }

    @Test(arguments: [[], ["--explain"], ["--format", "text"]])
    func renderWarnsOfWhatThisPayloadLacksAndOnce(_ arguments: [String]) async throws {
        let scratch = try Scratch()
        let path = try scratch.file(
            "config.yaml", "tickets: {project: COMP, summary: \"{account.id} {owner}\", description: \"{regoin}\"}\n")
        let payload = #"""
            {"controlId": "A", "controlTitle": "t", "severity": "high", "failureReason": "r", "account": {"id": 7},
             "region": "eu"}
            """#
        let rendered = try await BuiltProgram.run(["render", "--config", path] + arguments, input: payload)
        #expect(rendered.status == 0)
        #expect(
            rendered.error.split(separator: "\n").map { $0.replacing("kushim-jira: warning: ", with: "") } == [
                "tickets.summary: {owner} is neither a variable of kushim-jira nor in the payload",
                "tickets.description: {regoin} is neither a variable of kushim-jira nor in the payload; did you mean {region}?",
            ])
        let checked = try await BuiltProgram.run(["config", "check", "--config", path])
        #expect(checked.error.contains("tickets.summary: {account.id} is no variable of kushim-jira"))
        #expect(checked.error.split(separator: "\n").count == 3)
    }

    @Test func withoutAFileThePayloadIsReadFromStandardInput() async throws {
        let payload = #"{"controlId": "A", "controlTitle": "t", "severity": "high", "failureReason": "r"}"#
        let outcome = try await BuiltProgram.run(
            ["render", "--format", "text"], environment: ["JIRA_DEFAULT_PROJECT_KEY": "COMP"], input: payload)
        #expect(outcome.status == 0 && outcome.output.contains("[A] t"))
        #expect(!outcome.error.contains("keyboard"))
        let nothing = try await BuiltProgram.run(["enqueue", "compliance_pass"], input: "")
        #expect(nothing.status == 65 && nothing.error.contains("standard input"))
    }

    @Test(arguments: [
        (["JIRA_DOMAIN": "acme.atlassian.net"], "JIRA_API_TOKEN"),
        (["JIRA_DOMAIN": "acme.atlassian.net", "JIRA_PAT": "t"], "Data Center token"),
        (["JIRA_TYPE": "clowd", "JIRA_DOMAIN": "acme.atlassian.net"], "JIRA_TYPE"),
    ])
    func jiraSettingsThatCannotWork(_ environment: [String: String], _ words: String) async throws {
        let outcome = try await BuiltProgram.run(["run"], environment: environment)
        #expect(outcome.status == 78)
        #expect(outcome.error.contains(words))
    }
}

extension TestDatabase {
    /// For the program: this database and nothing else.
    var environment: [String: String] { ["DATABASE_URL": configuration.conninfo] }
}
