import JiraSimulator
import TestSupport

@testable import Compliance

/// A kind of ticket, at a kind of Jira.
enum TicketKind: String, CaseIterable {
    case cloud, dataCenter, cloudRequest, dataCenterRequest

    var mode: SimulatedJira.Mode { self == .cloud || self == .cloudRequest ? .cloud : .dataCenter }
    var isRequest: Bool { self == .cloudRequest || self == .dataCenterRequest }
    var project: String { isRequest ? "IT" : "COMP" }

    /// Where each failure asks Jira anew.
    func scene(_ body: @Sendable (Scene) async throws -> Void) async throws {
        let configure: (inout ComplianceConfiguration) -> Void = { $0.statusFreshness = .zero }
        if isRequest {
            try await Scene.withServiceDesk(mode, configure: configure, body)
        } else {
            try await Scene.with(mode, configure: configure, body)
        }
    }
}

extension Scene {
    /// Each ticket's control, state and key.
    func ledger() async throws -> [String] {
        try await database.query(
            "SELECT control_id || ' ' || state || ' ' || issue_key FROM kushim_jira.tickets ORDER BY id"
        ).compactMap { $0[0] }
    }

    /// Lets all alerts come due, and waits until they are over.
    func runAlerts() async throws {
        _ = try await database.query(
            """
            UPDATE kushim_jira.scheduled SET run_at = clock_timestamp() WHERE kind = 'sla_alert'
            """)
        try await running {
            try await eventually("the alerts are over") {
                try await database.value(
                    "SELECT count(*) FROM kushim_jira.job_status WHERE kind = 'sla_alert' AND finished_at IS NULL")
                    == "0"
            }
        }
    }
}
