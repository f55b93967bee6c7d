import Postgres

extension PostgresError {
    /// What an operator can do about it, for the daemon's log and `/readyz`; nil where the message must do.
    var remedy: String? {
        switch sqlState {
        case .undefinedTable?, .undefinedColumn?, .undefinedFunction?, .invalidSchemaName?:
            "the schema is missing or old: run `kushim-jira migrate`"
        case .insufficientPrivilege?:
            "as the owner of the schema run `kushim-jira migrate --repair`, and if the daemon's login has no role: "
                + "GRANT kushim_jira_worker TO it"
        case .notNullViolation?:
            "this column was added by hand to a table of kushim-jira, which has no value for it: ALTER TABLE "
                + "kushim_jira.\(table ?? "TABLE") ALTER COLUMN \(column ?? "COLUMN") DROP NOT NULL"
        case .lockNotAvailable?:
            "another session holds a lock on these rows or on the table: end its transaction (`kushim-jira status` names it)"
        case .diskFull?: "make room on the disk of PostgreSQL"
        case .tooManyConnections?: Self.moreConnections
        default: nil
        }
    }

    /// What helps where the server, the database or the login has no connection left.
    package static let moreConnections =
        "raise the limit: ALTER ROLE ... CONNECTION LIMIT or ALTER DATABASE ... CONNECTION LIMIT where the message names a role or "
        + "a database, else max_connections of the server; or run fewer daemons: each holds 2 connections and one for each of "
        + "worker.concurrency, 10 at most"
}
