import Postgres

/// Deletes jobs that ended long ago, with their history. The audit log keeps what was done.
struct RemoveFinishedJobs: Statement {
    static let sql = """
        WITH old AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.finished
            WHERE state = $1 AND finished_at < statement_timestamp() - make_interval(secs => $2)
            ORDER BY finished_at LIMIT $3
        ), forgotten AS (
            DELETE FROM kushim_jira.dead_jobs f USING old WHERE f.job_id = old.job_id
        ), untold AS (
            DELETE FROM kushim_jira.attempts a USING old WHERE a.job_id = old.job_id
        ), gone AS (
            DELETE FROM kushim_jira.jobs j USING old WHERE j.id = old.job_id
        )
        SELECT count(*) FROM old
        """
    let state: String
    let age: Duration
    let limit: Int

    var parameters: [any PostgresEncodable] { [state, age.inSeconds, Int64(limit)] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}
