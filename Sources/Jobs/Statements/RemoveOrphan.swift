import Postgres

/// Ends the lease on a job that has no row in `jobs`. No row comes back where there is one, or the lease is another's.
struct RemoveOrphan: Statement {
    static let sql = """
        WITH gone AS (
            DELETE FROM kushim_jira.leases l
            WHERE l.job_id = $1 AND l.fence = $2 AND NOT EXISTS (SELECT FROM kushim_jira.jobs j WHERE j.id = $1)
            RETURNING l.job_id
        ), freed AS (
            DELETE FROM kushim_jira.unique_jobs WHERE job_id IN (SELECT job_id FROM gone)
        )
        SELECT job_id FROM gone
        """
    let jobID: Int64
    let fence: Int64

    var parameters: [any PostgresEncodable] { [jobID, fence] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}
