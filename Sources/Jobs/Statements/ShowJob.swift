import FoundationEssentials
import Postgres

/// Where a job stands, and what an explanation of its waiting needs.
struct LocateJob: Statement {
    static let sql = """
        SELECT j.unique_key,
               coalesce(r.losses, s.losses, l.losses, d.losses,
                        (SELECT count(*)::integer FROM kushim_jira.attempts a WHERE a.job_id = j.id AND a.outcome = 'lost')), coalesce(r.snoozes, s.snoozes, l.snoozes, 0),
               r.seq IS NOT NULL,
               (SELECT count(*) FROM kushim_jira.ready a
                WHERE a.customer_id = r.customer_id AND (a.priority, a.seq) < (r.priority, r.seq)),
               CASE WHEN s.run_at > clock_timestamp() AND isfinite(s.run_at) THEN extract(epoch FROM s.run_at - clock_timestamp())::float8 END,
               s.reason, w.name, extract(epoch FROM clock_timestamp() - l.claimed_at)::float8,
               w.state = 'up' AND w.heartbeat_at BETWEEN clock_timestamp() - w.lease AND clock_timestamp() + w.lease,
               (SELECT count(*) FROM kushim_jira.workers a
                WHERE a.state = 'up' AND a.heartbeat_at BETWEEN clock_timestamp() - a.lease AND clock_timestamp() + a.lease),
               (SELECT count(*) FROM kushim_jira.workers a
                WHERE a.state = 'up' AND a.heartbeat_at BETWEEN clock_timestamp() - a.lease AND clock_timestamp() + a.lease AND j.kind = ANY (a.kinds)),
               r.job_id IS NULL AND s.job_id IS NULL AND l.job_id IS NULL
               AND NOT EXISTS (SELECT FROM kushim_jira.finished f WHERE f.job_id = j.id)
        FROM kushim_jira.jobs j
        LEFT JOIN kushim_jira.ready r
               ON r.job_id = j.id AND r.customer_id = j.customer_id AND r.priority = j.priority
        LEFT JOIN kushim_jira.scheduled s ON s.job_id = j.id
        LEFT JOIN kushim_jira.leases l ON l.job_id = j.id
        LEFT JOIN kushim_jira.workers w ON w.worker_id = l.worker_id
        LEFT JOIN kushim_jira.dead_jobs d ON d.job_id = j.id
        WHERE j.id = $1
        """
    let id: Int64

    var parameters: [any PostgresEncodable] { [id] }

    struct Row: Sendable {
        let uniqueKey: String?
        let losses: Int
        let snoozes: Int
        let isReady: Bool
        let ahead: Int64
        /// Seconds.
        let dueIn: Double?
        let reason: String?
        let worker: String?
        let runningFor: Double?
        let workerIsAlive: Bool?
        let workersAlive: Int64
        let workersForKind: Int64
        /// Neither waiting nor in hand nor ended.
        let isNowhere: Bool
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(
            uniqueKey: try columns.next(), losses: Int(try columns.next(as: Int32.self)),
            snoozes: Int(try columns.next(as: Int32.self)), isReady: try columns.next(), ahead: try columns.next(),
            dueIn: try columns.next(), reason: try columns.next(), worker: try columns.next(),
            runningFor: try columns.next(), workerIsAlive: try columns.next(), workersAlive: try columns.next(),
            workersForKind: try columns.next(), isNowhere: try columns.next())
    }
}

/// What the producer wrote; nil where that is too large to be read.
struct FindPayload: Statement {
    static let sql = """
        SELECT \(PayloadText.column) FROM kushim_jira.jobs j WHERE j.id = $1
        """
    let id: Int64

    var parameters: [any PostgresEncodable] { [id] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String? { try columns.next() }
}

/// The runs of a job, oldest first.
struct ListAttempts: Statement {
    static let sql = """
        SELECT attempt, outcome, error, started_at, ended_at, worker, version
        FROM kushim_jira.job_history WHERE job_id = $1 ORDER BY fence
        """
    let id: Int64

    var parameters: [any PostgresEncodable] { [id] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> JobAttempt {
        JobAttempt(
            attempt: Int(try columns.next(as: Int32.self)), outcome: try columns.next(), error: try columns.next(),
            startedAt: try columns.next(), endedAt: try columns.next(), worker: try columns.next(),
            version: try columns.next())
    }
}
