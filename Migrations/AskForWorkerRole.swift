import Postgres

/// Whether the worker's role is there and this login has it; every login can read the catalog.
struct AskForWorkerRole: Statement {
    static let sql = """
        SELECT quote_ident(current_user), to_regrole('kushim_jira_worker') IS NOT NULL,
               coalesce((SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = 'kushim_jira_worker'), false)
        """

    struct Row: Sendable {
        /// As SQL takes it.
        let login: String
        let roleExists: Bool
        let isMember: Bool

        /// What helps a login that may not read the schema. A restore into a cluster without the roles has lost role and grants.
        var remedy: String {
            let repair = "run `kushim-jira migrate --repair`"
            let grant = "GRANT kushim_jira_worker TO \(login)"
            if isMember {
                return "\(login) has the role kushim_jira_worker, and the role lacks its grants, as after a restore: "
                    + "as the owner of the schema \(repair)"
            }
            return roleExists
                ? "as the owner of the schema: \(grant)"
                : "there is no role kushim_jira_worker, as after a restore into another cluster: "
                    + "as the owner of the schema \(repair), then \(grant)"
        }
    }

    var parameters: [any PostgresEncodable] { [] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(login: try columns.next(), roleExists: try columns.next(), isMember: try columns.next())
    }
}
