/// How to reach PostgreSQL. What `conninfo` says wins over the defaults here.
package struct PostgresConfiguration: Sendable, CustomStringConvertible {
    /// A libpq URI or keyword string, several hosts allowed; empty leaves it to libpq's own `PG*` environment.
    package var conninfo: String
    package var applicationName: String
    /// For each host of the connection string; libpq counts in whole seconds and no fewer than two.
    package var connectTimeout: Duration = .seconds(10)
    /// How long sent data may stay unacknowledged before a half-open connection counts as dead.
    package var tcpUserTimeout: Duration = .seconds(15)
    /// Set on the server after connecting; nil for none. A connection string whose `options` set it is left alone.
    package var statementTimeout: Duration? = .seconds(30)
    /// How long a statement waits for a lock, by default; nil for as long as it may take. Shorter than `statementTimeout`, it tells a
    /// lock that another holds from slow work.
    package var lockTimeout: Duration?
    /// After so long without a word in the middle of a transaction the server ends it, and frees its locks: the client is
    /// suspended or gone.
    package var idleTransactionLimit: Duration = .seconds(15)
    /// How long beyond `statementTimeout`, or after a cancellation, the server's answer is awaited before the connection is dropped.
    package var answerGrace: Duration = .seconds(5)
    /// False sends unnamed statements, as is always done behind a pooler: PgBouncer before 1.21 in transaction mode needs it.
    package var usesPreparedStatements = true

    package init(conninfo: String, applicationName: String = "kushim-jira") {
        self.conninfo = conninfo
        self.applicationName = applicationName
    }

    /// Whether libpq can read it: a URI, keywords, or the bare name of a database. Nothing is contacted.
    package static func canRead(_ conninfo: String) -> Bool {
        ConnectionString.isReadable(conninfo)
    }

    /// Without the connection string, which may hold a password.
    package var description: String { "PostgresConfiguration(\(applicationName))" }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
