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

    /// Its place was deleted, or triggers were off when it was inserted.
    @Test(arguments: [
        "DELETE FROM kushim_jira.ready WHERE job_id = 2",
        """
        ALTER TABLE kushim_jira.jobs DISABLE TRIGGER USER;
        INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('notification', '{}');
        ALTER TABLE kushim_jira.jobs ENABLE TRIGGER USER
        """,
    ])
    func aJobThatIsNowhereIsToldByJobsShowAndByAPlainCheck(damage: String) async throws {
        try await TestDatabase.with { database in
            func run(_ arguments: String...) async throws -> BuiltProgram.Outcome {
                try await BuiltProgram.run(arguments, environment: database.environment)
            }
            let insert = "INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('notification', '{}')"
            for _ in 1...2 { _ = try await database.query(insert) }
            _ = try await database.query(
                "INSERT INTO kushim_jira.jobs (kind, payload, run_at) VALUES ('notification', '{}', now() + '1 h')")
            #expect(try await run("check").output.contains("each of the newest 5000 jobs has its place"))
            _ = try await database.query(damage)
            let lost = try await database.value(
                "SELECT max(id) FROM kushim_jira.jobs j WHERE NOT EXISTS (SELECT FROM kushim_jira.ready r WHERE r.job_id = j.id) AND id <> 3"
            )
            let id = try #require(lost)
            let shown = try await run("jobs", "show", id).output
            #expect(shown.contains("has no place in the queue") && shown.contains("check --queue"), "\(shown)")
            #expect(try await !run("jobs", "show", "1").output.contains("has no place"))
            #expect(try await !run("jobs", "show", "3").output.contains("has no place"))
            let check = try await run("check")
            #expect(
                check.output.contains("1 have no place in the queue") && check.output.contains("job \(id)"), "\(check)")
            #expect(check.status == 1)
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
