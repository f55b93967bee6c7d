import FoundationEssentials
import Jobs
import Postgres

/// Makes an episode this job's that another's failure opened: where that job was given up while the ticket was still being made, and
/// where it is put off, perhaps for what only it lacks, and nothing it sent is in doubt.
///
/// What is in doubt must be looked for before anything is sent again, and only whoever has the row does that.
struct TakeOverEpisode: Statement {
    static let sql = """
        WITH held AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.leases WHERE job_id = $1 AND fence = $2 FOR KEY SHARE
        )
        UPDATE kushim_jira.tickets t
        SET job_id = held.job_id, last_failed_at = greatest(t.last_failed_at, $5),
            -- What the one waited for alone is not the other's.
            held_because = NULL, unproven = CASE WHEN t.in_doubt THEN t.unproven ELSE 0 END
        FROM held
        WHERE t.id = $3 AND t.job_id = $4 AND t.state = 'creating'
          AND (NOT EXISTS (SELECT FROM kushim_jira.jobs o WHERE o.id = t.job_id
                           AND NOT EXISTS (SELECT FROM kushim_jira.finished x WHERE x.job_id = o.id))
               OR NOT t.in_doubt AND EXISTS (SELECT FROM kushim_jira.scheduled s
                                             WHERE s.job_id = t.job_id AND s.run_at > clock_timestamp()))
        RETURNING t.id
        """
    let job: ClaimedJob
    let episode: Episode
    /// When this job's failure was detected.
    let failedAt: Date

    var parameters: [any PostgresEncodable] { [job.id, job.fence, episode.id, episode.jobID, failedAt] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 {
        try columns.next()
    }
}
