import Foundation
import JiraSimulator
import TestSupport
import Testing

/// What `check` says of settings that a project takes only in part.
@Suite struct CheckSettingsTests {
    private static let settings = """
        tickets:
          project: COMP
          priorities: {critical: Blocker, high: high}
          components: [Security, Legal]
          assignee: nobody@acme-corp.com
          parent: COMP-999
          labels: [compliance]
          accepted_resolutions: ["won't do", "Wont Fix"]
          fields:
            customfield_10106: gold
            customfield_10107: "{framework}"
            customfield_10108: {option: "{severity}"}
            customfield_99999: "{controlId}"
            customfield_10103: "{controlTitle}"
          rules:
            - {match: {integration: AWS}, project: SEC, components: [Cloud], assignee: nobody, priority: P1}
        """

    private func check(
        _ jira: SimulatedJira, _ settings: String, _ arguments: [String] = [], _ database: TestDatabase
    ) async throws -> BuiltProgram.Outcome {
        let scratch = try Scratch()
        var environment = database.environment
        environment["JIRA_BASE_URL"] = jira.baseURL
        if jira.mode == .cloud {
            environment["JIRA_TYPE"] = "cloud"
            environment["JIRA_EMAIL"] = "admin@acme-corp.com"
            environment["JIRA_API_TOKEN"] = "simulator-token"
        } else {
            environment["JIRA_TYPE"] = "server"
            environment["JIRA_PAT"] = "simulator-pat"
        }
        let path = try scratch.file("config.yaml", settings)
        return try await BuiltProgram.run(["check", "--config", path] + arguments, environment: environment)
    }

    @Test(arguments: [SimulatedJira.Mode.cloud, .dataCenter])
    func whatWouldBeLeftOutIsAWarningWithWhatTheProjectTakes(mode: SimulatedJira.Mode) async throws {
        try await withSimulatedJira(SimulatedJira.Options(mode: mode)) { jira in
            try await TestDatabase.with { database in
                try jira.update(project: "SEC") { $0.hiddenFields = ["duedate"] }
                let outcome = try await check(jira, Self.settings, [], database)
                #expect(outcome.status == 0, "\(outcome.output)")
                let comp = "! Settings for COMP (Task): tickets."
                let sec = "! Settings for SEC (Task): "
                for line in [
                    comp
                        + "priorities.critical is left out: \"Blocker\" is not one of Highest, High, Medium, Low, Lowest",
                    comp + "components is left out: \"Legal\" is not one of Security, Infrastructure",
                    comp + "assignee is left out: there is nobody who can be assigned issues in COMP",
                    comp + "parent is left out: there is no issue COMP-999, or the account may not see it",
                    comp
                        + "fields.customfield_10106 is left out: \"gold\" is not one of Production, Staging, Development",
                    comp + "fields.customfield_10108 is left out: \"critical\" is not one of Yes, No",
                    comp + "fields.customfield_99999 is left out: not on the create screen of Task in COMP",
                    sec + "tickets.rules[0].components is left out: \"Cloud\" is not one of",
                    sec + "tickets.rules[0].assignee is left out: there is nobody",
                    sec + "tickets.rules[0].priority is left out: \"P1\" is not one of",
                    sec + "sla.due is left out: not on the create screen of Task in SEC",
                    "! Accepted resolutions: tickets.accepted_resolutions: no issue is closed as \"Wont Fix\"; Jira has Done,",
                ] {
                    #expect(outcome.output.contains(line), "\(line)\n\(outcome.output)")
                }
                // What depends on the failure, or is taken.
                for words in ["priorities.high", "customfield_10107", "customfield_10103", "labels"] {
                    #expect(!outcome.output.contains(words), "\(words)")
                }
                #expect(jira.issues.isEmpty && jira.counters.invalidRequests == 0)

                let json = try await check(jira, Self.settings, ["--json"], database)
                let document = try #require(
                    try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
                #expect(document["isSuccessful"] as? Bool == true)
                let steps = try #require(document["steps"] as? [[String: Any]])
                let warnings = steps.filter { $0["result"] as? String == "warning" }
                #expect(warnings.count == outcome.output.split(separator: "\n").count { $0.hasPrefix("!") })
            }
        }
    }

