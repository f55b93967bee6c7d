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

    /// Every project and issue type in which tickets may be made, each pair once.
    package var targets: [(project: String, issueType: String)] {
        var targets: [(project: String, issueType: String)] = []
        let fromRules = rules.map { ($0.project ?? project, $0.issueType ?? issueType) }
        for (project, issueType) in [(project, issueType)] + fromRules {
            guard let project, !targets.contains(where: { $0 == (project, issueType) }) else { continue }
            targets.append((project, issueType))
        }
        return targets
    }
}
