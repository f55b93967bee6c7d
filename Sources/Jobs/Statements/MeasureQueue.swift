import Postgres

/// What waits, by kind: jobs that are ready, and those held back after a failure or by a "not now". What was asked to run
/// later does not wait yet.
struct MeasureQueue: Statement {
    static let sql = """
        SELECT kind, count(*),
               extract(epoch FROM clock_timestamp() - (SELECT greatest(created_at, run_at) FROM kushim_jira.jobs
                                                       WHERE id = min(job_id) AND isfinite(greatest(created_at, run_at))))::float8
        FROM (SELECT kind, job_id FROM kushim_jira.ready
              UNION ALL
              SELECT kind, job_id FROM kushim_jira.scheduled WHERE reason IS NOT NULL) AS waiting
        GROUP BY kind
        """
    var parameters: [any PostgresEncodable] { [] }

    struct Row: Sendable {
        let kind: String
        let waiting: Int64
        /// Seconds since the oldest of them could have run.
        let oldestAge: Double?
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(kind: try columns.next(), waiting: try columns.next(), oldestAge: try columns.next())
    }
}

struct CountWorkersAlive: Statement {
    static let sql = """
        SELECT count(*) FROM kushim_jira.workers 
        WHERE state = 'up' AND heartbeat_at BETWEEN clock_timestamp() - lease AND clock_timestamp() + lease
        """
    var parameters: [any PostgresEncodable] { [] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}
