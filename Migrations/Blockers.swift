import Logging
import Postgres

/// Who keeps a migration from its locks.
struct Blockers: Sendable {
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private static let interval: Duration = .milliseconds(50)

    init(_ configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Watches the session on a connection of its own until cancelled, since whom it waited for cannot be asked afterwards.
    /// - Returns: those it was last seen waiting for, a sentence each.
    func watch(_ session: Int32) async -> [String] {
        var seen: [String] = []
        guard let connection = try? await PostgresConnection.connect(configuration, logger: logger) else { return [] }
        while !Task.isCancelled {
            if let now = try? await connection.execute(FindBlockers(session: session)), !now.isEmpty { seen = now }
            try? await Task.sleep(for: Self.interval)
        }
        await connection.close()
        return seen
    }
}

/// The sessions that another waits for. What it may not see of them, PostgreSQL leaves out.
private struct FindBlockers: Statement {
    static let sql = """
        SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(a.backend_type, ''), coalesce(a.state, ''),
               extract(epoch FROM clock_timestamp() - a.xact_start)::float8, coalesce(left(a.query, 400), '')
        FROM unnest(pg_blocking_pids($1)) AS b (pid) JOIN pg_stat_activity a ON a.pid = b.pid
        ORDER BY a.xact_start
        """
    let session: Int32
    var parameters: [any PostgresEncodable] { [session] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String {
        let pid: Int32 = try columns.next()
        let (user, application): (String, String) = (try columns.next(), try columns.next())
        let (kind, state): (String, String) = (try columns.next(), try columns.next())
        let age = try columns.next(as: Double?.self)
        let query: String = try columns.next()
        var text = "session \(pid)"
        if !user.isEmpty { text += " of \(user)" }
        if !application.isEmpty { text += " (\(application))" }
        if !kind.isEmpty, kind != "client backend" { text += ", \(kind)" }
        if !state.isEmpty { text += ", \(state)" }
        if let age { text += ", in a transaction for \(Int(max(0, min(age, 1e9)))) s" }
        return query.isEmpty ? text : text + ": " + shown(query)
    }

    /// On one line, and short. A statement that sets a password is left out.
    private static func shown(_ query: String) -> String {
        if query.lowercased().contains("password") { return "a statement about a password" }
        let line = query.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 120 ? line.prefix(119) + "…" : line
    }
}

/// The session's own number, as the server counts.
struct AskForSession: Statement {
    static let sql = "SELECT pg_backend_pid()"
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int32 { try columns.next() }
}
