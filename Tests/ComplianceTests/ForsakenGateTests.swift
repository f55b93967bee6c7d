import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

/// A gate of which no job knows any more is not shown to an operator for ever.
@Suite("Forsaken gates")
struct ForsakenGateTests {
    @Test("Once the settings name another issue type or project, the gate of the wrong one is opened, and said to be")
    func corrected() async throws {
        try await Scene.with(configure: { $0.tickets.issueType = "Taks" }) { scene in
            for number in 1...5 { try await scene.fail("CC\(number)") }
            try await scene.running {
                try await eventually("shut") { try await scene.actions()["connection.blocked"] == 1 }
            }
            var corrected = scene
            corrected.configuration.tickets.issueType = "Task"
            try await corrected.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 5)
            #expect(
                try await scene.database.pool.execute(ListShutGates()).map(\.customerID) == ["acme"],
                "nobody has tried it since")

            let opening = OpenForsakenGates(grace: .zero, actor: "worker test (0.0)")
            let scopes = try await scene.database.pool.execute(opening)
            #expect(scopes.count == 1 && scopes[0].hasSuffix(" COMP/Taks"), "\(scopes)")
            #expect(try await scene.database.pool.execute(ListShutGates()).isEmpty)
            #expect(
                try await scene.database.query(
                    "SELECT detail ->> 'reason', actor FROM kushim_jira.audit_log WHERE action = 'connection.opened'")
                    == [["nothing waits for it any more", "worker test (0.0)"]])
            #expect(try await scene.database.pool.execute(opening) == [])
        }
    }

    @Test("What is shut, tried, or was to be tried a moment ago stays as it is")
    func needed() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.gates (scope, customer_id, cause, reason, closed_until, probing) VALUES
                ('shut', 'acme', 'configuration', 'r', clock_timestamp() + interval '1 minute', false),
                ('tried', 'acme', 'credentials', 'r', clock_timestamp() + interval '20 s', true),
                ('moment', 'acme', 'unavailable', 'r', clock_timestamp() - interval '1 minute', false),
                ('limits', 'acme', 'rate_limited', 'r', clock_timestamp() - interval '30 minutes', false),
                ('forsaken', 'acme', 'credentials', 'r', clock_timestamp() - interval '3 minutes', false),
                ('forsaken too', 'acme', 'rate_limited', 'r', clock_timestamp() - interval '2 hours', true)
                """)
            let scopes = try await database.pool.execute(OpenForsakenGates(grace: .seconds(120), actor: "test"))
            #expect(scopes.sorted() == ["forsaken", "forsaken too"])
            #expect(
                try await database.value("SELECT count(*) FROM kushim_jira.audit_log") == "0",
                "their shutting was not told")
        }
    }
}
