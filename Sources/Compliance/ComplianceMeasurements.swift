package import Logging
import Metrics
package import Postgres
import ServiceLifecycle
import Synchronization

/// Tells how many tickets are in doubt, and which connections are blocked until a person acts.
package struct ComplianceMeasurements: Service {
    private let pool: PostgresPool
    private let interval: Duration
    private let logger: Logger
    package let shutGates = GateWatch()

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
        var blocked: Set<ExactText> = []
        while !Task.isCancelled {
            do {
                blocked = try await measure(blockedBefore: blocked)
            } catch {
                logger.debug("could not measure tickets", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: interval)
        }
    }

    private func measure(blockedBefore: Set<ExactText>) async throws -> Set<ExactText> {
        let (doubts, gates) = try await pool.transaction(CountDoubts(), ListShutGates())
        shutGates.set(gates)
        Gauge(label: "kushim_jira_tickets_in_doubt").record(doubts.first ?? 0)
        let blocked = Set(gates.filter(\.needsAPerson).map { ExactText($0.customerID) })
        for customer in blocked.union(blockedBefore) {
            Gauge(label: "kushim_jira_connection_blocked", dimensions: [("customer", customer.text)])
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

/// The gates that were shut when they were last looked at, for the daemon's status.
package final class GateWatch: Sendable {
    private let gates = Mutex<[ShutGateLine]>([])

    init() {}

    func set(_ lines: [ShutGateLine]) { gates.withLock { $0 = lines } }

    /// A few, in words; those first that a person must open.
    package var words: [String] {
        let lines = gates.withLock { $0 }
        let order = lines.filter(\.needsAPerson) + lines.filter { !$0.needsAPerson }
        let first = order.prefix(2).map { "held up: \($0.scope) (\($0.cause)): \($0.reason)" }
        return order.count > 2 ? first + ["and \(order.count - 2) more are held up"] : first
    }
}

extension ShutGateLine {
    fileprivate var needsAPerson: Bool { cause == "credentials" || cause == "configuration" }
}
