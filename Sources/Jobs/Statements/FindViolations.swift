import Postgres

/// What must always hold of the queue, whoever is at work: each row is something that breaks it. One statement, so that it sees one
/// moment; it reads everything there is.
struct FindViolations: Statement {
    static let sql = """
        WITH places AS MATERIALIZED (
            SELECT job_id, 'ready' AS place FROM kushim_jira.ready
            UNION ALL SELECT job_id, 'scheduled' FROM kushim_jira.scheduled
            UNION ALL SELECT job_id, 'in hand' FROM kushim_jira.leases
            UNION ALL SELECT job_id, state FROM kushim_jira.finished
        ), fences AS MATERIALIZED (
            SELECT job_id, fence, true AS is_held FROM kushim_jira.leases
            UNION ALL SELECT job_id, fence, false FROM kushim_jira.attempts WHERE fence > 0
        ), held AS (
            SELECT 'nowhere' AS rule, j.id AS job_id, j.kind || ' of ' || j.customer_id AS detail
            FROM kushim_jira.jobs j WHERE NOT EXISTS (SELECT FROM places p WHERE p.job_id = j.id)
            UNION ALL
            SELECT 'in two places', job_id, string_agg(place, ' and ' ORDER BY place) FROM places GROUP BY job_id HAVING count(*) > 1
            UNION ALL
            SELECT 'without a job', job_id, place FROM places p WHERE NOT EXISTS (SELECT FROM kushim_jira.jobs j WHERE j.id = p.job_id)
            UNION ALL
            SELECT 'in the wrong lane', job_id, r.kind || ' of ' || r.customer_id || ' at ' || r.priority
            FROM kushim_jira.ready r JOIN kushim_jira.jobs j ON j.id = r.job_id
            WHERE (r.customer_id, r.kind, r.priority) <> (j.customer_id, j.kind, j.priority)
            UNION ALL
            SELECT 'worker unknown', job_id, worker_id::text FROM kushim_jira.leases l
            WHERE NOT EXISTS (SELECT FROM kushim_jira.workers w WHERE w.worker_id = l.worker_id)
            UNION ALL
            SELECT 'fence used twice', min(job_id), 'fence ' || fence || ', also job ' || max(job_id)
            FROM fences GROUP BY fence HAVING count(*) > 1
            UNION ALL
            SELECT 'fence not rising', l.job_id, 'fence ' || l.fence || ' after ' || max(a.fence)
            FROM fences l JOIN fences a ON a.job_id = l.job_id AND NOT a.is_held
            WHERE l.is_held GROUP BY l.job_id, l.fence HAVING max(a.fence) >= l.fence
            UNION ALL
            SELECT 'key held for nobody', u.job_id, u.unique_key FROM kushim_jira.unique_jobs u
            WHERE NOT EXISTS (SELECT FROM places p WHERE p.job_id = u.job_id AND p.place IN ('ready', 'scheduled', 'in hand'))
              AND (NOT EXISTS (SELECT FROM kushim_jira.jobs j WHERE j.id = u.job_id)
                   OR EXISTS (SELECT FROM places p WHERE p.job_id = u.job_id))
            UNION ALL
            SELECT 'key not held', j.id, j.unique_key FROM kushim_jira.jobs j
            JOIN places p ON p.job_id = j.id AND p.place IN ('ready', 'scheduled', 'in hand')
            WHERE j.unique_key IS NOT NULL AND NOT EXISTS (SELECT FROM kushim_jira.unique_jobs u WHERE u.job_id = j.id)
            UNION ALL
            SELECT 'sequence behind', NULL, s.name || ' at ' || coalesce(pg_sequence_last_value(s.name::regclass), 0) || ', in use ' || s.used
            FROM (VALUES ('kushim_jira.jobs_id_seq', (SELECT max(id) FROM kushim_jira.jobs)),
                         ('kushim_jira.ready_seq', (SELECT max(seq) FROM kushim_jira.ready)),
                         ('kushim_jira.fence_seq', (SELECT max(fence) FROM fences))) AS s (name, used)
            WHERE s.used > coalesce(pg_sequence_last_value(s.name::regclass), 0)
            UNION ALL
            SELECT 'no room', NULL, 'the next id is ' || next FROM (SELECT 1 + pg_sequence_last_value('kushim_jira.jobs_id_seq')::numeric) AS n (next)
            WHERE next >= (SELECT max(past) FROM kushim_jira.job_ranges)
        )
        SELECT rule, job_id, detail FROM held ORDER BY rule, job_id LIMIT $1
        """
    /// The most to find.
    let limit: Int

    var parameters: [any PostgresEncodable] { [Int64(limit)] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> QueueViolation {
        let name: String = try columns.next()
        guard let rule = QueueViolation.Rule(rawValue: name) else {
            throw PostgresError(.decoding, "\(name) is no rule of the queue")
        }
        return QueueViolation(rule: rule, jobID: try columns.next(), detail: try columns.next())
    }
}
