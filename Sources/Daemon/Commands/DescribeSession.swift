import Postgres

/// Who the database takes us for.
struct DescribeSession: Statement {
    static let sql = """
        SELECT current_user::text, current_database()::text, current_setting('server_version'),
               coalesce((SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles
                         WHERE rolname = 'kushim_jira_worker'), false)
        """

    struct Row: Sendable {
        var user: String
        var database: String
        var version: String
        /// Whether it may do what the daemon does.
        var isWorker: Bool
    }

    var parameters: [any PostgresEncodable] { [] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(
            user: try columns.next(), database: try columns.next(), version: try columns.next(),
            isWorker: try columns.next())
    }
}
