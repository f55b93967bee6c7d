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

/// Renews the leases of all jobs in a worker's hands. No row comes back when it was taken for dead.
struct Beat: Statement {
    static let sql = """
        UPDATE kushim_jira.workers SET heartbeat_at = clock_timestamp()
        WHERE worker_id = $1 AND state = 'up'
        RETURNING true
        """
    let workerID: UUID

    var parameters: [any PostgresEncodable] { [workerID] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool { try columns.next() }
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
struct AnnounceSleep: Statement {
    static let sql = """
        SELECT setval('kushim_jira.asleep_until',
                      greatest(last_value, ceil(extract(epoch FROM clock_timestamp()) + $1)::bigint))
        FROM kushim_jira.asleep_until
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
