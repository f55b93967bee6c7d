import FoundationEssentials
import Postgres

/// A worker's first sign of life.
struct RegisterWorker: Statement {
    static let sql = """
        INSERT INTO kushim_jira.workers (worker_id, name, version, slots, kinds, lease, about)
        VALUES ($1, $2, $3, $4, $5, make_interval(secs => $6), $7)
        """
    let workerID: UUID
    let name: String
    let version: String
    let slots: Int
    let kinds: [String]
    let lease: Duration
    /// A JSON object.
    var about = "{}"

    var parameters: [any PostgresEncodable] {
        [workerID, name, version, Int32(clamping: slots), kinds, lease.inSeconds, PostgresJSON(text: about)]
    }
}

/// Renews the leases of all jobs in a worker's hands. The row is what time it is, in seconds; none comes back when the worker was
/// taken for dead.
struct Beat: Statement {
    static let sql = """
        UPDATE kushim_jira.workers SET heartbeat_at = clock_timestamp()
        WHERE worker_id = $1 AND state = 'up'
        RETURNING extract(epoch FROM heartbeat_at)::float8
        """
    let workerID: UUID

    var parameters: [any PostgresEncodable] { [workerID] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Double { try columns.next() }
}

/// What a worker says of itself, when that has changed.
struct DescribeWorker: Statement {
    static let sql = "UPDATE kushim_jira.workers SET about = $2 WHERE worker_id = $1"
    let workerID: UUID
    /// A JSON object.
    let about: String

    var parameters: [any PostgresEncodable] { [workerID, PostgresJSON(text: about)] }
}

/// A worker's farewell. Leases it could not settle are taken up by the next rescue.
struct StopWorker: Statement {
    static let sql = """
        UPDATE kushim_jira.workers SET state = 'stopped', heartbeat_at = clock_timestamp()
        WHERE worker_id = $1 AND state = 'up'
        """
    let workerID: UUID

    var parameters: [any PostgresEncodable] { [workerID] }
}

/// Tells producers that somebody sleeps, so that their commits notify. Their answer is a hint; the poll is the truth.
///
/// A clock that was set back leaves both sequences far in the future, and producers silent until it is there again.
struct AnnounceSleep: Statement {
    static let sql = """
        SELECT setval('kushim_jira.asleep_until',
                      CASE WHEN a.last_value > now.seconds + 86400 THEN ceil(now.seconds + $1)::bigint
                           ELSE greatest(a.last_value, ceil(now.seconds + $1)::bigint) END),
               CASE WHEN q.last_value > 1000 * now.seconds + 60000 THEN setval('kushim_jira.quiet_until', 0) END
        FROM kushim_jira.asleep_until a, kushim_jira.quiet_until q,
             (SELECT extract(epoch FROM clock_timestamp())::float8 AS seconds) AS now
        """
    let duration: Duration

    var parameters: [any PostgresEncodable] { [duration.inSeconds] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}

/// Rows of workers that are gone, once the history no longer names them.
struct RemoveOldWorkers: Statement {
    static let sql = """
        DELETE FROM kushim_jira.workers w
        WHERE state <> 'up' AND heartbeat_at < statement_timestamp() - make_interval(secs => $1)
          AND NOT EXISTS (SELECT FROM kushim_jira.leases l WHERE l.worker_id = w.worker_id)
        """
    let age: Duration

    var parameters: [any PostgresEncodable] { [age.inSeconds] }
}
