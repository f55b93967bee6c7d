import Postgres

/// Who the database takes us for.
struct DescribeSession: Statement {
    static let sql = """
        SELECT current_user::text, current_database()::text, current_setting('server_version'),
               coalesce((SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles WHERE rolname = 'kushim_jira_worker'), false)
               OR coalesce((SELECT pg_has_role(current_user, nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'kushim_jira'), false),
               coalesce((SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = 'kushim_jira_worker'), false),
               \(AskWhetherReadOnly.expression)
        """

    struct Row: Sendable {
        var user: String
        var database: String
        var version: String
        /// Whether it may do what the daemon does: as the worker's role, or as the schema's owner.
        var isWorker: Bool
        /// Whether it was granted the worker's role, also where it does not inherit from it.
        var isMember: Bool
        var isReadOnly: Bool

        /// Why the daemon cannot work as this login; nil where it can.
        var refusal: CommandFailure? {
            if isWorker { return nil }
            return isMember
                ? CommandFailure(
                    status: .refused, what: "database",
                    message: "\(user) is a member of kushim_jira_worker and inherits nothing from it (NOINHERIT), "
                        + "so the daemon cannot work as it",
                    hint: "as the owner: ALTER ROLE \"\(user)\" SET role = kushim_jira_worker")
                : CommandFailure(
                    status: .refused, what: "database",
                    message: "\(user) is no member of kushim_jira_worker, so the daemon cannot work as it",
                    hint: "as the owner: GRANT kushim_jira_worker TO \"\(user)\"")
        }
    }

    var parameters: [any PostgresEncodable] { [] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(
            user: try columns.next(), database: try columns.next(), version: try columns.next(),
            isWorker: try columns.next(), isMember: try columns.next(), isReadOnly: try columns.next())
    }
}

/// Whether this session can write nothing.
struct AskWhetherReadOnly: Statement {
    static let expression = "pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
    static let sql = "SELECT \(expression)"
    static let problem =
        "takes no writes: it is a standby, or sessions are read-only (default_transaction_read_only); jobs wait until the "
        + "connection leads to a primary"

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool { try columns.next() }
}
