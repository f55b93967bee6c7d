import FoundationEssentials
import Jobs
import Postgres

/// The control passes and has no ticket: a failure from before that still waits for one ends when it comes to it.
///
/// Committed before the ledger is asked once more, as a failure commits its intent before `MarkSent` asks for a pass: of the two
/// at least one sees the other.
struct NotePass: Statement {
    static let sql = """
        INSERT INTO kushim_jira.passes AS p (customer_id, control_id, resource, passed_at, inserted_at, job_id)
        SELECT j.customer_id, $3, $4, $5, j.created_at, j.id
        FROM kushim_jira.jobs j JOIN kushim_jira.leases l ON l.job_id = j.id
        WHERE j.id = $1 AND l.fence = $2
        ON CONFLICT (customer_id, control_id, resource) DO UPDATE
        SET passed_at = excluded.passed_at, inserted_at = excluded.inserted_at, job_id = excluded.job_id
        WHERE excluded.passed_at >= p.passed_at
        """
    let job: ClaimedJob
    let controlID: String
    let resource: String
    let passedAt: Date

    var parameters: [any PostgresEncodable] { [job.id, job.fence, controlID, resource, passedAt] }
}
