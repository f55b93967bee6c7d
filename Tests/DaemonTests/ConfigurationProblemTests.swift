import Testing

@testable import Daemon

/// What the operator reads when the file is wrong.
@Suite struct ConfigurationProblemTests {
    private func problems(_ yaml: String, environment: [String: String] = [:]) throws -> [String] {
        let scratch = try Scratch()
        let path = try scratch.file("config.yaml", yaml)
        do {
            _ = try LoadedConfiguration.load(path: path, environment: environment)
            return []
        } catch {
            return error.problems.map { $0.line.replacing(scratch.path + "/", with: "") }
        }
    }

    @Test(arguments: [
        ("worker:\n  concurency: 3\n", "config.yaml:2: worker.concurency: unknown key; did you mean concurrency?"),
        ("wroker:\n  concurrency: 3\n", "config.yaml:1: wroker: unknown key; did you mean worker?"),
        ("concurrency: 3\n", "config.yaml:1: concurrency: unknown key; it belongs under worker"),
        (
            "worker:\n  concurrency: many\n",
            "config.yaml:2: worker.concurrency: \"many\" is not a whole number; use a whole number from 1 to 4096"
        ),
        (
            "worker:\n  concurrency: 0\n",
            "config.yaml:2: worker.concurrency: 0 is out of range; use a whole number from 1 to 4096"
        ),
        (
            "worker:\n  concurrency: [1, 2]\n",
            "config.yaml:2: worker.concurrency: is a list; write one value after the colon"
        ),
        (
            "worker:\n\n  lease: 30\n",
            "config.yaml:3: worker.lease: \"30\" is not a duration; write a number and s, m, h or d, such as 30s or 24h"
        ),
        ("worker:\n  lease: 1s\n", "config.yaml:2: worker.lease: 1s is out of range; use 5s to 1h"),
        (
            "jira:\n  settling_time: 1m\n",
            "config.yaml:2: jira.settling_time: is shorter than a request can live: 80s with this worker.lease and"
                + " jira.request_timeout; raise it above that by what Jira may need to carry out a request; the default is 2m"
        ),
        ("worker: 5\n", "config.yaml:1: worker: is a single value; write its settings under it, indented"),
        (
            "http:\n  listen: 127.0.0.1\n",
            "config.yaml:2: http.listen: \"127.0.0.1\" has no port; write HOST:PORT, such as 127.0.0.1:9464 or [::1]:9464, or off"
        ),
        (
            "recheck:\n  on_resolved: perhaps\n",
            "config.yaml:2: recheck.on_resolved: \"perhaps\" is neither true nor false; use true or false"
        ),
        (
            "jira:\n  type: sever\n",
            "config.yaml:2: jira.type: \"sever\" is not one of cloud, server; did you mean server?"
        ),
        (
            "tickets:\n  per_hour: 1.5\n",
            "config.yaml:2: tickets.per_hour: is \"1.5\" where a whole number is expected; write digits alone"
        ),
        (
            "tickets:\n  rules: {match: {}}\n",
            "config.yaml:2: tickets.rules: is a map where a list is expected; begin each entry with a dash, `- `"
        ),
        ("- worker\n", "config.yaml:1: the file is a list; write settings as `section:` with `key: value` under it"),
        (
            "worker:\n  lease: 30s\n  lease: 40s\n",
            "config.yaml:3: lease: the key stands twice in the same map, first in line 2; keep one of them"
        ),
    ])
    func namesFileLineAndRemedy(_ yaml: String, _ expected: String) throws {
        #expect(try problems(yaml) == [expected])
    }

