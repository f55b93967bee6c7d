import Postgres

/// The lanes of the newest rows, counting back to the mark.
struct FindArrivals: Statement {
    static let sql = """
        SELECT customer_id, priority, max(seq), count(*)
        FROM (SELECT customer_id, priority, seq FROM kushim_jira.ready WHERE -seq <= -$1::bigint ORDER BY -seq LIMIT $2) AS newest
        GROUP BY customer_id, priority
        """
    let mark: Int64
    let limit: Int

    var parameters: [any PostgresEncodable] { [mark, Int64(limit)] }

    struct Row: Sendable {
        let lane: Rotation.Lane
        let last: Int64
        let count: Int
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(
            lane: Rotation.Lane(customerID: try columns.next(), priority: try columns.next()), last: try columns.next(),
            count: Int(try columns.next(as: Int64.self)))
    }
}

/// All lanes, each with its first row: from one to the next by a step into the index, whatever they hold.
struct SurveyLanes: Statement {
    static let sql = """
        WITH RECURSIVE lanes AS (
            (SELECT customer_id, priority, seq FROM kushim_jira.ready ORDER BY customer_id, priority, seq LIMIT 1)
            UNION ALL
            SELECT n.* FROM lanes l CROSS JOIN LATERAL (
                SELECT r.customer_id, r.priority, r.seq FROM kushim_jira.ready r
                WHERE (r.customer_id, r.priority) > (l.customer_id, l.priority)
                ORDER BY r.customer_id, r.priority, r.seq LIMIT 1
            ) AS n
        )
        SELECT customer_id, priority, seq FROM lanes
        """
    var parameters: [any PostgresEncodable] { [] }

    struct Row: Sendable {
        let lane: Rotation.Lane
        let first: Int64
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(
            lane: Rotation.Lane(customerID: try columns.next(), priority: try columns.next()), first: try columns.next()
        )
    }
}
