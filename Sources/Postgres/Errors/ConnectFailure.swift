import FoundationEssentials

/// Reads libpq's message about a connection that could not be made.
///
/// libpq 15 has no SQLSTATE for these failures, so what kind they are is told by their text. A server that speaks another language
/// than English shows as `.cannotConnect` with its own words.
enum ConnectFailure {
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
    ]

    static func error(message: String, conninfo: String) -> PostgresError {
        guard let secrets = ConnectionString.secrets(in: conninfo) ?? (ConnectionString.isReadable(conninfo) ? [] : nil)
        else {
            // What libpq says about it quotes pieces of it, and a piece may be of the password.
            return PostgresError(
                .cannotConnect,
                "the connection string cannot be read; it is a libpq URI (postgresql://user@host/database) or "
                    + "keywords (host=... dbname=...)")
        }
        let environment = ProcessInfo.processInfo.environment["PGPASSWORD"].map { [$0] } ?? []
        let harmless = (secrets + environment).filter { !$0.isEmpty }
            .reduce(message) { $0.replacing($1, with: "•••") }
            .onOneLine
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
        return PostgresError(.cannotConnect, harmless, sqlState: obstacle?.sqlState)
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
