package import Logging
import Metrics
package import Postgres
import ServiceLifecycle

/// Tells how many tickets are in doubt, and which connections are blocked until a person acts.
package struct ComplianceMeasurements: Service {
    private let pool: PostgresPool
    private let interval: Duration
    private let logger: Logger

    package init(pool: PostgresPool, interval: Duration = .seconds(15), logger: Logger) {
        self.pool = pool
        self.interval = interval
        self.logger = logger
    }

    /// Until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await measureAgainAndAgain() }
    }

    private func measureAgainAndAgain() async {
        var blocked: Set<String> = []
        while !Task.isCancelled {
            do {
                blocked = try await measure(blockedBefore: blocked)
            } catch {
                logger.debug("could not measure tickets", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: interval)
        }
    }

    private func measure(blockedBefore: Set<String>) async throws -> Set<String> {
        let (doubts, customers) = try await pool.transaction(CountDoubts(), ListBlockedCustomers())
        Gauge(label: "kushim_jira_tickets_in_doubt").record(doubts.first ?? 0)
        let blocked = Set(customers)
        for customer in blocked.union(blockedBefore) {
            Gauge(label: "kushim_jira_connection_blocked", dimensions: [("customer", customer)])
                .record(blocked.contains(customer) ? 1 : 0)
        }
        return blocked
    }
}

struct CountDoubts: Statement {
    static let sql = "SELECT count(*) FROM kushim_jira.tickets WHERE state = 'creating' AND in_doubt"

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 {
        try columns.next()
    }
}

struct ListBlockedCustomers: Statement {
    static let sql = """
        SELECT DISTINCT customer_id FROM kushim_jira.gates WHERE cause IN ('credentials', 'configuration')
        """

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String {
        try columns.next()
    }
}
