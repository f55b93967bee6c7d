import Postgres

/// The roles that `migrate` makes, to be granted to logins.
enum DatabaseRole: String, CaseIterable, Sendable {
    case producer = "kushim_jira_producer"
    case worker = "kushim_jira_worker"
    case auditor = "kushim_jira_auditor"
}

/// What a command does, and which roles may do it; the least powerful stands first.
enum DatabaseNeed: Sendable {
    case reading, changing, inserting

    var roles: [DatabaseRole] {
        switch self {
        case .reading: [.auditor, .worker]
        case .changing: [.worker]
        case .inserting: [.producer, .worker]
        }
    }

    fileprivate var words: String {
        switch self {
        case .reading: "read"
        case .changing: "change"
        case .inserting: "insert jobs into"
        }
    }
}

/// Who the database takes us for, and which of our roles that is.
struct DescribeRoles: Statement {
    static let sql = """
        SELECT current_user::text,
               coalesce((SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_roles
                         WHERE rolname = ANY ($1) AND pg_has_role(current_user, oid, 'USAGE')), '{}'),
               (SELECT count(*) FROM pg_roles WHERE rolname = ANY ($1)) = cardinality($1)
        """

    struct Row: Sendable {
        var user: String
        var roles: [String]
        /// Whether the cluster has all of them.
        var areThere: Bool
    }

    var parameters: [any PostgresEncodable] { [DatabaseRole.allCases.map(\.rawValue)] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(user: try columns.next(), roles: try columns.next(), areThere: try columns.next())
    }
}

extension CommandFailure {
    /// A login that lacks a right is told which role it lacks, never one that it has.
    init(_ error: PostgresError, needing need: DatabaseNeed, on connection: PostgresConnection) async {
        self.init(error)
        guard error.sqlState == .insufficientPrivilege,
            let session = try? await connection.execute(DescribeRoles()).first
        else { return }
        message = "\(session.user.quoted) may not \(need.words) kushim_jira: \(error.message)"
        if let held = need.roles.first(where: { session.roles.contains($0.rawValue) }) {
            hint =
                "it has the role \(held.rawValue), which should do: this database lacks a grant, as after a restore; "
                + "as its owner run: kushim-jira migrate --repair"
        } else {
            let name = "\"\(session.user.replacing("\"", with: "\"\""))\""
            let repair =
                session.areThere ? "" : "kushim-jira migrate --repair, since this cluster lacks the roles; then "
            hint = "as the owner: \(repair)GRANT \(need.roles[0].rawValue) TO \(name)"
        }
    }
}
