import Postgres

/// Gives jobs that are nowhere the place that their insert should have given them, by the same rules: what breaks one becomes a
/// dead letter. They were inserted while the trigger was disabled, or lost their place by hand. Only the schema's owner may judge.
struct AdmitJobs: Statement {
    static let sql = """
        WITH judged AS MATERIALIZED (
            SELECT j.id, j.kind, j.customer_id, j.priority, j.unique_key, j.run_at,
                   coalesce(kushim_jira.broken_rule(j.kind, j.customer_id, j.payload, j.run_at, j.priority, j.unique_key),
                            CASE WHEN NOT j.created_at BETWEEN '1970-01-01 00:00:00+00' AND clock_timestamp() + interval '1 day'
                                 THEN 'created_at: a time from 1970 to now' END) AS rule
            FROM kushim_jira.jobs j
            WHERE NOT EXISTS (SELECT FROM kushim_jira.ready r WHERE r.job_id = j.id)
              AND NOT EXISTS (SELECT FROM kushim_jira.scheduled s WHERE s.job_id = j.id)
              AND NOT EXISTS (SELECT FROM kushim_jira.leases l WHERE l.job_id = j.id)
              AND NOT EXISTS (SELECT FROM kushim_jira.finished f WHERE f.job_id = j.id)
            ORDER BY j.id LIMIT $1
        ), keyed AS (
            INSERT INTO kushim_jira.unique_jobs (kind, customer_id, unique_key, job_id)
            SELECT kind, customer_id, unique_key, id FROM judged WHERE rule IS NULL AND unique_key IS NOT NULL ORDER BY id
            ON CONFLICT DO NOTHING
            RETURNING job_id
        ), decided AS MATERIALIZED (
            SELECT g.*, CASE
                WHEN rule IS NOT NULL THEN rule
                WHEN unique_key IS NOT NULL AND NOT EXISTS (SELECT FROM keyed k WHERE k.job_id = g.id)
                     -- One that lost its place has kept its key.
                     AND NOT EXISTS (SELECT FROM kushim_jira.unique_jobs u WHERE u.job_id = g.id)
                THEN 'unique_key: an unfinished job has the same' END AS refusal
            FROM judged g
        ), later AS (
            INSERT INTO kushim_jira.scheduled (job_id, customer_id, kind, priority, run_at)
            SELECT id, customer_id, kind, priority, run_at FROM decided WHERE refusal IS NULL AND run_at > clock_timestamp()
            RETURNING job_id
        ), now AS (
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
            SELECT id, customer_id, kind, priority FROM decided
            WHERE refusal IS NULL AND id NOT IN (SELECT job_id FROM later) ORDER BY id
            RETURNING job_id
        ), ended AS (
            INSERT INTO kushim_jira.dead_jobs (job_id, state, attempt, losses, reason)
            SELECT id, 'discarded', 0, 0, refusal FROM decided WHERE refusal IS NOT NULL
        ), woken AS MATERIALIZED (
            SELECT kushim_jira.wake_workers('') WHERE EXISTS (SELECT FROM now)
        )
        SELECT j.id, j.kind, j.customer_id, coalesce(\(PayloadText.column), '{}'), 0, 0, 0, 0::bigint, j.created_at,
               d.refusal, (SELECT count(*) FROM woken)
        FROM decided d JOIN kushim_jira.jobs j ON j.id = d.id ORDER BY j.id
        """
    /// The most jobs of one statement.
    let limit: Int

    var parameters: [any PostgresEncodable] { [Int64(limit)] }

    struct Row: Sendable {
        let job: ClaimedJob
        /// The rule that it breaks; nil if it has its place now.
        let refusal: String?
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        let row = Row(job: try ClaimedJob(reading: &columns), refusal: try columns.next())
        _ = try columns.next(as: Int64.self)
        return row
    }
}

/// For the transaction: of several that put jobs in their places each waits for the one before, and sees what that did.
struct LockPlaces: Statement {
    static let sql = "SELECT installation_id::text FROM kushim_jira.installation FOR UPDATE"
}
