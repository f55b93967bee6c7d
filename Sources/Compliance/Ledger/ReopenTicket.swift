import Jobs
import Postgres

/// Somebody reopened a ticket that the ledger has as done: its episode goes on, with the due date it had.
///
/// The index that lets one open episode exist refuses it (`SQLState.uniqueViolation`) where the next one was opened meanwhile.
struct ReopenTicket: Statement {
    static let sql = """
        WITH held AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.leases WHERE job_id = $1 AND fence = $2 FOR KEY SHARE
        ), reopened AS (
            UPDATE kushim_jira.tickets t
            SET state = 'open', resolved_at = NULL, resolved_at_estimated = false, resolution = NULL, status_seen_at = clock_timestamp(), reopened_by = held.job_id
            FROM held WHERE t.id = $3 AND t.state = 'done'
            RETURNING t.id
        )
        SELECT EXISTS (SELECT FROM held) FROM (SELECT count(*) FROM reopened) AS done
        """
    let job: ClaimedJob
    let ticketID: Int64

    var parameters: [any PostgresEncodable] { [job.id, job.fence, ticketID] }

    /// Whether the job is still this worker's.
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool {
        try columns.next()
    }
}
