import Jobs
import Postgres

/// Makes an episode this job's whose own job was given up while it was still being made: what that one sent must be looked
/// for before anything is sent again, and only whoever has the row does that.
struct TakeOverEpisode: Statement {
    static let sql = """
        WITH held AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.leases WHERE job_id = $1 AND fence = $2 FOR KEY SHARE
        )
        UPDATE kushim_jira.tickets t SET job_id = held.job_id FROM held
        WHERE t.id = $3 AND t.job_id = $4 AND t.state = 'creating'
          AND NOT EXISTS (SELECT FROM kushim_jira.jobs o WHERE o.id = t.job_id
                          AND NOT EXISTS (SELECT FROM kushim_jira.finished x WHERE x.job_id = o.id))
        RETURNING t.id
        """
    let job: ClaimedJob
    let episode: Episode

    var parameters: [any PostgresEncodable] { [job.id, job.fence, episode.id, episode.jobID] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 {
        try columns.next()
    }
}
