import FoundationEssentials
import Postgres

/// Takes the locks under which customers' caps are counted, and tells the statements that follow in the transaction how high each
/// cap is: NULL for none, -1 where another worker has the lock. The lock is on a row of ours, which no stranger may lock.
struct LockCustomers: Statement {
    static let sql = """
        WITH asked AS MATERIALIZED (
            SELECT g.place, g.customer_id, coalesce(c.at_once, $2) AS cap
            FROM unnest($1::text[]) WITH ORDINALITY AS g (customer_id, place)
            LEFT JOIN kushim_jira.customer_limits c ON c.customer_id = g.customer_id
        ), known AS MATERIALIZED (
            SELECT customer_id FROM kushim_jira.turns
            WHERE purpose = 'claim' AND customer_id = ANY (ARRAY(SELECT customer_id FROM asked WHERE cap IS NOT NULL))
            FOR UPDATE SKIP LOCKED
        ), new AS (
            INSERT INTO kushim_jira.turns (purpose, customer_id)
            SELECT DISTINCT 'claim', a.customer_id FROM asked a
            WHERE a.cap IS NOT NULL
              AND NOT EXISTS (SELECT FROM kushim_jira.turns t WHERE t.purpose = 'claim' AND t.customer_id = a.customer_id)
            ORDER BY a.customer_id
            ON CONFLICT DO NOTHING RETURNING customer_id
        )
        SELECT set_config('kushim_jira.caps', coalesce(array_agg(
            CASE WHEN cap IS NULL OR customer_id IN (SELECT customer_id FROM known UNION ALL SELECT customer_id FROM new)
                 THEN cap ELSE -1 END ORDER BY place), '{}')::text, true)
        FROM asked
        """
    let customers: [String]
    let limit: Int?

    var parameters: [any PostgresEncodable] { [customers, limit.map { Int32(clamping: $0) }] }
}

/// How many jobs each customer may have more. A statement after `LockCustomers`, so that it sees what the last holder of the lock
/// claimed: counted in the statement that takes the lock, caps are exceeded.
struct CountRoom: Statement {
    static let sql = """
        WITH room AS MATERIALIZED (
            SELECT g.place, g.cap, l.oldest,
                   CASE WHEN g.cap IS NULL THEN g.most ELSE least(g.most, greatest(g.cap - l.running, 0)) END::integer AS jobs
            FROM unnest($1::text[], $2::bigint[], $3::bigint[], current_setting('kushim_jira.caps')::integer[])
                 WITH ORDINALITY AS g (customer_id, mark, most, cap, place)
            CROSS JOIN LATERAL (
                SELECT count(*) AS running, min(fence) AS oldest FROM kushim_jira.leases l
                WHERE g.cap >= 0 AND l.customer_id = g.customer_id AND l.fence >= g.mark
            ) AS l
        )
        SELECT jobs, cap IS NOT NULL AS is_capped, coalesce(cap = -1, false) AS is_busy, oldest,
               set_config('kushim_jira.room', (SELECT array_agg(jobs ORDER BY place) FROM room)::text, true)
        FROM room ORDER BY place
        """
    let turns: [Rotation.Turn]
    /// For each of them.
    let most: [Int]

    var parameters: [any PostgresEncodable] {
        [turns.map(\.lane.customerID), turns.map(\.oldestFence), most.map(Int64.init)]
    }

    struct Row: Sendable {
        let jobs: Int
        let isCapped: Bool
        /// Another worker is claiming for the customer.
        let isBusy: Bool
        /// The lowest fence among the customer's leases; known where it has a cap.
        let oldestFence: Int64?
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(
            jobs: Int(try columns.next(as: Int32.self)), isCapped: try columns.next(), isBusy: try columns.next(),
            oldestFence: try columns.next())
    }
}

/// Moves the jobs that are next in the given lanes into a worker's hands, for each lane as many as `CountRoom` found room for.
///
/// The worker's own row is locked first: one that was taken for dead claims nothing, and one that is claiming is not taken for
/// dead. `KEY SHARE` lets its heartbeat pass. Rows of `ready` are never updated, so their place holds from the lock to the delete.
/// The join is an outer one so that it is carried out from here to the jobs, however few the planner takes them for.
struct ClaimJobs: Statement {
    static let sql = """
        WITH me AS MATERIALIZED (
            SELECT worker_id FROM kushim_jira.workers WHERE worker_id = $1 AND state = 'up' FOR KEY SHARE
        ), turns AS MATERIALIZED (
            SELECT * FROM unnest($2::text[], $3::smallint[], $4::bigint[], current_setting('kushim_jira.room')::integer[])
                          AS g (customer_id, priority, mark, room)
        ), next AS MATERIALIZED (
            SELECT r.place FROM turns t CROSS JOIN LATERAL (
                SELECT ctid AS place FROM kushim_jira.ready r
                WHERE r.customer_id = t.customer_id AND r.priority = t.priority AND r.seq >= t.mark AND r.kind = ANY ($5)
                ORDER BY r.seq LIMIT t.room
                FOR UPDATE SKIP LOCKED
            ) AS r
            WHERE EXISTS (SELECT FROM me) LIMIT $6
        ), taken AS (
            DELETE FROM kushim_jira.ready WHERE ctid = ANY (ARRAY(SELECT place FROM next)) RETURNING *
        ), fenced AS MATERIALIZED (
            SELECT *, nextval('kushim_jira.fence_seq') AS fence FROM taken
        ), leased AS (
            INSERT INTO kushim_jira.leases
                   (job_id, fence, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, fence, $1, customer_id, kind, priority, attempt, losses, snoozes FROM fenced
        )
        SELECT f.job_id, f.kind, f.customer_id, j.payload::text, f.attempt + 1, f.losses, f.snoozes, f.fence, j.created_at,
               CASE WHEN f.attempt + f.losses + f.snoozes = 0
                    THEN extract(epoch FROM clock_timestamp() - greatest(j.created_at, j.run_at))::float8 END,
               f.seq
        FROM fenced f LEFT JOIN kushim_jira.jobs j ON j.id = f.job_id
        """
    let workerID: UUID
    let turns: [Rotation.Turn]
    let kinds: [String]
    let limit: Int

    var parameters: [any PostgresEncodable] {
        [
            workerID, turns.map(\.lane.customerID), turns.map(\.lane.priority), turns.map(\.mark), kinds, Int64(limit),
        ]
    }

    struct Row: Sendable {
        let job: ClaimedJob
        /// Seconds from when it could have run to now; known for first runs only.
        let waited: Double?
        let seq: Int64
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(job: try ClaimedJob(reading: &columns), waited: try columns.next(), seq: try columns.next())
    }
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
