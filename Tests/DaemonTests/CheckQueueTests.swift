import TestSupport
import Testing

@Suite struct CheckQueueTests {
    @Test func whatIsWrongWithTheQueueIsToldWithItsRemedy() async throws {
        try await TestDatabase.with { database in
            func check() async throws -> BuiltProgram.Outcome {
                try await BuiltProgram.run(["check", "--queue"], environment: database.environment)
            }
            _ = try await database.query("INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('notification', '{}')")
            #expect(try await check().output.contains("Queue: every job is in exactly one place"))
            _ = try await database.query("DELETE FROM kushim_jira.ready")
            let found = try await check()
            #expect(
                found.output.contains("Queue: job 1 (notification of default) is neither waiting nor in hand nor ended")
            )
            #expect(found.output.contains("INSERT INTO kushim_jira.ready"))
            #expect(found.status == 1)
        }
    }

    @Test func aLoginThatInheritsNothingIsRefusedByCheckAndAtTheStart() async throws {
        try await TestDatabase.with { database in
            try await database.withLogin(["kushim_jira_worker"], options: "NOINHERIT") { login, configuration in
                let environment = ["DATABASE_URL": configuration.conninfo]
                let check = try await BuiltProgram.run(["check"], environment: environment)
                #expect(check.output.contains("inherits nothing from it"))
                #expect(check.output.contains("ALTER ROLE \"\(login)\" SET role = kushim_jira_worker"))
                let daemon = try await BuiltProgram.run(["run"], environment: environment)
                #expect(daemon.status == 77 && daemon.error.contains("inherits nothing from it"))

                _ = try await database.query("ALTER ROLE \(login) SET role = kushim_jira_worker")
                let mended = try await BuiltProgram.run(["check"], environment: environment)
                #expect(mended.output.contains("may work as kushim_jira_worker"))
            }
        }
    }
}
