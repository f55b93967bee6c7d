import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

private struct WriteLine: Statement {
    static let sql = "INSERT INTO public.lines VALUES ($1)"
    let job: Int64
    var parameters: [any PostgresEncodable] { [job] }
}

@Suite("Failover")
struct FailoverTests {
    @Test("A promotion in the midst of work is followed by the same connection string, and costs no job an attempt")
    func promotion() async throws {
        try await PrivatePostgres.with { primary in
            try await primary.migrate()
            try await primary.withStandby { standby in
                // The standby stands first, as it may in a list that does not know which is which.
                let configuration = PostgresConfiguration(
                    conninfo: "host=\(standby.directory),\(primary.directory) user=kushim dbname=postgres")
                let pool = PostgresPool(configuration, size: 8, acquisitionLimit: .seconds(20), logger: .quiet)
                let database = TestDatabase(name: "postgres", configuration: configuration, pool: pool)
                // So that what was committed is on the standby when the primary dies.
                for sql in [
                    "CREATE TABLE public.lines (job bigint)", "ALTER SYSTEM SET synchronous_standby_names = '*'",
                    "SELECT pg_reload_conf()",
                ] { _ = try await database.query(sql) }
                try await database.wait(for: "SHOW synchronous_standby_names", toBe: "*")
                try await database.enqueue(300)
                let worker = database.worker { job, _ in
                    _ = try await pool.execute(WriteLine(job: job.id))
                    return .completed()
                }
                try await database.running(worker) {
                    try await eventually("some are done") {
                        Int(try await database.value("SELECT count(*) FROM public.lines") ?? "") ?? 0 > 20
                    }
                    try await primary.stop("immediate")
                    try await standby.promote()
                    try await eventually("all are done") {
                        let left = try? await database.value(
                            "SELECT count(*) FROM kushim_jira.job_status WHERE state <> 'completed'")
                        return left == "0"
                    }
                }
                #expect(
                    try await database.query(
                        "SELECT DISTINCT attempt, outcome FROM kushim_jira.attempts WHERE outcome <> 'lost'")
                        == [["1", "completed"]])
                await pool.close()
            }
        }
    }
}
