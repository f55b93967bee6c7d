import FoundationEssentials
import HTTP
import Jira
import Jobs
import Logging
import Postgres

/// Posts a message to Slack, at most once for each threshold of a ticket.
///
/// A webhook takes no key by which it could tell a message sent again from another, and has no way to ask what it posted. So
/// what may have arrived is not sent again: an alert that calls people twice is soon one that nobody reads, and the audit log
/// has the alert itself (`sla.alerted`) and says of the message that its outcome is unknown. It is sent again only where it
/// surely was not taken.
struct NotificationHandler: JobHandler {
    static let kind = SLANotification.kind

    let services: ComplianceServices

    /// After the due date; an alert of last week helps nobody.
    static let expiry: Duration = .seconds(24 * 3_600)

    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome {
        do {
            if let comment = try FollowUpComment(payload: job.payload) {
                return try await services.uncounted(job) {
                    try await FollowUpCommentPosting(services: services, job: job, context: context, about: comment)
                        .bringToAnEnd()
                }
            }
            if let message = try OperatorMessage(payload: job.payload) {
                return try await services.uncounted(job) {
                    try await OperatorMessagePosting(
                        services: services, job: job, context: context, message: message
                    ).bringToAnEnd()
                }
            }
            let notification = try SLANotification(payload: job.payload)
            return try await services.uncounted(job) { try await perform(job, notification.alert, context) }
        } catch let error as PayloadError {
            return .discard(reason: "\(error)")
        }
    }

    private func perform(_ job: ClaimedJob, _ alert: SLAAlert, _ context: JobContext) async throws -> Outcome {
        let settings = try await services.customers.settings(of: job.customerID)
        guard let ticket = try await services.pool.execute(ReadTicket(id: alert.ticketID)).first,
            let issue = ticket.issue
        else { return .discard(reason: "payload.ticketId: the ledger has no issue for ticket \(alert.ticketID)") }
        let message = try await services.pool.execute(ReadMessage(alert: alert)).first
        if let message, message.isSettled { return .completed() }
        if let message, message.isInDoubt {
            // Another job's is for that job to tell of.
            guard message.jobID == job.id else { return .completed() }
            return unknown("what became of the request was not recorded", alert, ticket)
        }
        if ticket.timeLeft < .zero - Self.expiry {
            return .discard(
                reason: "expired: \(issue.key) was due more than 24 hours ago, before the message could be sent")
        }
        guard let webhook = settings.slack.webhook(for: ticket.severity) else {
            return .discard(
                reason: "no Slack webhook for severity \(ticket.severity.rawValue) any more; set slack.channels or"
                    + " SLACK_WEBHOOK_URL")
        }
        let text = SlackMessage(ticket: ticket, issue: issue, threshold: alert.threshold)
        let request = SlackMessage.request(text.json, to: webhook, settings.slack, context)
        try context.checkLease()
        let mark = MarkMessageSent(job: job, alert: alert, sends: message?.sends ?? 0)
        let (_, marked) = try await services.pool.transaction(CommitDurably(), mark)
        guard !marked.isEmpty else { throw LeaseLost() }
        return try await send(request, job, alert, ticket)
    }

    private func send(
        _ request: HTTPRequest, _ job: ClaimedJob, _ alert: SLAAlert, _ ticket: AlertedTicket
    ) async throws -> Outcome {
        switch await services.deliver(request, waitedBefore: job.snoozes) {
        case .sent: return .completed([settled(.sent, alert, ticket)])
        case .unknown(let reason): return unknown(reason, alert, ticket)
        case .later(let wait, let reason): throw NotNow(wait: wait, reason: reason, effects: [notSent(alert)])
        case .again(let reason): return .retry(reason: reason, [notSent(alert)])
        case .never(let reason): return .discard(reason: reason, [notSent(alert)])
        }
    }

    // MARK: Endings

    private func unknown(_ reason: String, _ alert: SLAAlert, _ ticket: AlertedTicket) -> Outcome {
        return .completed([settled(.unknown, alert, ticket, ["outcome": .string("unknown: \(reason)")])])
    }

    private func notSent(_ alert: SLAAlert) -> MessageSettled {
        MessageSettled(alert: alert, how: .notSent, actor: services.configuration.actor)
    }

    private func settled(
        _ how: MessageSettled.How, _ alert: SLAAlert, _ ticket: AlertedTicket, _ more: [String: JSONValue] = [:]
    ) -> MessageSettled {
        let detail: [String: JSONValue] = [
            "to": "slack", "threshold": .string("\(alert.threshold)"), "severity": .string(ticket.severity.rawValue),
        ]
        return MessageSettled(
            alert: alert, how: how, actor: services.configuration.actor,
            detail: detail.merging(more) { _, new in new })
    }
}
