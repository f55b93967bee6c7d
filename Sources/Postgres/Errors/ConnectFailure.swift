import FoundationEssentials

/// Reads libpq's message about a connection that could not be made.
///
/// libpq 15 has no SQLSTATE for these failures, so what kind they are is told by their text. A server that speaks another language
/// than English shows as `.cannotConnect` with its own words.
enum ConnectFailure {
    /// What libpq says of a server that `target_session_attrs=read-write` passes over.
    static let readOnlySession = "session is read-only"

    private static let refusals: [(text: String, sqlState: SQLState)] = [
        ("password authentication failed", .invalidPassword),
        ("no password supplied", .invalidPassword),
        ("authentication failed", .invalidAuthorization),
        ("no pg_hba.conf entry", .invalidAuthorization),
        ("pg_hba.conf rejects connection", .invalidAuthorization),
        ("is not permitted to log in", .invalidAuthorization),
    ]

    private static let obstacles: [(text: String, sqlState: SQLState)] = [
        ("too many clients already", .tooManyConnections),
        ("remaining connection slots are reserved", .tooManyConnections),
        ("too many connections for", .tooManyConnections),
        ("the database system is", .cannotConnectNow),
        (readOnlySession, .readOnlyTransaction),
        ("server is in hot standby mode", .readOnlyTransaction),
    ]

    static func error(message: String, conninfo: String) -> PostgresError {
        let harmless = harmless(message, conninfo: conninfo)
        if let refusal = refusals.first(where: { message.contains($0.text) }) {
            return PostgresError(.refusedCredentials, harmless, sqlState: refusal.sqlState)
        }
        if message.contains(/role ".*" does not exist/) {
            return PostgresError(.refusedCredentials, harmless, sqlState: .invalidAuthorization)
        }
        if message.contains(/database ".*" does not exist/) {
            return PostgresError(.cannotConnect, harmless, sqlState: .invalidDatabaseName)
        }
        let obstacle = obstacles.first { message.contains($0.text) }
        var error = PostgresError(.cannotConnect, harmless, sqlState: obstacle?.sqlState)
        if error.sqlState == .readOnlyTransaction {
            error.hint = "name the primary among the hosts, or promote this standby"
        }
        return error
    }

    private static func harmless(_ message: String, conninfo: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        // libpq takes each of these as it is, so a URL in one of them would be quoted whole.
        let hasOddVariable = ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"].contains {
            environment[$0]?.contains("://") == true
        }
        guard !hasOddVariable, let secrets = ConnectionString.secrets(in: conninfo) else {
            return
                "PostgreSQL cannot be reached as the connection string says, and what libpq says about it may hold a piece of "
                + "the password; it is a URI (postgresql://user:password@host/database, where a password's @ : / ? # % are "
                + "written as %40 %3A %2F %3F %23 %25) or keywords (host=... password='...')"
        }
        return (secrets + [environment["PGPASSWORD"] ?? ""]).filter { !$0.isEmpty }
            .sorted { $0.utf8.count > $1.utf8.count }
            .reduce(message) { $0.replacing($1, with: "•••") }
            .onOneLine
    }
}

extension String {
    /// Lines and what indents them become single spaces.
    var onOneLine: String {
        split(whereSeparator: \.isNewline)
            .map { $0.drop(while: \.isWhitespace).trimmed }
            .joined(separator: " ")
    }
}

extension StringProtocol {
    /// Without white space at the end.
    var trimmed: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
