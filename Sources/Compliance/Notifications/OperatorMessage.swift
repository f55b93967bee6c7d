import Jira
import Jobs
import Postgres

/// What an operator is told in Slack, once for each occasion: the payload of a `notification` job.
enum OperatorMessage: Sendable, Hashable {
    /// A customer has more failures than `tickets.per_hour`, which is so many.
    case flood(limit: Int)
    /// A gate was shut that will not open by itself soon. `closedAt` is the database's: by it a shutting is known from a later one.
    case blocked(scope: String, isForAPerson: Bool, reason: String, remedy: String, closedAt: String)

    private static let aboutFlood = "per_hour"
    static let aboutBlock = "blocked"

    /// Nil if the notification is about something else.
    init?(payload: String) throws(PayloadError) {
        let reader = try PayloadReader(payload)
        func text(_ name: String) throws(PayloadError) -> String {
            guard let text = reader.members[name]?.stringValue else {
                throw PayloadError(field: "payload.\(name)", problem: "a text is expected")
            }
            return text
        }
        switch reader.members["about"]?.stringValue {
        case Self.aboutFlood:
            guard let limit = (reader.members["limit"]?.integerValue).flatMap({ Int(exactly: $0) }) else {
                throw PayloadError(field: "payload.limit", problem: "a number is expected")
            }
            self = .flood(limit: limit)
        case Self.aboutBlock:
            self = try .blocked(
                scope: text("scope"), isForAPerson: text("cause") != GateCause.unavailable.rawValue,
                reason: text("reason"), remedy: text("remedy"), closedAt: text("closedAt"))
        default: return nil
        }
    }

    /// Those of floods; what is told of a gate is inserted by the statement that shuts it.
    static func flood(limit: Int, customerID: String) -> NewJob {
        let payload: JSONValue = ["about": .string(aboutFlood), "limit": .integer(Int64(limit))]
        return NewJob(
            kind: NotificationHandler.kind, customerID: customerID, payload: payload.description,
            uniqueKey: aboutFlood)
    }

    func json(customerID: String) -> JSONValue {
        ["text": .string(SlackMessage.escaped(text(customerID: customerID)))]
    }

    private func text(customerID: String) -> String {
        switch self {
        case .flood(let limit):
            "Customer \(customerID) has more failures than tickets.per_hour allows: \(limit) tickets are created within an"
                + " hour, the rest waits its turn. Nothing is lost. `kushim-jira jobs list` shows what waits; raise"
                + " tickets.per_hour to let more through."
        case .blocked(let scope, let isForAPerson, let reason, let remedy, _):
            "Tickets of customer \(customerID) wait for \(scope). \(reason)\(remedy.isEmpty ? "" : " \(remedy)")"
                + " Nothing is lost and no attempt is charged. "
                + (isForAPerson
                    ? "Once that is mended they are made within minutes, or at once after"
                        + " `kushim-jira connections resume \(customerID)`."
                    : "They are made when it is over.")
        }
    }

    /// For the audit record.
    var detail: [String: JSONValue] {
        switch self {
        case .flood(let limit): ["about": "tickets.per_hour", "limit": .integer(Int64(limit))]
        case .blocked(let scope, _, let reason, _, _):
            ["about": "connection.blocked", "scope": .string(scope), "reason": .string(reason)]
        }
    }
}

/// Posts the message at most once: one that may have been posted by a worker that was lost is not sent again.
struct OperatorMessagePosting {
    let services: ComplianceServices
    let job: ClaimedJob
    let context: JobContext
    let message: OperatorMessage

    func bringToAnEnd() async throws -> Outcome {
        let settings = try await services.customers.settings(of: job.customerID)
        guard let webhook = settings.slack.webhook(for: .critical) else { return .completed() }
        guard job.losses == 0 else {
            return sent(["outcome": "unknown: a worker was lost while it posted the message"])
        }
        guard try await isDue() else { return .completed() }
        try context.checkLease()
        let request = SlackMessage.request(
            message.json(customerID: job.customerID), to: webhook, settings.slack, context)
        switch await services.deliver(request) {
        case .sent: return sent([:])
        case .unknown(let reason): return sent(["outcome": .string("unknown: \(reason)")])
        case .later(let wait, let reason): throw NotNow(wait: wait, reason: reason)
        case .again(let reason): return .retry(reason: reason)
        case .never(let reason): return .discard(reason: reason)
        }
    }

    /// False if there is nothing to mend any more. One failure that its project refuses shuts a gate each time it is its turn, and
    /// the next ticket opens it: who was told a moment ago is told again later, if it is still shut then.
    private func isDue() async throws -> Bool {
        guard case .blocked(let scope, _, let reason, _, let closedAt) = message else { return true }
        let question = ReadBlock(scope: scope, reason: reason, closedAt: closedAt, customerID: job.customerID)
        guard let block = try await services.pool.execute(question).first, block.isStillShut else { return false }
        let wait = block.sinceTold.map { services.configuration.gates.silence - $0 } ?? .zero
        if wait > .zero { throw NotNow(wait: wait, reason: "an operator was told the same of \(scope) a while ago") }
        return true
    }

    private func sent(_ more: [String: JSONValue]) -> Outcome {
        let detail = message.detail.merging(["to": "slack"]) { own, _ in own }
        return .completed([services.record(.notificationSent, control: nil, detail.merging(more) { _, new in new })])
    }
}

/// Whether a gate has stayed shut since the message was written, and when the same was last told of it.
struct ReadBlock: Statement {
    static let sql = """
        SELECT EXISTS (SELECT FROM kushim_jira.gates WHERE scope = $1 AND closed_at = $3::timestamptz),
               extract(epoch FROM clock_timestamp() - max(recorded_at))::float8
        FROM kushim_jira.audit_log
        WHERE customer_id = $4 AND control_id IS NULL AND action = 'notification.sent'
          AND detail ->> 'scope' = $1 AND detail ->> 'reason' = $2
        """
    let scope: String
    let reason: String
    let closedAt: String
    let customerID: String

    var parameters: [any PostgresEncodable] { [scope, reason, closedAt, customerID] }

    struct Row: Sendable {
        let isStillShut: Bool
        let sinceTold: Duration?
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(isStillShut: try columns.next(), sinceTold: try columns.next(as: Double?.self).map { .seconds($0) })
    }
}
