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
