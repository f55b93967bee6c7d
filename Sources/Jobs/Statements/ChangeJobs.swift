import Postgres

/// Makes dead letters and scheduled jobs ready at once. A dead letter starts afresh, as if never tried; it stays dead while
/// another unfinished job has its unique key.
struct RetryJobs: Statement {
    static let sql = """
        WITH dead AS (
            DELETE FROM kushim_jira.dead_jobs f USING kushim_jira.jobs j
            WHERE f.job_id = ANY ($1) AND f.state = 'discarded' AND j.id = f.job_id
              AND NOT EXISTS (SELECT FROM kushim_jira.unique_jobs u
                              WHERE u.kind = j.kind AND u.customer_id = j.customer_id AND u.unique_key = j.unique_key)
            RETURNING j.id, j.kind, j.customer_id, j.priority, j.unique_key
        ), early AS (
            DELETE FROM kushim_jira.scheduled WHERE job_id = ANY ($1) RETURNING *
        ), keyed AS (
            INSERT INTO kushim_jira.unique_jobs (kind, customer_id, unique_key, job_id)
            SELECT kind, customer_id, unique_key, id FROM dead WHERE unique_key IS NOT NULL
        ), again AS (
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT id, customer_id, kind, priority, 0, 0, 0 FROM dead
            UNION ALL
            SELECT job_id, customer_id, kind, priority, attempt, losses, snoozes FROM early
            RETURNING job_id, attempt, losses, snoozes
        ), woken AS MATERIALIZED (
            SELECT kushim_jira.wake_workers('') WHERE EXISTS (SELECT FROM again)
        )
        SELECT j.id, j.kind, j.customer_id, coalesce(\(PayloadText.column), '{}'), a.attempt, a.losses, a.snoozes, 0::bigint, j.created_at,
               (SELECT count(*) FROM woken)
        FROM again a JOIN kushim_jira.jobs j ON j.id = a.job_id ORDER BY j.id
        """
    let ids: [Int64]

    var parameters: [any PostgresEncodable] { [ids] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> ClaimedJob {
        let job = try ClaimedJob(reading: &columns)
        _ = try columns.next(as: Int64.self)
        return job
    }
}

/// Ends jobs that nobody has in hand.
struct CancelJobs: Statement {
    static let sql = """
        WITH waiting AS (
            DELETE FROM kushim_jira.ready r USING kushim_jira.jobs j
            WHERE j.id = ANY ($1) AND r.job_id = j.id AND r.customer_id = j.customer_id AND r.priority = j.priority
            RETURNING r.job_id, r.attempt, r.losses, r.snoozes
        ), later AS (
            DELETE FROM kushim_jira.scheduled WHERE job_id = ANY ($1) RETURNING job_id, attempt, losses, snoozes
        ), gone AS (
            SELECT * FROM waiting UNION ALL SELECT * FROM later
        ), freed AS (
            DELETE FROM kushim_jira.unique_jobs WHERE job_id IN (SELECT job_id FROM gone)
        ), ended AS (
            INSERT INTO kushim_jira.dead_jobs (job_id, state, attempt, losses, reason)
            SELECT job_id, 'cancelled', attempt, losses, $2 FROM gone
        )
        SELECT j.id, j.kind, j.customer_id, coalesce(\(PayloadText.column), '{}'), g.attempt, g.losses, g.snoozes, 0::bigint, j.created_at
        FROM gone g JOIN kushim_jira.jobs j ON j.id = g.job_id ORDER BY j.id
        """
    let ids: [Int64]
    let reason: String

    var parameters: [any PostgresEncodable] { [ids, reason] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> ClaimedJob {
        try ClaimedJob(reading: &columns)
    }
}

/// Where the jobs stand that could not be changed.
struct StatesOfJobs: Statement {
    static let sql = """
        SELECT id, state FROM kushim_jira.job_status WHERE id = ANY ($1)
        """
    let ids: [Int64]

    var parameters: [any PostgresEncodable] { [ids] }

    struct Row: Sendable {
        let id: Int64
        let state: JobState
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(id: try columns.next(), state: JobState(rawValue: try columns.next()) ?? .available)
    }
}
