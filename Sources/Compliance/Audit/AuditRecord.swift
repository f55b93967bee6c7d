package import Jira
package import Jobs
package import Logging
package import Postgres

/// What happened, in the words of the contract.
package enum AuditAction: String, Sendable, CaseIterable {
    case jobClaimedAgain = "job.claimed_again"
    case jobRetried = "job.retried"
    case jobDiscarded = "job.discarded"
    case jobCancelled = "job.cancelled"
    case ticketCreated = "ticket.created"
    case ticketAdopted = "ticket.adopted"
    case ticketDeduplicated = "ticket.deduplicated"
    case ticketSkipped = "ticket.skipped"
    case ticketCommented = "ticket.commented"
    case ticketResolved = "ticket.resolved"
    case ticketEscalated = "ticket.escalated"
    case ticketDeleted = "ticket.deleted"
    case ticketHeld = "ticket.held"
    case ticketTwins = "ticket.twins"
    case ticketMoved = "ticket.moved"
    case slaScheduled = "sla.scheduled"
    case slaAlerted = "sla.alerted"
    case slaMet = "sla.met"
    case notificationSent = "notification.sent"
    case connectionOpened = "connection.opened"
    case connectionBlocked = "connection.blocked"
    case connectionChanged = "connection.changed"
    /// A person had a job run again.
    case adminRetry = "admin.retry"
    /// A person had shut gates tried, and waiting jobs run, at once.
    case adminResume = "admin.resume"
}

/// One record for one thing that happened, written in the transaction that made it true.
package struct AuditRecord: Effect {
    package var action: AuditAction
    package var controlID: String?
    package var issueKey: String?
    /// The worker and its version.
    package var actor: String
    /// The why. Never a secret; texts are cut.
    package var detail: [String: JSONValue]

    package init(
        _ action: AuditAction, controlID: String? = nil, issueKey: String? = nil, actor: String,
        detail: [String: JSONValue] = [:]
    ) {
        self.action = action
        self.controlID = controlID
        self.issueKey = issueKey
        self.actor = actor
        self.detail = detail
    }

    package static func statement(for batch: [(job: ClaimedJob, effect: AuditRecord)]) -> InsertAuditRecords {
        InsertAuditRecords(records: batch.map { (customerID: $0.job.customerID, jobID: $0.job.id, record: $0.effect) })
    }

    package func wasWritten(for job: ClaimedJob, logger: Logger) {
        switch action {
        case .ticketCreated:
            TicketMetrics.ended("created")
            logger.info("created a ticket", metadata: metadata(job))
        case .ticketAdopted:
            TicketMetrics.ended("adopted")
            logger.notice(
                detail["sends"] == 0
                    ? "adopted a ticket that exists already" : "found the ticket of a request whose answer was lost",
                metadata: metadata(job))
        case .ticketDeduplicated: TicketMetrics.ended("deduplicated")
        case .ticketSkipped: TicketMetrics.ended("skipped")
        case .jobDiscarded where job.kind == ComplianceFailureHandler.kind: TicketMetrics.ended("discarded")
        default: break
        }
    }

    private func metadata(_ job: ClaimedJob) -> Logger.Metadata {
        [
            "issue": "\(issueKey ?? "-")", "control": "\(controlID ?? "-")", "customer": "\(job.customerID)",
            "job": "\(job.id)",
        ]
    }
}

package struct InsertAuditRecords: Statement {
    package static let sql = """
        INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, control_id, issue_key, actor, detail)
        SELECT customer_id, job_id, action, control_id, issue_key, actor, detail
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
             WITH ORDINALITY AS g (customer_id, job_id, action, control_id, issue_key, actor, detail, place)
        ORDER BY place
        """
    let records: [(customerID: String, jobID: Int64?, record: AuditRecord)]

    package var parameters: [any PostgresEncodable] {
        [
            records.map(\.customerID), records.map(\.jobID), records.map(\.record.action.rawValue),
            records.map(\.record.controlID), records.map(\.record.issueKey), records.map(\.record.actor),
            records.map { PostgresJSON(text: AuditDetail.text($0.record.detail)) },
        ]
    }
}

extension InsertAuditRecords {
    /// Of something that no job did.
    init(_ record: AuditRecord, customerID: String) {
        self.init(records: [(customerID: customerID, jobID: nil, record: record)])
    }
}
