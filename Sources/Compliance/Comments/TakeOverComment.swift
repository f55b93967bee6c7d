import Jobs
import Postgres

/// Makes a comment this job's whose own job ended before it was posted, or before it was known to be.
struct TakeOverComment: Statement {
    static let sql = """
        WITH held AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.leases WHERE job_id = $1 AND fence = $2 FOR KEY SHARE
        )
        UPDATE kushim_jira.comments c SET job_id = held.job_id FROM held
        WHERE c.id = $3 AND c.job_id = $4 AND c.state = 'intended'
          AND NOT EXISTS (SELECT FROM kushim_jira.jobs o WHERE o.id = c.job_id
                          AND NOT EXISTS (SELECT FROM kushim_jira.finished x WHERE x.job_id = o.id))
        RETURNING c.id
        """
    let job: ClaimedJob
    let comment: StartedComment

    var parameters: [any PostgresEncodable] { [job.id, job.fence, comment.id, comment.jobID] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 {
        try columns.next()
    }
}
