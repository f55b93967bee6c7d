import Foundation

@testable import Compliance
@testable import Jira

/// The guide's example: six users without MFA.
enum ExampleFailure {
    static let members: [String: JSONValue] = [
        "controlId": "AWS_IAM_MFA", "controlTitle": "IAM MFA Enforcement", "severity": "high",
        "failureReason": "6 users without MFA", "framework": "SOC 2", "evidenceId": "ev-42", "integration": "AWS",
        "detectedAt": "2026-01-15T10:30:00Z",
    ]

    /// - Parameter changes: members to set; null takes one away.
    static func payload(_ changes: [String: JSONValue] = [:]) -> String {
        let changed = members.merging(changes) { $1 }.filter { !$0.value.isNull }
        return JSONValue.object(changed).description
    }

    static func failure(_ changes: [String: JSONValue] = [:]) throws -> ComplianceFailure {
        try ComplianceFailure(payload: payload(changes))
    }

    static let facts = TicketFacts(
        customerID: "acme", jobID: 7, insertedAt: Date(timeIntervalSince1970: 1_768_473_000), dueDate: "2026-01-22",
        fingerprint: Fingerprint(hex: String(repeating: "0123456789abcdef", count: 4)))

    static func settings(_ change: (inout TicketSettings) -> Void = { _ in }) -> TicketSettings {
        var settings = TicketSettings()
        settings.project = "COMP"
        change(&settings)
        return settings
    }

    /// The draft of a failure that becomes a ticket.
    static func draft(
        _ changes: [String: JSONValue] = [:], _ change: (inout TicketSettings) -> Void = { _ in }
    ) throws -> TicketDraft {
        let plan = TicketPlanner(settings(change)).plan(try failure(changes), facts)
        guard case .create(let draft) = plan else { throw NoTicket(plan: plan) }
        return draft
    }

    struct NoTicket: Error {
        var plan: TicketPlan
    }
}
