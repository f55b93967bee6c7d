import ArgumentParser
import Compliance
import Jobs

// What filters can be: any other word is refused with the list of these, and never taken for something of which there is none.

extension JobState: ExpressibleByArgument {}

extension Severity: ExpressibleByArgument {}

extension AuditAction: ExpressibleByArgument {}

/// Of a ticket in the ledger.
enum TicketState: String, CaseIterable, ExpressibleByArgument {
    case creating, open, done, deleted, left, refused
}

enum JobKind: String, CaseIterable, ExpressibleByArgument {
    case complianceFailure = "compliance_failure"
    case compliancePass = "compliance_pass"
    case slaAlert = "sla_alert"
    case notification
    case jiraWebhook = "jira_webhook"
    case recheck
}
