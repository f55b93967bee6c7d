import FoundationEssentials
import Postgres

/// Moves the jobs that are next in line into a worker's hands.
///
/// The worker's own row is locked first: one that was taken for dead claims nothing, and one that is claiming is not taken for
/// dead. `KEY SHARE` lets its heartbeat pass. Rows of `ready` are never updated, so their place holds from the lock to the delete.
struct ClaimJobs: Statement {
    static let sql = """
        WITH me AS MATERIALIZED (
            SELECT worker_id FROM kushim_jira.workers WHERE worker_id = $1 AND state = 'up' FOR KEY SHARE
        ), next AS MATERIALIZED (
            SELECT ctid AS place FROM kushim_jira.ready
            WHERE EXISTS (SELECT FROM me) AND kind = ANY ($2)
            ORDER BY priority, seq LIMIT $3
            FOR UPDATE SKIP LOCKED
        ), taken AS (
            DELETE FROM kushim_jira.ready WHERE ctid = ANY (ARRAY(SELECT place FROM next)) RETURNING *
        ), leased AS (
            INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes
            FROM taken, me ORDER BY priority, seq
            RETURNING *
        )
        SELECT l.job_id, l.kind, l.customer_id, j.payload::text, l.attempt + 1, l.losses, l.snoozes, l.fence, j.created_at,
               CASE WHEN l.attempt + l.losses + l.snoozes = 0
                    THEN extract(epoch FROM l.claimed_at - greatest(j.created_at, j.run_at))::float8 END
        FROM leased l JOIN kushim_jira.jobs j ON j.id = l.job_id
        ORDER BY l.fence
        """
    let workerID: UUID
    let kinds: [String]
    let limit: Int

    var parameters: [any PostgresEncodable] { [workerID, kinds, Int64(limit)] }

    struct Row: Sendable {
        let job: ClaimedJob
        /// Seconds from when it could have run to now; known for first runs only.
        let waited: Double?
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(job: try ClaimedJob(reading: &columns), waited: try columns.next())
    }
}

/// Puts back what this worker claimed without ever hearing of it, because the connection broke before the answer. Only to be sent
/// while no claim is under way.
struct ReleaseUnheardJobs: Statement {
    static let sql = """
        WITH gone AS (
            DELETE FROM kushim_jira.leases WHERE worker_id = $1 AND fence <> ALL ($2) RETURNING *
        ), again AS (
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, customer_id, kind, priority, attempt, losses, snoozes FROM gone ORDER BY job_id
            RETURNING job_id
        )
        SELECT count(*) FROM again
        """
    let workerID: UUID
    /// Of the jobs it knows of.
    let fences: [Int64]

    var parameters: [any PostgresEncodable] { [workerID, fences] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}

extension ClaimedJob {
    /// Reads the nine columns from `job_id` to `created_at` that statements about jobs have in common.
    init(reading columns: inout ColumnReader) throws(PostgresError) {
        self.init(
            id: try columns.next(), kind: try columns.next(), customerID: try columns.next(),
            payload: try columns.next(),
            attempt: Int(try columns.next(as: Int32.self)), losses: Int(try columns.next(as: Int32.self)),
            snoozes: Int(try columns.next(as: Int32.self)), fence: try columns.next(), createdAt: try columns.next())
    }
}
