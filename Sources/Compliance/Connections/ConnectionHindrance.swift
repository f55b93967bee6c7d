package import FoundationEssentials
import Jira

/// What keeps a customer's jobs from being done, beside a pause.
package struct ConnectionHindrance: Sendable, Codable {
    /// The gate that is shut, or the setting.
    package var scope: String
    /// As `ShutGateLine` has it; or `settings`, or `no_jira`.
    package var cause: String
    package var reason: String
    package var remedy: String
    /// When it is tried again; nil: when somebody has mended it.
    package var until: Date?

    package init(scope: String, cause: String, reason: String, remedy: String, until: Date? = nil) {
        self.scope = scope
        self.cause = cause
        self.reason = reason
        self.remedy = remedy
        self.until = until
    }

    private init(_ gate: ShutGateLine) {
        self.init(
            scope: gate.scope, cause: gate.cause, reason: gate.reason, remedy: gate.remedy, until: gate.closedUntil)
    }

    /// Of the gates that are shut, those that tickets by these settings meet: the site's before a project's.
    ///
    /// - Parameter owner: the customer, if these are settings of its own.
    package static func gates(
        _ shut: [ShutGateLine], at baseURL: String, for tickets: TicketSettings, of owner: String? = nil
    ) -> [ConnectionHindrance] {
        let site = GateScope.site(at: baseURL)
        let scopes = [site] + tickets.targets.map { .target(at: baseURL, project: $0.project, $0.kind, of: owner) }
        return scopes.flatMap { scope in shut.filter { GateScope(description: $0.scope) == scope } }.map(ConnectionHindrance.init)
    }
}
