import FoundationEssentials
import Jira
import Postgres

/// The settings that hold for one customer: the environment's, changed by the customer's own.
struct CustomerSettings: Sendable {
    var tickets: TicketSettings { planner.settings }
    let planner: TicketPlanner
    let sla: SLASettings
    let slack: SlackSettings
    let isPaused: Bool

    /// - Parameter patch: the customer's `settings`: a merge patch over `tickets`, `sla`, `slack`.
    init(_ base: ComplianceConfiguration, patch: JSONValue, isPaused: Bool) throws(SettingsError) {
        planner = TicketPlanner(
            try Self.patched(base.tickets, by: patch["tickets"], "tickets"), appURL: base.appURL)
        sla = try Self.patched(base.sla, by: patch["sla"], "sla")
        slack = try base.slack.patched(by: patch["slack"])
        self.isPaused = isPaused
    }

    private static func patched<Section: Codable>(
        _ section: Section, by patch: JSONValue?, _ name: String
    ) throws(SettingsError) -> Section {
        guard let patch else { return section }
        do {
            let base = try JSONValue(parsing: Array(JSONEncoder().encode(section)))
            return try JSONDecoder().decode(Section.self, from: Data(base.merged(with: patch).serialized()))
        } catch let DecodingError.dataCorrupted(context), let DecodingError.typeMismatch(_, context),
            let DecodingError.keyNotFound(_, context), let DecodingError.valueNotFound(_, context)
        {
            let path = ([name] + context.codingPath.map(\.stringValue)).joined(separator: ".")
            throw SettingsError(path: path, problem: context.debugDescription)
        } catch {
            throw SettingsError(path: name, problem: "\(error)")
        }
    }
}

/// The settings of customers, read at most every few seconds.
actor CustomerDirectory {
    private let pool: PostgresPool
    private let base: ComplianceConfiguration
    private var known: [String: (settings: CustomerSettings, readAt: ContinuousClock.Instant)] = [:]

    init(pool: PostgresPool, base: ComplianceConfiguration) {
        self.pool = pool
        self.base = base
    }

    /// - Throws: `NotNow` while the customer is paused or its settings cannot be used.
    func settings(of customerID: String) async throws -> CustomerSettings {
        let settings = try await current(customerID)
        if settings.isPaused {
            throw NotNow(
                wait: base.gates.configuration / 2,
                reason: "customer \(customerID) is paused; to resume, set paused to false in its row of"
                    + " kushim_jira.connections")
        }
        return settings
    }

    private func current(_ customerID: String) async throws -> CustomerSettings {
        if let (settings, readAt) = known[customerID], readAt.duration(to: .now) < base.settingsFreshness {
            return settings
        }
        let row = try await pool.execute(ReadCustomer(customerID: customerID)).first
        let settings: CustomerSettings
        do {
            settings = try CustomerSettings(
                base, patch: row.flatMap { try? JSONValue(parsing: $0.settings) } ?? [:],
                isPaused: row?.isPaused ?? false)
        } catch {
            throw NotNow(
                wait: base.gates.configuration,
                reason: "the settings of customer \(customerID) cannot be used: \(error); correct them in its"
                    + " row of kushim_jira.connections")
        }
        if known.count >= 10_000 { known = [:] }
        known[customerID] = (settings, .now)
        return settings
    }
}

struct ReadCustomer: Statement {
    static let sql = "SELECT settings::text, paused FROM kushim_jira.connections WHERE customer_id = $1"
    let customerID: String

    var parameters: [any PostgresEncodable] { [customerID] }

    struct Row: Sendable {
        let settings: String
        let isPaused: Bool
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(settings: try columns.next(), isPaused: try columns.next())
    }
}
