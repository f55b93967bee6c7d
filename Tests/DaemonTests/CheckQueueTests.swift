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
}
