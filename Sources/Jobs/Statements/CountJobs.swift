import Postgres

/// Depth by kind, for people.
struct CountJobs: Statement {
    static let sql = """
        SELECT h.kind, h.ready, h.scheduled, h.held_back, h.running, h.discarded,
               extract(epoch FROM h.oldest_waiting)::float8, extract(epoch FROM h.longest_running)::float8,
               (SELECT count(*) FROM kushim_jira.finished f JOIN kushim_jira.jobs j ON j.id = f.job_id
                WHERE f.state = 'completed' AND f.finished_at > statement_timestamp() - interval '1 minute'
                  AND j.kind = h.kind)
        FROM kushim_jira.queue_health h ORDER BY h.kind
        """
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> KindCounts {
        KindCounts(
            kind: try columns.next(), ready: try columns.next(), scheduled: try columns.next(),
            heldBack: try columns.next(), running: try columns.next(), discarded: try columns.next(),
            oldestWaiting: try columns.next(), longestRunning: try columns.next(),
            completedLastMinute: try columns.next())
    }
}