    @Test(arguments: [
        (
            "  labels: [compliance, ]\n  components: [null]\n", 3,
            "components[0]: holds nothing; write a value or take it out"
        ),
        ("  labels:\n    - soc2\n    -\n", 4, "labels[1]: holds nothing; write a value or take it out"),
        ("  rules:\n    -\n", 3, "rules[0]: holds nothing; write a value or take it out"),
        (
            "  rules:\n    - match: {severity: [high, urgent]}\n", 3,
            "rules[0].match.severity[1]: \"urgent\" is not one of critical, high, medium, low; use one of them"
        ),
        (
            "  rules:\n    - match: {integration: [AWS, 5]}\n", 3,
            "rules[0].match.integration[1]: is \"5\" where a text is expected; put it in quotes"
        ),
        (
            "  label_integration: \"true\"\n", 2,
            "label_integration: is \"true\" where true or false is expected; write it without quotes"
        ),
        (
            "  per_hour: \"50\"\n", 2,
            "per_hour: is \"50\" where a whole number is expected; write it without quotes"
        ),
    ])
    func aWrongValueIsSaidInWordsOfYAML(_ lines: String, _ line: Int, _ expected: String) throws {
        #expect(try problems("tickets:\n" + lines) == ["config.yaml:\(line): tickets.\(expected)"])
    }