    @Test(arguments: [SimulatedJira.Mode.cloud, .dataCenter])
    func aRequiredFieldWhoseValueIsNotTakenIsAProblem(mode: SimulatedJira.Mode) async throws {
        try await withSimulatedJira(SimulatedJira.Options(mode: mode)) { jira in
            try await TestDatabase.with { database in
                try jira.update(project: "COMP") { $0.requiredFields = ["components", "customfield_10107"] }
                let settings = """
                    tickets:
                      project: COMP
                      components: [Legal]
                      fields: {customfield_10107: "{framework}"}
                    """
                let outcome = try await check(jira, settings, [], database)
                #expect(outcome.status == 1)
                #expect(
                    outcome.output.contains(
                        "Task in COMP requires Component/s (components), but \"Legal\" is not one of Security"),
                    "\(outcome.output)")
                #expect(outcome.output.contains(#"`tickets: {components: ["Security"]}`"#))

                let cured = settings.replacing("Legal", with: "Security")
                let good = try await check(jira, cured, [], database)
                #expect(good.status == 0)
                #expect(good.output.contains("Settings for COMP (Task): all that they name is taken"))
                let unfilled = try await check(jira, "tickets: {project: COMP}", [], database)
                #expect(unfilled.status == 1)
                #expect(unfilled.output.components(separatedBy: "requires Component/s").count == 2, "told once")
            }
        }
    }

    @Test func aCustomersOwnSettingsAreTried() async throws {
        try await withSimulatedJira(SimulatedJira.Options(mode: .cloud)) { jira in
            try await TestDatabase.with { database in
                _ = try await database.query(
                    """
                    INSERT INTO kushim_jira.connections (customer_id, settings)
                    VALUES ('acme', '{"tickets": {"project": "SEC", "components": ["Gold"]}}')
                    """)
                let outcome = try await check(jira, "tickets: {project: COMP}", ["--customer", "acme"], database)
                #expect(outcome.output.contains("! Settings for SEC (Task): tickets.components is left out: \"Gold\""))
                #expect(!outcome.output.contains("COMP (Task)"))
            }
        }
    }

    @Test(arguments: [SimulatedJira.Mode.cloud, .dataCenter])
    func aFieldThatIsCalledByItsNameIsToldItsId(mode: SimulatedJira.Mode) async throws {
        try await withSimulatedJira(SimulatedJira.Options(mode: mode)) { jira in
            try await TestDatabase.with { database in
                let settings = """
                    tickets:
                      project: COMP
                      fields: {evidence URL: "{evidenceUrl}", 10100: "{controlId}", Customfield_10106: Production, nothing: x,
                               customfield_10117: 2.0, customfield_10118: [1.0, 2.0], customfield_10103: 5}
                    """
                let outcome = try await check(jira, settings, [], database)
                let absent = "is left out: not on the create screen of Task in COMP"
                for words in [
                    "tickets.fields.evidence URL \(absent); did you mean customfield_10102, Evidence URL?\n",
                    "tickets.fields.10100 \(absent); did you mean customfield_10100, Control?\n",
                    "tickets.fields.Customfield_10106 \(absent); did you mean customfield_10106, Tier?\n",
                    "tickets.fields.nothing \(absent)\n",
                ] {
                    #expect(outcome.output.contains(words), "\(words)\n\(outcome.output)")
                }
                #expect(
                    outcome.output.split(separator: "\n").count { $0.hasPrefix("!") } == 4, "the versions are there")
            }
        }
    }

    @Test func aTimeZoneThatPostgreSQLDoesNotKnowIsAProblemAndSlipsOfACustomerAreWarnings() async throws {
        try await withSimulatedJira(SimulatedJira.Options(mode: .cloud)) { jira in
            try await TestDatabase.with { database in
                let words = "✗ Time zone: sla.time_zone: PostgreSQL says: time zone \"Berlin\" not recognized"
                let environments = try await check(
                    jira, "tickets: {project: COMP}\nsla: {time_zone: Berlin}", [], database)
                #expect(environments.status == 78 && environments.output.contains(words))
                _ = try await database.query(
                    """
                    INSERT INTO kushim_jira.connections (customer_id, settings) VALUES
                    ('acme', '{"sla": {"time_zone": "Berlin"}}'), ('good', '{"sla": {"time_zone": "europe/berlin"}}'),
                    ('slip', '{"tickets": {"summary": "{contolId}", "fields": {"summary": "x"}}}')
                    """)
                let acme = try await check(jira, "tickets: {project: COMP}", ["--customer", "acme"], database)
                #expect(acme.status == 78 && acme.output.contains(words))
                let good = try await check(jira, "tickets: {project: COMP}", ["--customer", "good"], database)
                #expect(good.status == 0 && !good.output.contains("Time zone"))
                let slip = try await check(jira, "tickets: {project: COMP}", ["--customer", "slip"], database)
                #expect(slip.status == 0)
                #expect(
                    slip.output.contains("! Settings: tickets.fields.summary has no effect: tickets.summary decides"))
                #expect(slip.output.contains("did you mean {controlId}?"))
            }
        }
    }

    @Test func aCustomersOwnWebhookIsTriedAndNotTheEnvironments() async throws {
        try await withSimulatedJira(SimulatedJira.Options(mode: .cloud)) { jira in
            try await TestDatabase.with { database in
                _ = try await database.query(
                    """
                    INSERT INTO kushim_jira.connections (customer_id, settings)
                    VALUES ('acme', '{"slack": {"webhook_url": "http://127.0.0.1:1/own", "channels": {"low": ""}}}')
                    """)
                let settings = "tickets: {project: COMP}\nslack: {channels: {low: \"http://127.0.0.1:2/theirs\"}}"
                let outcome = try await check(jira, settings, ["--customer", "acme", "--slack-test"], database)
                #expect(outcome.output.contains("✗ Slack: ") && outcome.output.contains("127.0.0.1:1"))
                #expect(!outcome.output.contains("127.0.0.1:2") && !outcome.output.contains("/own"))
            }
        }
    }
}
