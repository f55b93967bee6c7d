package import FoundationEssentials
package import Jira

/// What a ticket tells besides the failure and the settings.
package struct TicketFacts: Sendable, Hashable {
    package var customerID: String
    package var jobID: Int64
    /// When the job was inserted; stands for the time of detection where the payload has none.
    package var insertedAt: Date
    /// `2026-11-30`, in the time zone of the SLA; nil where there is no due date.
    package var dueDate: String?
    /// Nil for a dry run.
    package var fingerprint: Fingerprint?
    /// The ticket of the episode before.
    package var previousTicket: String?
    package var deployment: JiraConnection.Deployment

    package init(
        customerID: String, jobID: Int64, insertedAt: Date, dueDate: String? = nil, fingerprint: Fingerprint? = nil,
        previousTicket: String? = nil, deployment: JiraConnection.Deployment = .cloud
    ) {
        self.customerID = customerID
        self.jobID = jobID
        self.insertedAt = insertedAt
        self.dueDate = dueDate
        self.fingerprint = fingerprint
        self.previousTicket = previousTicket
        self.deployment = deployment
    }
}
