import Foundation
import TestSupport
import Testing

@Suite struct ConnectionsCommandTests {
    private func environment(_ database: TestDatabase, as role: String = "kushim_jira_worker") -> [String: String] {
        [
            "DATABASE_URL": "\(database.configuration.conninfo) options='-c role=\(role)'",
            "JIRA_DOMAIN": "acme.atlassian.net", "JIRA_EMAIL": "kushim@acme.example", "JIRA_API_TOKEN": "visible-token",
            "JIRA_DEFAULT_PROJECT_KEY": "COMP",
        ]
    }

    @Test func pauseAndResumeAreShownListedAndRecorded() async throws {
        try await TestDatabase.with { database in
            func program(_ arguments: String...) async throws -> BuiltProgram.Outcome {
                try await BuiltProgram.run(["connections"] + arguments, environment: environment(database))
            }
            let open = try await program("list")
            #expect(open.status == 0 && open.error == "")
            #expect(open.output.contains("(environment)  open"))

            let paused = try await program("pause", "acme", "--reason", "they move")
            #expect(paused.status == 0)
            #expect(paused.output == "acme: paused; to go on: kushim-jira connections resume acme\n")
            #expect(paused.error.contains("no ticket and no waiting job is of a customer acme"))
            #expect(try await program("pause", "acme").output.contains("paused already"))
            #expect(try await program("list").output.contains("acme           paused"))
            let status = try await BuiltProgram.run(["status"], environment: environment(database))
            #expect(status.output.contains("paused: acme\n"))
            let shown = try await program("show", "acme")
            #expect(shown.output.contains("by admin ") && shown.output.contains("(they move)"))
            #expect(shown.output.contains("to go on: kushim-jira connections resume acme"))

            #expect(try await program("resume", "acme").output == "acme: goes on\n")
            #expect(try await program("resume", "acme").output == "acme: was not paused\n")
            let records = try await database.query(
                "SELECT action, customer_id, detail ->> 'paused' FROM kushim_jira.audit_log ORDER BY id")
            #expect(
                records == [["connection.changed", "acme", "true"], ["connection.changed", "acme", "false"]])
            #expect(try await program("pause", "").status == 64)
            #expect(try await program("set", "acme").status == 64, "comes with a later issue")
        }
    }

    @Test func showTellsWhatHoldsACustomerUpWordForWordAndNoSecret() async throws {
        try await TestDatabase.with { database in
            let reason = "Task in ACME requires Tier (customfield_10106)."
            let remedy = "Put into the configuration `tickets: {fields: {customfield_10106: \"Production\"}}`."
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.connections (customer_id, settings) VALUES
                ('acme', '{"tickets": {"project": "ACME", "rules": [{"match": {"control": "X"}, "project": "SEC"}]},
                           "slack": {"channels": {"high": "https://hooks.slack.com/visible"}}}'),
                ('broken', '{"sla": {"due": {"high": "soon"}}}')
                """)
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.gates (scope, customer_id, cause, reason, remedy, closed_until) VALUES
                ('jira https://acme.atlassian.net ACME/Task of acme', 'acme', 'configuration', '\(reason)', '\(remedy)', now() + '1 h')
                """)
            let environment = environment(database)
            let shown = try await BuiltProgram.run(["connections", "show", "acme"], environment: environment)
            #expect(shown.status == 0)
            for words in [
                "held up", reason, remedy, "https://acme.atlassian.net", "Cloud", "kushim@acme.example, API token •••",
                "tickets.project: ACME", "slack.channels.high: •••", "ACME/Task, SEC/Task",
            ] {
                #expect(shown.output.contains(words), "\(words)")
            }
            let json = try await BuiltProgram.run(["connections", "show", "acme", "--json"], environment: environment)
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            let connection = try #require(document["connection"] as? [String: Any])
            #expect(connection["state"] as? String == "held_up")
            let hindrances = try #require(connection["hindrances"] as? [[String: Any]])
            #expect(hindrances.map { $0["remedy"] as? String } == [remedy])
            #expect(!(shown.output + json.output).contains("visible"))

            let other = try await BuiltProgram.run(["connections", "show"], environment: environment)
            #expect(other.output.contains("none, those of the environment hold") && !other.output.contains(reason))
            let broken = try await BuiltProgram.run(["connections", "show", "broken"], environment: environment)
            #expect(broken.output.contains("sla.due.high: \"soon\" is not a duration"))
            #expect(broken.output.contains("tickets go to   unknown, its settings cannot be used\n"))
            let list = try await BuiltProgram.run(["connections", "list", "--json"], environment: environment)
            let states = try list.output.split(separator: "\n").map { line in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return "\(object?["customerID"] as? String ?? "-") \(object?["state"] as? String ?? "-")"
            }
            #expect(states == ["- open", "acme held_up", "broken held_up"])
        }
    }

    @Test func whatNoGateHoldsUpIsToldByAJobThatWaits() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.connections (customer_id, settings) VALUES
                ('zone', '{"tickets": {"project": "ACME", "summary": "{contolId}"}}'), ('nowhere', '{"tickets": null}'),
                ('deep', ('{"tickets": {"fields": {"a": ' || repeat('[', 600) || repeat(']', 600) || '}}}')::jsonb)
                """)
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.jobs (kind, customer_id, payload, run_at)
                VALUES ('compliance_pass', 'zone', '{"controlId": "A"}', now() + '1 h')
                """)
            let reason = "waiting: PostgreSQL cannot take a setting"
            _ = try await database.query("UPDATE kushim_jira.scheduled SET reason = '\(reason)'")
            let environment = environment(database)
            let list = try await BuiltProgram.run(["connections", "list"], environment: environment)
            let lines = list.output.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("zone ") && $0.contains(" open ") && $0.contains(reason) })
            #expect(
                lines.contains {
                    $0.hasPrefix("nowhere ") && $0.contains(" held up ") && $0.contains("no project is named")
                })
            let zone = try await BuiltProgram.run(["connections", "show", "zone"], environment: environment)
            #expect(zone.output.contains("wait for") && zone.output.contains(reason))
            #expect(zone.output.contains("warnings") && zone.output.contains("did you mean {controlId}?"))
            let deep = try await BuiltProgram.run(["connections", "show", "deep"], environment: environment)
            #expect(deep.output.contains("own settings    cannot be read") && deep.output.contains("nested deeper"))
            let nowhere = try await BuiltProgram.run(["connections", "show", "nowhere"], environment: environment)
            #expect(nowhere.output.contains("no project; set JIRA_DEFAULT_PROJECT_KEY, or tickets.project"))
            #expect(nowhere.output.contains("Set tickets.project for the customer"))
        }
    }

    @Test func aLoginThatMayNotPauseIsToldWhatItLacks() async throws {
        try await TestDatabase.with { database in
            for (role, command) in [
                ("kushim_jira_auditor", ["pause", "acme"]), ("kushim_jira_auditor", ["resume", "acme"]),
                ("kushim_jira_producer", ["pause", "acme"]),
            ] {
                let outcome = try await BuiltProgram.run(
                    ["connections"] + command, environment: environment(database, as: role))
                #expect(outcome.status == 77)
                #expect(outcome.error.contains("may not change kushim_jira: permission denied"))
                #expect(outcome.error.contains("hint: as the owner: GRANT kushim_jira_worker TO"))
            }
            let away = try await BuiltProgram.run(
                ["connections", "list"], environment: ["DATABASE_URL": "host=/nowhere/at/all"])
            #expect(away.status == 69)
        }
    }

    @Test func theDaemonsRoleCannotChangeWhatACustomersSettingsAre() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query("INSERT INTO kushim_jira.connections (customer_id) VALUES ('acme')")
            await #expect(throws: (any Error).self) {
                try await database.query(
                    "SET ROLE kushim_jira_worker; UPDATE kushim_jira.connections SET settings = '{}'")
            }
        }
    }
}
