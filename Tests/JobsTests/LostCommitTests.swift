import Foundation
import Jobs
import Logging
import Postgres
import TestSupport
import Testing

@Suite("A commit whose answer is lost")
struct LostCommitTests {
    /// The server waits for a standby that does not exist after each commit is on its disk and before it says so. Whoever is
    /// ended while it waits has committed, and its client does not know.
    private func waitForStandby(_ waits: Bool, _ session: PostgresConnection) async throws {
        try await session.execute(sql: "ALTER SYSTEM SET synchronous_standby_names = '\(waits ? "nobody" : "")'")
        try await session.execute(sql: "SELECT pg_reload_conf()")
        try await eventually("the setting is in force") {
            try await session.text(sql: "SHOW synchronous_standby_names") == [[waits ? "nobody" : ""]]
        }
    }

    @Test(
        "A settlement that came through is seen as done: its effects and follow-up jobs are there once",
        .timeLimit(.minutes(2)))
    func settlement() async throws {
        try await PrivatePostgres.with { server in
            try await server.migrate()
            let pool = PostgresPool(server.configuration, size: 6, acquisitionLimit: .seconds(20), logger: .quiet)
            let session = try await PostgresConnection.connect(server.configuration, logger: .quiet)
            try await session.execute(sql: "SET synchronous_commit = local")
            try await session.execute(sql: Note.table)
            let (gate, runs) = (Gate(), Notes<Int64>())
            let worker = Worker(
                pool: pool, postgres: server.configuration,
                handlers: [
                    Toy { job, _ in
                        runs.add(job.id)
                        try await gate.pass()
                        // Without a unique key: nothing but the fence keeps a second one away.
                        return .completed([
                            Note(text: "settled"), NewJob(kind: "recheck", payload: "{}", runAfter: .seconds(3_600)),
                        ])
                    }
                ],
                configuration: .quick { $0.lease = .seconds(60) }, logger: .quiet)
            _ = try await JobQueue(pool: pool).enqueue([NewJob(kind: "notification", payload: "{}")])
            let run = Task { try await worker.run() }
            try await eventually("the job is in hand") { runs.count == 1 }

            try await waitForStandby(true, session)
            gate.open()
            let waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'"
            try await eventually("the settlement is committed and not yet answered") {
                try await session.text(sql: "SELECT count(*) \(waiting)") == [["1"]]
            }
            #expect(try await session.text(sql: "SELECT count(*) FROM kushim_jira.finished") == [["0"]])
            try await session.execute(sql: "SELECT pg_terminate_backend(pid) \(waiting)")
            try await waitForStandby(false, session)

            worker.drain()
            try await run.value
            #expect(runs.count == 1)
            #expect(
                try await session.text(
                    sql: """
                        SELECT (SELECT count(*) FROM public.notes), (SELECT count(*) FROM kushim_jira.jobs WHERE kind = 'recheck'),
                               (SELECT count(*) FROM kushim_jira.attempts), (SELECT string_agg(state, ',') FROM kushim_jira.finished)
                        """) == [["1", "1", "1", "completed"]])
            await session.close()
            await pool.close()
        }
    }
}
