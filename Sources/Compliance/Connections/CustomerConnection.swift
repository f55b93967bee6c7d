package import FoundationEssentials
package import Postgres

/// What the database knows of a customer's connection.
package struct CustomerConnection: Sendable {
    package var customerID: String
    /// False for a customer who uses the environment's connection and settings.
    package var hasRow: Bool
    /// A merge patch, as JSON.
    package var settings: String
    /// What of them this login may not read.
    package var hiddenSections: [String] = []
    package var isPaused: Bool
    package var changedAt: Date?
    /// Jobs that are ready to run, or wait for something that is not the time they were asked for.
    package var waitingJobs: Int64
    /// What one of them waits for.
    package var waitsFor: String?
}

extension CustomerConnection {
    /// Of a customer who has neither a row nor jobs that wait.
    package init(unknown customerID: String) {
        self.init(
            customerID: customerID, hasRow: false, settings: "{}", isPaused: false, changedAt: nil, waitingJobs: 0)
    }
}

extension CustomerConnection {
    /// Customers who have a row, or jobs that wait. A login that may not read secrets gets the settings without them.
    ///
    /// - Parameter customerID: only this one's.
    package static func list(
        _ customerID: String? = nil, on connection: PostgresConnection
    ) async throws -> [CustomerConnection] {
        do {
            return try await connection.execute(ListCustomerConnections(customerID: customerID))
        } catch let error where error.sqlState == .insufficientPrivilege {
            return try await connection.execute(ListGuardedConnections(customerID: customerID))
        }
    }
}

package struct ListCustomerConnections: Statement {
    package static let sql = text(hidden: "'{}'::text[]", from: "connections")
    private let customerID: String?

    package init(customerID: String? = nil) {
        self.customerID = customerID
    }

    package var parameters: [any PostgresEncodable] { [customerID] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> CustomerConnection {
        try CustomerConnection(reading: &columns)
    }

    /// - Parameter table: where settings are read from.
    fileprivate static func text(hidden: String, from table: String) -> String {
        """
        SELECT customer_id, c.paused IS NOT NULL, coalesce(c.settings, '{}')::text, coalesce(c.hidden, '{}'),
               coalesce(c.paused, false), c.changed_at, coalesce(w.jobs, 0), w.reason
        FROM (SELECT customer_id, paused, settings, changed_at, \(hidden) AS hidden FROM kushim_jira.\(table)) AS c
        FULL JOIN (SELECT customer_id, count(*) AS jobs, min(reason) AS reason
                   FROM (SELECT customer_id, NULL::text AS reason FROM kushim_jira.ready
                         WHERE $1::text IS NULL OR customer_id = $1
                         UNION ALL
                         SELECT customer_id, reason FROM kushim_jira.scheduled
                         WHERE reason IS NOT NULL AND ($1::text IS NULL OR customer_id = $1)) AS waiting
                   GROUP BY customer_id) AS w USING (customer_id)
        WHERE $1::text IS NULL OR customer_id = $1
        ORDER BY customer_id
        """
    }
}

/// The same for a login that may not read secrets.
struct ListGuardedConnections: Statement {
    static let sql = ListCustomerConnections.text(hidden: "hidden", from: "customer_settings")
    let customerID: String?

    var parameters: [any PostgresEncodable] { [customerID] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> CustomerConnection {
        try CustomerConnection(reading: &columns)
    }
}

extension CustomerConnection {
    fileprivate init(reading columns: inout ColumnReader) throws(PostgresError) {
        self.init(
            customerID: try columns.next(), hasRow: try columns.next(), settings: try columns.next(),
            hiddenSections: try columns.next(), isPaused: try columns.next(), changedAt: try columns.next(),
            waitingJobs: try columns.next(), waitsFor: try columns.next())
    }
}

package struct ListPausedCustomers: Statement {
    package static let sql = "SELECT customer_id FROM kushim_jira.connections WHERE paused ORDER BY customer_id"

    package init() {}

    package var parameters: [any PostgresEncodable] { [] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String {
        try columns.next()
    }
}
