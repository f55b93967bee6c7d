import Postgres

/// Makes scheduled jobs ready whose time has come, and tells when the next one's will.
struct PromoteJobs: Statement {
    static let sql = """
        WITH due AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.scheduled WHERE run_at <= statement_timestamp()
            ORDER BY run_at LIMIT $1
            FOR UPDATE SKIP LOCKED
        ), moved AS (
            DELETE FROM kushim_jira.scheduled WHERE job_id = ANY (ARRAY(SELECT job_id FROM due)) RETURNING *
        ), again AS (
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, customer_id, kind, priority, attempt, losses, snoozes FROM moved ORDER BY run_at, job_id
            RETURNING job_id
        ), woken AS MATERIALIZED (
            SELECT kushim_jira.wake_workers('') WHERE EXISTS (SELECT FROM again)
        )
        SELECT (SELECT count(*) FROM again),
               (SELECT extract(epoch FROM min(run_at) - statement_timestamp())::float8
                FROM kushim_jira.scheduled WHERE run_at > statement_timestamp() AND run_at < 'infinity'),
               (SELECT count(*) FROM woken)
        """
    let limit: Int

    var parameters: [any PostgresEncodable] { [Int64(limit)] }

    struct Row: Sendable {
        let moved: Int64
        /// Until the next job is due.
        let next: Duration?
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        let row = Row(moved: try columns.next(), next: try columns.next())
        _ = try columns.next(as: Int64.self)
        return row
    }
}
