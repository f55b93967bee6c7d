package import FoundationEssentials
package import Postgres

/// A process that works or worked on the queue.
package struct WorkerSummary: Sendable {
    package let name: String
    package let version: String
    package let isAlive: Bool
    package let startedAt: Date
    package let heartbeatAt: Date
    /// What it says of itself: a JSON object.
    package let about: String
}

/// Those that are alive, and the one that was last; the newest first.
package struct ListWorkers: Statement {
    package static let sql = """
        SELECT name, version, is_alive, started_at, heartbeat_at, about::text
        FROM (SELECT *, state = 'up' AND heartbeat_at >= clock_timestamp() - lease AS is_alive,
                     row_number() OVER (ORDER BY heartbeat_at DESC) AS place
              FROM kushim_jira.workers) AS w
        WHERE is_alive OR place = 1
        ORDER BY is_alive DESC, started_at DESC
        """

    package init() {}

    package var parameters: [any PostgresEncodable] { [] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> WorkerSummary {
        WorkerSummary(
            name: try columns.next(), version: try columns.next(), isAlive: try columns.next(),
            startedAt: try columns.next(), heartbeatAt: try columns.next(), about: try columns.next())
    }
}
