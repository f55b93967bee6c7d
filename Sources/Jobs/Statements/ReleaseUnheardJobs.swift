import FoundationEssentials
import Postgres

/// Puts back what this worker claimed without ever hearing of it, because the connection broke before the answer. Only to be sent
/// while no claim is under way.
struct ReleaseUnheardJobs: Statement {
    static let sql = """
        WITH gone AS (
            DELETE FROM kushim_jira.leases WHERE worker_id = $1 AND fence <> ALL ($2) RETURNING *
        ), again AS (
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, customer_id, kind, priority, attempt, losses, snoozes FROM gone ORDER BY job_id
            RETURNING job_id
        )
        SELECT count(*) FROM again
        """
    let workerID: UUID
    /// Of the jobs it knows of.
    let fences: [Int64]

    var parameters: [any PostgresEncodable] { [workerID, fences] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}
