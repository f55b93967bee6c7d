import HTTP
import Jira
import Jobs

/// The payload of a `notification` job that tells of a flood.
struct FloodNotification: Sendable {
    private static let about = "per_hour"

    /// `tickets.per_hour` when it was met.
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Nil if the notification is about something else.
    init?(payload: String) throws(PayloadError) {
        let reader = try PayloadReader(payload)
        guard reader.members["about"]?.stringValue == Self.about else { return nil }
        guard let limit = (reader.members["limit"]?.integerValue).flatMap({ Int(exactly: $0) }) else {
            throw PayloadError(field: "payload.limit", problem: "a number is expected")
        }
        self.limit = limit
    }

    func job(customerID: String) -> NewJob {
        let payload: JSONValue = ["about": .string(Self.about), "limit": .integer(Int64(limit))]
        return NewJob(
            kind: SLANotification.kind, customerID: customerID, payload: payload.description, uniqueKey: Self.about)
    }

    func message(customerID: String) -> JSONValue {
        let text =
            "Customer \(customerID) has more failures than tickets.per_hour allows: \(limit) tickets are created within an"
            + " hour, the rest waits its turn. Nothing is lost. `kushim-jira jobs list` shows what waits; raise"
            + " tickets.per_hour to let more through."
        return ["text": .string(SlackMessage.escaped(text))]
    }
}

/// Tells of a flood, at most once: a message that may have been posted by a worker that was lost is not sent again.
struct FloodNotificationPosting {
    let services: ComplianceServices
    let job: ClaimedJob
    let context: JobContext
    let notification: FloodNotification

    func bringToAnEnd() async throws -> Outcome {
        let settings = try await services.customers.settings(of: job.customerID)
        guard let webhook = settings.slack.webhook(for: .critical) else { return .completed() }
        guard job.losses == 0 else {
            return sent(["outcome": "unknown: a worker was lost while it posted the message"])
        }
        try context.checkLease()
        let message = notification.message(customerID: job.customerID)
        let request = SlackMessage.request(message, to: webhook, settings.slack, context)
        switch await services.deliver(request) {
        case .sent: return sent([:])
        case .unknown(let reason): return sent(["outcome": .string("unknown: \(reason)")])
        case .later(let wait, let reason): throw NotNow(wait: wait, reason: reason)
        case .again(let reason): return .retry(reason: reason)
        case .never(let reason): return .discard(reason: reason)
        }
    }

    private func sent(_ more: [String: JSONValue]) -> Outcome {
        let detail: [String: JSONValue] = [
            "to": "slack", "about": "tickets.per_hour", "limit": .integer(Int64(notification.limit)),
        ]
        return .completed([services.record(.notificationSent, control: nil, detail.merging(more) { _, new in new })])
    }
}
