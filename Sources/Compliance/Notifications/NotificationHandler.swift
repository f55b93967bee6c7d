import FoundationEssentials
import HTTP
import Jira
import Jobs
import Postgres

/// Posts a message to Slack, at least once: a double alert is better than none, and a webhook has no mark to look for.
struct NotificationHandler: JobHandler {
    static let kind = SLANotification.kind

    let services: ComplianceServices

    /// After the due date; an alert of last week helps nobody.
    static let expiry: Duration = .seconds(24 * 3_600)

    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome {
        let notification: SLANotification
        do {
            notification = try SLANotification(payload: job.payload)
        } catch {
            return .discard(reason: "\(error)")
        }
        return try await services.uncounted { try await perform(job, notification) }
    }

    private func perform(_ job: ClaimedJob, _ notification: SLANotification) async throws -> Outcome {
        let settings = try await services.customers.settings(of: job.customerID)
        let alert = notification.alert
        guard let ticket = try await services.pool.execute(ReadTicket(id: alert.ticketID)).first,
            let issue = ticket.issue
        else { return .discard(reason: "payload.ticketId: the ledger has no issue for ticket \(alert.ticketID)") }
        if ticket.timeLeft < .zero - Self.expiry {
            return .discard(
                reason: "expired: \(issue.key) was due more than 24 hours ago, before the message could be sent")
        }
        guard let webhook = settings.slack.webhook(for: ticket.severity) else {
            return .discard(
                reason: "no Slack webhook for severity \(ticket.severity.rawValue) any more; set slack.channels or"
                    + " SLACK_WEBHOOK_URL")
        }
        let message = SlackMessage(ticket: ticket, issue: issue, threshold: alert.threshold)
        let request = HTTPRequest(
            method: .post, url: webhook.reveal(), headers: ["Content-Type": "application/json"],
            body: message.json.serialized(), maximumResponseBytes: 65_536,
            allowsPlainHTTP: settings.slack.allowsPlainHTTP)
        let response: HTTPResponse
        do {
            response = try await services.http.send(request)
        } catch {
            return .retry(reason: "Slack did not answer: \(error.message)")
        }
        return try outcome(response, alert, ticket, issue)
    }

    private func outcome(
        _ response: HTTPResponse, _ alert: SLAAlert, _ ticket: AlertedTicket, _ issue: IssueReference
    ) throws(NotNow) -> Outcome {
        switch response.status {
        case 200..<300:
            return .completed([
                services.record(
                    .notificationSent, control: ticket.controlID, issueKey: issue.key,
                    [
                        "to": "slack", "threshold": .string("\(alert.threshold)"),
                        "severity": .string(ticket.severity.rawValue),
                    ])
            ])
        case 429:
            let seconds = response.headers["Retry-After"].flatMap { Double($0) } ?? 1
            throw NotNow(
                wait: .seconds(min(max(seconds, 1), 3_600)), reason: "Slack asks for fewer messages (HTTP 429)")
        case 400..<500:
            return .discard(
                reason: "Slack refused the message (HTTP \(response.status)\(Self.code(response))); make a new incoming"
                    + " webhook and set slack.channels or SLACK_WEBHOOK_URL")
        default:
            return .retry(reason: "Slack is not available (HTTP \(response.status))")
        }
    }

    /// Slack's error code, such as `no_service`; anything that is not one is not repeated, for it may hold the URL.
    private static func code(_ response: HTTPResponse) -> String {
        let text = String(decoding: response.body.prefix(64), as: UTF8.self)
        let isCode = !text.isEmpty && text.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 }
        return isCode ? ", \(text)" : ""
    }
}
