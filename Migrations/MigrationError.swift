package import Postgres

/// Why the database was not brought to the newest schema.
package struct MigrationError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// An applied file differs from the one in this binary.
        case changed
        /// The database has been migrated by a newer release.
        case ahead
        case insufficientPrivilege
        /// Other sessions hold the locks that a migration needs.
        case blocked
        /// The database keeps its text in another encoding than UTF8.
        case wrongEncoding
        case failed
    }

    package let kind: Kind
    package let message: String
    package let cause: PostgresError?

    package var description: String { message }

    static func changed(_ migration: Migration) -> MigrationError {
        MigrationError(
            kind: .changed,
            message: "\(migration.fileName) was applied to this database with another content than this binary has: "
                + "an applied migration must never change; restore the file, or use the binary that applied it",
            cause: nil)
    }

    static func ahead(database: Int, binary: Int) -> MigrationError {
        MigrationError(
            kind: .ahead,
            message: "the database has schema version \(database), this binary knows only up to \(binary): "
                + "a newer kushim-jira has migrated it; install that release or a later one",
            cause: nil)
    }

    static func wrongEncoding(_ encoding: String) -> MigrationError {
        MigrationError(
            kind: .wrongEncoding,
            message: "\(AskForEncoding.problem(encoding)); \(AskForEncoding.remedy)", cause: nil)
    }

    static func blocked(_ cause: PostgresError, by blockers: [String], after time: Duration) -> MigrationError {
        let who = blockers.isEmpty ? "another session" : blockers.joined(separator: "; ")
        return MigrationError(
            kind: .blocked,
            message:
                "gave up after \(time.components.seconds) s, since locks were held by \(who); nothing was changed; end "
                + "that session (SELECT pg_terminate_backend(PID)) or wait until it has ended, and run `kushim-jira migrate` again",
            cause: cause)
    }

    static func failed(_ what: String, _ error: PostgresError) -> MigrationError {
        if error.sqlState == .insufficientPrivilege {
            MigrationError(
                kind: .insufficientPrivilege,
                message:
                    "\(what): \(error); run `kushim-jira migrate` as a login that owns the database and has CREATEROLE, "
                    + "or let a superuser first run: CREATE ROLE kushim_jira_producer NOLOGIN; "
                    + "CREATE ROLE kushim_jira_worker NOLOGIN; CREATE ROLE kushim_jira_auditor NOLOGIN; "
                    + "GRANT CREATE ON DATABASE ... TO the login that migrates",
                cause: error)
        } else {
            MigrationError(kind: .failed, message: "\(what): \(error)", cause: error)
        }
    }
}
