package import FoundationEssentials
package import Postgres

/// What all workers leave alone for the time being: a Jira over its limits, away, or refusing us.
package struct ShutGateLine: Sendable, Codable {
    /// The Jira site, or the project and issue type at it.
    package var scope: String
    /// rate_limited, unavailable, credentials or configuration.
    package var cause: String
    package var reason: String
    package var remedy: String
    package var customerID: String
    package var closedAt: Date
    package var closedUntil: Date
}

package struct ListShutGates: Statement {
    package static let sql = """
        SELECT scope, cause, reason, remedy, customer_id, closed_at, closed_until FROM kushim_jira.gates ORDER BY closed_at
        """

    package init() {}

    package var parameters: [any PostgresEncodable] { [] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> ShutGateLine {
        ShutGateLine(
            scope: try columns.next(), cause: try columns.next(), reason: try columns.next(),
            remedy: try columns.next(), customerID: try columns.next(), closedAt: try columns.next(),
            closedUntil: try columns.next())
    }
}

/// An open ticket that has passed three quarters of its time, or all of it.
package struct UrgentTicket: Sendable, Codable {
    package var issueKey: String?
    package var customerID: String
    package var controlID: String
    package var severity: String
    /// approaching or breached.
    package var sla: String
    package var dueAt: Date
    package var secondsLeft: Double
}

/// The most urgent first.
package struct ListUrgentTickets: Statement {
    package static let sql = """
        SELECT issue_key, customer_id, control_id, severity, sla, due_at, extract(epoch FROM time_left)::float8
        FROM kushim_jira.sla_status WHERE sla IN ('approaching', 'breached') ORDER BY due_at LIMIT $1
        """
    private let limit: Int

    package init(limit: Int) {
        self.limit = limit
    }

    package var parameters: [any PostgresEncodable] { [Int64(limit)] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> UrgentTicket {
        UrgentTicket(
            issueKey: try columns.next(), customerID: try columns.next(), controlID: try columns.next(),
            severity: try columns.next(), sla: try columns.next(), dueAt: try columns.next(),
            secondsLeft: try columns.next())
    }
}
