import FoundationEssentials
import Jira
import Postgres

/// The settings that hold for one customer: the environment's, changed by the customer's own.
struct CustomerSettings: Sendable {
    var tickets: TicketSettings { planner.settings }
    let planner: TicketPlanner
    /// They say something of tickets that the environment's do not.
    let hasOwnTickets: Bool
    let sla: SLASettings
    let slack: SlackSettings

    /// Those of the environment.
    init(_ base: ComplianceConfiguration) {
        planner = TicketPlanner(base.tickets, appURL: base.appURL)
        hasOwnTickets = false
        sla = base.sla
        slack = base.slack
    }

    init(_ base: ComplianceConfiguration, patchText: String) throws(SettingsError) {
        let patch: JSONValue
        do {
            patch = try JSONValue(parsing: patchText)
        } catch {
            throw SettingsError(path: "settings", problem: "\(error)")
        }
        try self.init(base, patch: patch)
    }

    /// - Parameter patch: the customer's `settings`: a merge patch over `tickets`, `sla`, `slack`, `recheck`.
    init(_ base: ComplianceConfiguration, patch: JSONValue) throws(SettingsError) {
        try KnownKeys.customers.check(patch)
        planner = TicketPlanner(
            try Self.patched(base.tickets, by: patch["tickets"], "tickets"), appURL: base.appURL)
        hasOwnTickets = patch["tickets"] != nil
        sla = try Self.patched(base.sla, by: patch["sla"], "sla")
        slack = try base.slack.patched(by: patch["slack"])
        if let limit = planner.settings.perHour, limit < 1 {
            throw SettingsError(path: "tickets.per_hour", problem: "\(limit) is out of range; use 1 or more")
        }
        if let word = patch["recheck"]?["on_resolved"], word.boolValue == nil, !word.isNull {
            throw SettingsError(path: "recheck.on_resolved", problem: "true or false is expected")
        }
    }

    private static func patched<Section: Codable>(
        _ section: Section, by patch: JSONValue?, _ name: String
    ) throws(SettingsError) -> Section {
        guard let patch else { return section }
        let merged: JSONValue
        do {
            merged =
                patch.isNull ? [:] : try JSONValue(parsing: Array(JSONEncoder().encode(section))).merged(with: patch)
            return try JSONDecoder().decode(Section.self, from: Data(merged.serialized()))
        } catch let error as DecodingError {
            throw SettingsError(error, in: name)
        } catch {
            throw SettingsError(path: name, problem: "\(error)")
        }
    }
}

/// The settings of customers, read at most every few seconds, and parsed only when they have changed.
actor CustomerDirectory {
    private struct Known {
        /// As it stands in the database; nil for a customer without one.
        let patch: ExactText?
        let settings: CustomerSettings
        let isPaused: Bool
        let readAt: ContinuousClock.Instant
    }

    private let pool: PostgresPool
    private let base: ComplianceConfiguration
    private var known: [ExactText: Known] = [:]
    /// Of all customers without a patch; also when there are more of them than are kept in mind.
    private let common: CustomerSettings

    init(pool: PostgresPool, base: ComplianceConfiguration) {
        self.pool = pool
        self.base = base
        common = CustomerSettings(base)
    }

    /// - Parameter isHeldByPause: false for what is not the customer's alone.
    /// - Throws: `NotNow` while the customer is paused or its settings cannot be used.
    func settings(of customerID: String, isHeldByPause: Bool = true) async throws -> CustomerSettings {
        let current = try await current(customerID)
        if isHeldByPause, current.isPaused {
            throw NotNow(
                untilMended: "customer \(customerID) is paused; resume it with: "
                    + CustomerPause.resumeCommand(for: customerID),
                wait: base.gates.configuration / 2)
        }
        return current.settings
    }

    private func current(_ customerID: String) async throws -> Known {
        let name = ExactText(customerID)
        let former = known[name]
        // Whoever ends a pause wakes the jobs that wait for it as soon as what was read of gates is stale.
        let freshness =
            former?.isPaused == true ? min(base.settingsFreshness, base.gates.freshness) : base.settingsFreshness
        if let former, former.readAt.duration(to: .now) < freshness { return former }
        let askedAt = ContinuousClock.now
        let row = try await pool.execute(ReadCustomer(customerID: customerID)).first
        let patch = row.flatMap { $0.settings == "{}" ? nil : ExactText($0.settings) }
        let current = Known(
            patch: patch, settings: try settings(of: customerID, patch: patch, former),
            isPaused: row?.isPaused ?? false,
            readAt: askedAt)
        if known.count >= 10_000 { known = [:] }
        known[name] = current
        return current
    }

    private func settings(
        of customerID: String, patch: ExactText?, _ former: Known?
    ) throws(NotNow) -> CustomerSettings {
        guard let patch else { return common }
        if let former, former.patch == patch { return former.settings }
        do throws(SettingsError) {
            return try CustomerSettings(base, patchText: patch.text)
        } catch {
            throw NotNow(
                untilMended: "the settings of customer \(customerID) cannot be used: \(error); correct them in"
                    + " its row of kushim_jira.connections", wait: base.gates.configuration)
        }
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
