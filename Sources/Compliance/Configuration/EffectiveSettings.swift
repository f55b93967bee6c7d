import Jira
package import Postgres

/// The settings that hold for one customer, for commands.
package struct EffectiveSettings: Sendable {
    package let tickets: TicketSettings
    package let hasOwnTickets: Bool
    package let sla: SLASettings
    package let slack: SlackSettings
}

extension TicketSettings {
    /// What is not wrong, but hardly what somebody meant.
    package func warnings(appURL: String) -> [String] {
        idle.map(\.description) + TicketPlanner(self, appURL: appURL).warnings().map(\.description)
    }
}

extension ComplianceConfiguration {
    /// These settings, changed by a customer's own.
    /// - Parameter patch: JSON, as it stands in `kushim_jira.connections`.
    /// - Throws: `SettingsError` when the customer's cannot be used.
    package func effective(patch: String) throws -> EffectiveSettings {
        let settings = try CustomerSettings(self, patchText: patch)
        return EffectiveSettings(
            tickets: settings.tickets, hasOwnTickets: settings.hasOwnTickets, sla: settings.sla, slack: settings.slack)
    }

    /// The same, read from the database.
    package func effective(for customerID: String, on connection: PostgresConnection) async throws -> EffectiveSettings
    {
        let row = try await connection.execute(ReadCustomer(customerID: customerID)).first
        return try effective(patch: row?.settings ?? "{}")
    }
}
