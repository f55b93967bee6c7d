import Jira
package import Postgres

extension TicketSettings {
    /// The settings that hold for a customer: these, changed by the customer's own.
    /// - Throws: `SettingsError` when the customer's cannot be used.
    package func effective(for customerID: String, on connection: PostgresConnection) async throws -> TicketSettings {
        guard let row = try await connection.execute(ReadCustomer(customerID: customerID)).first else { return self }
        var base = ComplianceConfiguration(actor: "")
        base.tickets = self
        let patch = try JSONValue(parsing: row.settings)
        return try CustomerSettings(base, patch: patch, isPaused: row.isPaused).tickets
    }
}