    @Test(arguments: [
        ("summary: {controlId}", 2, "summary", "{controlId}"),
        ("summary: [{controlId}]", 2, "summary", "[{controlId}]"),
        ("assignee: {owner|jane@acme.com}", 2, "assignee", "{owner|jane@acme.com}"),
        ("fields:\n    customfield_10001: {controlId}", 3, "fields.customfield_10001", "{controlId}"),
        ("fields:\n    customfield_10002: {option: {framework}}", 3, "fields.customfield_10002.option", "{framework}"),
        ("fields:\n    customfield_10003: [{framework}, Audit]", 3, "fields.customfield_10003[0]", "{framework}"),
        ("fields:\n    customfield_10004: {name: {team}}", 3, "fields.customfield_10004.name", "{team}"),
    ])
    func aVariableWithoutQuotesIsAMapToYAML(_ setting: String, _ line: Int, _ key: String, _ text: String) throws {
        #expect(
            try problems("tickets:\n  \(setting)\n") == [
                "config.yaml:\(line): tickets.\(key): \(text) is no text to YAML; put it in quotes: \"\(text)\""
            ])
    }

    @Test func whatNeedsNoQuotesInAFieldIsNotComplainedOf() throws {
        #expect(
            try problems(
                """
                tickets:
                  fields:
                    customfield_10001: {id: "5", child: {id: "7"}}
                    customfield_10002: {}
                    customfield_10003: []
                    customfield_10004:
                """) == [])
    }

    @Test(arguments: [
        ("issue_type: \"\"", 2, "issue_type"), ("issue_type: \" \"", 2, "issue_type"),
        ("rules:\n    - project: \"\"", 3, "rules[0].project"),
        ("rules:\n    - issue_type: ''", 3, "rules[0].issue_type"),
    ])
    func aNameThatJiraMustKnowIsNotEmpty(_ setting: String, _ line: Int, _ key: String) throws {
        #expect(
            try problems("tickets:\n  \(setting)\n") == [
                "config.yaml:\(line): tickets.\(key): is empty; give a name or leave it out"
            ])
    }

    private func warnings(_ yaml: String) throws -> [String] {
        let scratch = try Scratch()
        return try LoadedConfiguration.load(path: scratch.file("config.yaml", yaml), environment: [:]).warnings
    }

    @Test func whatIsWrittenAndDecidesNothingIsWarnedOf() throws {
        #expect(
            try warnings(
                """
                tickets:
                  components: [Security]
                  minimum_severity: high
                  fields:
                    summary: "{controlId}"
                    issuetype: Bug
                    labels: [audit]
                    priority: P1
                    duedate: 2027-01-01
                    components: Cloud
                    assignee: jane@acme.com
                    reporter: jane@acme.com
                    controlId: customfield_10001
                    customfield_10002: customfield_10003
                  rules:
                    - {match: {integration: []}, project: A}
                    - {match: {severity: [low, medium]}, project: B}
                    - {match: {control: "*", severity: [high, critical]}, project: C}
                    - {match: {integration: AWS}, project: D}
                """) == [
                    "tickets.fields.components has no effect: tickets.components decides",
                    "tickets.fields.controlId is no field of Jira; the field comes first: customfield_10001: \"{controlId}\"",
                    "tickets.fields.duedate has no effect: sla.due decides",
                    "tickets.fields.issuetype has no effect: tickets.issue_type decides",
                    "tickets.fields.labels has no effect: tickets.labels decides",
                    "tickets.fields.priority has no effect: tickets.priorities decides",
                    "tickets.fields.summary has no effect: tickets.summary decides",
                    "tickets.rules[0] never decides: its match.integration is an empty list",
                    "tickets.rules[1] never decides: tickets.minimum_severity is high",
                    "tickets.rules[3] never decides: tickets.rules[2] fits every failure before it",
                ])
    }

    @Test func whatDecidesSomethingIsNotWarnedOf() throws {
        #expect(
            try warnings(
                """
                tickets:
                  priorities: {low: ""}
                  assignee: ""
                  fields: {priority: P4, assignee: "{owner}", components: [Cloud], parent: COMP-1}
                  rules:
                    - {match: {control: "AWS_*"}, project: A}
                    - {match: {severity: [critical, high]}, project: B}
                    - {match: {integration: "*"}, project: C}
                    - {project: D}
                """) == [])
    }

    @Test(arguments: ["75", "0.75", "true"])
    func aThresholdWithoutUnitIsQuoted(_ value: String) throws {
        let found = try problems("sla:\n  alerts: [\(value)]\n")
        #expect(
            found.first?.hasPrefix("config.yaml:2: sla.alerts[0]: \"\(value)\" is not a threshold") == true, "\(found)")
        let span = try problems("tickets:\n  quiet_for: \(value)\n")
        #expect(span.first?.hasPrefix("config.yaml:2: tickets.quiet_for: \"\(value)\" is not a duration") == true)
    }

    @Test(arguments: [
        (
            "tickets.project: COMP\n",
            "config.yaml:1: tickets.project: a dot does not lead into a section; write `tickets:` with `project:` under it,"
                + " indented"
        ),
        (
            "database.url: postgresql:///kushim\n",
            "config.yaml:1: database.url: a dot does not lead into a section; write `database:` with `url:` under it,"
                + " indented"
        ),
        (
            "tickets:\n  deduplication.window: 24h\n",
            "config.yaml:2: tickets.deduplication.window: a dot does not lead into a section; write `deduplication:` with"
                + " `window:` under it, indented"
        ),
        (
            "tickets:\n  rules:\n    - integration: AWS\n      project: INFRA\n",
            "config.yaml:3: tickets.rules[0].integration: unknown key; it belongs under match"
        ),
        ("tickets:\n  window: 24h\n", "config.yaml:2: tickets.window: unknown key; it belongs under deduplication"),
        ("labels: [soc2]\n", "config.yaml:1: labels: unknown key; it belongs under tickets"),
        ("due: {high: 5d}\n", "config.yaml:1: due: unknown key; it belongs under sla"),
        (
            "tickets:\n  rules:\n    - &aws {match: {integration: AWS}, project: INFRA}\n    - {<<: *aws, project: DEV}\n",
            "config.yaml:4: tickets.rules[1].<<: unknown key; maps are not merged here: write out what it would bring"
        ),
    ])
    func aKeyAtTheWrongPlaceIsToldWhereItBelongs(_ yaml: String, _ expected: String) throws {
        #expect(try problems(yaml) == [expected])
    }

    @Test func aTimeZoneThatIsNotKnownIsAWarningSincePostgreSQLDecides() throws {
        func warnings(_ zone: String) throws -> [String] { try self.warnings("sla: {time_zone: \(zone)}") }
        #expect(
            try warnings("Mars/Olympus").first?.hasPrefix("sla.time_zone: \"Mars/Olympus\" is no time zone") == true)
        for zone in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"] {
            #expect(try warnings(zone) == [])
        }
    }

    @Test(arguments: ["UTC+2", "gmt-5", "\"+02:00\"", "\"-5\""])
    func anOffsetIsNoTimeZoneSincePostgreSQLReadsItTheOtherWayRound(zone: String) throws {
        let found = try problems("sla: {time_zone: \(zone)}\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("config.yaml:1: sla.time_zone: ") == true, "\(found)")
        #expect(found.first?.contains("use a name such as Europe/Berlin, or Etc/GMT-2") == true, "\(found)")
    }

    /// 300 bytes that stand for 3,486,784,401 values.
    @Test func aliasesOfAliasesDoNotFillTheMemory() throws {
        let levels = (1..<10).map { level in
            "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",") + "]\n"
        }
        let found = try problems("a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + levels.joined())
        #expect(
            found == [
                "config.yaml:1: the file has more than 100000 values, those that aliases stand for included;"
                    + " write out what is meant instead of an alias (*name)"
            ])
    }

    @Test func brokenYAMLNamesItsLine() throws {
        let found = try problems("worker:\n  lease: 30s\n concurrency: 3\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("config.yaml:3: not valid YAML: ") == true)
    }

    @Test(arguments: [
        ("tickets:\n\tproject: COMP\n", 2, "indent with spaces, YAML takes no tabs"),
        ("tickets:\n  assignee: @cloud-team\n", 2, "put what begins with @ in quotes"),
        ("tickets:\n  assignee: `jane`\n", 2, "put what begins with ` in quotes"),
        ("sla:\n  alerts: [%75]\n", 2, "put what begins with % in quotes"),
        ("tickets:\n  disabled_controls: [*]\n", 2, "put what begins with * in quotes"),
        ("tickets:\n  disabled_controls: [*_MFA]\n", 2, "put what begins with * in quotes"),
        ("tickets:\n  rules:\n    - match: {control: *}\n", 3, "put what begins with * in quotes"),
        (
            "tickets:\n  summary: [{controlId}] {controlTitle} - Compliance Failure\n", 2,
            "put the whole value in quotes: '[{controlId}] {controlTitle} - Compliance Failure'"
        ),
        (
            "tickets:\n  fields:\n    customfield_10001: {controlId} of {account.id}\n  project: COMP\n", 3,
            "put the whole value in quotes: '{controlId} of {account.id}'"
        ),
        (
            "tickets:\n  summary: \"{controlId}\" failed\n", 2,
            "put the whole value in quotes: '\"{controlId}\" failed'"
        ),
        ("tickets:\n  summary: Failed: {controlId}\n", 2, "put the whole value in quotes: 'Failed: {controlId}'"),
        (
            "tickets:\n  project: COMP\n issue_type: Bug\n", 3,
            "check indentation, colons and quotes here and in the line above"
        ),
    ])
    func brokenYAMLIsMendedByWhatItLacks(_ yaml: String, _ line: Int, _ remedy: String) throws {
        let found = try problems(yaml)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("config.yaml:\(line): not valid YAML: ") == true, "\(found)")
        #expect(found.first?.hasSuffix("; " + remedy) == true, "\(found)")
    }

    @Test(arguments: [
        ("tickets:\n  project: COMP\n  labels: []\nsla: {}\n\n\ntickets:\n  project: SEC\n", "7: tickets", 1),
        (
            "tickets:\n  rules:\n    - project: A\n      match: {integration: AWS}\n      project: B\n",
            "5: project", 3
        ),
        ("tickets:\n  \"project\": A\n  description: |\n    project: none\n  project : B\n", "5: project", 2),
        ("tickets: {project: A, labels: [], project: B}\n", "1: project", 0),
    ])
    func aKeyThatStandsTwiceIsNamedWithBothLines(_ yaml: String, _ place: String, _ first: Int) throws {
        let former = first == 0 ? "" : ", first in line \(first)"
        #expect(
            try problems(yaml) == [
                "config.yaml:\(place): the key stands twice in the same map\(former); keep one of them"
            ])
    }

    @Test func allProblemsAreListedInReadingOrder() throws {
        let yaml = "worker:\n  lease: 5x\n  concurrency: -1\nhttp:\n  lisen: off\nrecheck:\n  on_resolved: 7\n"
        let found = try problems(yaml, environment: ["KUSHIM_JIRA_LOG_LEVEL": "loud"])
        #expect(
            found.map { String($0.prefix { $0 != " " }) } == [
                "environment:", "config.yaml:2:", "config.yaml:3:", "config.yaml:5:", "config.yaml:7:",
            ])
    }

    @Test func aMissingFileIsAProblemOnlyWhenItWasNamed() throws {
        let scratch = try Scratch()
        #expect(throws: InvalidConfiguration.self) {
            try LoadedConfiguration.load(path: scratch.path + "/none.yaml", environment: [:])
        }
        let loaded = try LoadedConfiguration.load(path: nil, environment: [:], defaultPath: scratch.path + "/none.yaml")
        #expect(loaded.path == nil)
        #expect(loaded.configuration.worker.concurrency == 64)
    }

    @Test func anEmptyFileIsAllDefaults() throws {
        #expect(try problems("") == [])
        #expect(try problems("# nothing yet\n") == [])
        #expect(try problems("worker:\n") == [])
        #expect(try problems("jira:\n  requests_per_hour: null\n") == [])
    }

    @Test func valuesCannotForgeLines() throws {
        let found = try problems("", environment: ["KUSHIM_JIRA_LOG_LEVEL": "x\nenvironment: all is well"])
        #expect(found.count == 1)
        #expect(found.first?.contains("\n") == false)
    }

    @Test(arguments: [
        (["JIRA_API_TOKEN": "t0ken"], "configuration: JIRA_DOMAIN: is not set; "),
        (["JIRA_DOMAIN": "acme.atlassian.net", "JIRA_API_TOKEN": "t0ken"], "configuration: JIRA_EMAIL: is not set; "),
        (["JIRA_DOMAIN": "acme.atlassian.net"], "configuration: JIRA_API_TOKEN: is not set; "),
        (["JIRA_DOMAIN": "jira.acme.com"], "configuration: JIRA_PAT: is not set; "),
        (["JIRA_DOMAIN": "acme.atlassian.net", "JIRA_PAT": "t0ken"], "environment: JIRA_PAT: is a Data Center token"),
        (
            ["JIRA_DOMAIN": "acme.atlassian.net", "JIRA_TYPE": "server", "JIRA_PAT": "t0ken"],
            "environment: JIRA_TYPE: says server, but acme.atlassian.net is Jira Cloud; "
        ),
        (
            ["JIRA_BASE_URL": "http://jira.acme.com", "JIRA_PAT": "t0ken"],
            "environment: JIRA_BASE_URL: is a plain http:// "
        ),
        (
            ["JIRA_DOMAIN": "acme.atlassian.net", "JIRA_EMAIL": "nobody"],
            "environment: JIRA_EMAIL: \"nobody\" is not an e-mail"
        ),
        (["SLACK_WEBHOOK_URL": "hooks.slack.com/t0ken"], "environment: SLACK_WEBHOOK_URL: is not an https URL; "),
        (
            ["KUSHIM_JIRA_ENCRYPTION_KEY": "c2hvcnQ="],
            "environment: KUSHIM_JIRA_ENCRYPTION_KEY: the key is 5 bytes, not 32 bytes in base64; "
        ),
    ])
    func combinationsThatDoNotFit(_ environment: [String: String], _ expected: String) throws {
        let found = try problems("", environment: environment)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(expected) == true, "\(found)")
        #expect(!found.joined().contains("t0ken"))
    }
}
