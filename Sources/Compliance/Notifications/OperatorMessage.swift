import Jira
import Jobs
import Postgres

/// What an operator is told in Slack, once for each occasion: the payload of a `notification` job.
enum OperatorMessage: Sendable, Hashable {
    /// A customer has more failures than `tickets.per_hour`, which is so many.
    case flood(limit: Int)
    /// A gate was shut that will not open by itself soon. `closedAt` is the database's: by it a shutting is known from a later one.
    case blocked(scope: String, isForAPerson: Bool, reason: String, remedy: String, closedAt: String)
    /// One failure waits for what its project demands or refuses of it, and keeps no other waiting.
    case held(jobID: Int64, controlID: String, scope: String, reason: String, remedy: String)

    private static let aboutFlood = "per_hour"
    static let aboutBlock = "blocked"
    private static let aboutHeld = "held"

    /// Nil if the notification is about something else.
    init?(payload: String) throws(PayloadError) {
        let reader = try PayloadReader(payload)
        func text(_ name: String) throws(PayloadError) -> String {
            guard let text = reader.members[name]?.stringValue else {
                throw PayloadError(field: "payload.\(name)", problem: "a text is expected")
            }
            return text
        }
        func number(_ name: String) throws(PayloadError) -> Int64 {
            guard let number = reader.members[name]?.integerValue else {
                throw PayloadError(field: "payload.\(name)", problem: "a number is expected")
            }
            return number
        }
        switch reader.members["about"]?.stringValue {
        case Self.aboutFlood: self = try .flood(limit: Int(number("limit")))
        case Self.aboutHeld:
            self = try .held(
                jobID: number("jobId"), controlID: text("controlId"), scope: text("scope"), reason: text("reason"),
                remedy: text("remedy"))
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

    /// Of many that wait in one place the first is told of.
    static func held(
        _ obstacle: RequestPreparation.Obstacle, at scope: GateScope, controlID: String, job: ClaimedJob
    ) -> NewJob {
        let payload: JSONValue = [
            "about": .string(aboutHeld), "jobId": .integer(job.id), "controlId": .string(controlID),
            "scope": .string(scope.description), "reason": .string(obstacle.sentence),
            "remedy": .string(obstacle.remedy),
        ]
        return NewJob(
            kind: NotificationHandler.kind, customerID: job.customerID, payload: payload.description,
            uniqueKey: String("\(aboutHeld) \(scope)".unicodeScalars.prefix(500)))
    }

    func json(customerID: String) -> JSONValue {
        ["text": .string(SlackMessage.escaped(text(customerID: customerID).singleLine(limit: 4_000)))]
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
        case .held(let jobID, let controlID, let scope, let reason, let remedy):
            "The ticket of \(controlID) of customer \(customerID) waits, while others are made in \(scope). \(reason)"
                + "\(remedy.isEmpty ? "" : " \(remedy)") Nothing is lost: it is tried again within"
                + " an hour, or at once after `kushim-jira jobs retry \(jobID)`. Others that wait so are not told of one by"
                + " one: `kushim-jira jobs list --state scheduled` shows them."
        }
    }

    /// Who met a gate first is told of it, whoever else waits for it.
    var mayConcernOthers: Bool {
        if case .blocked = self { true } else { false }
    }

    /// For the audit record.
    var detail: [String: JSONValue] {
        switch self {
        case .flood(let limit): ["about": "tickets.per_hour", "limit": .integer(Int64(limit))]
        case .blocked(let scope, _, let reason, _, _):
            ["about": "connection.blocked", "scope": .string(scope), "reason": .string(reason)]
        case .held(let jobID, let controlID, let scope, let reason, _):
            [
                "about": "ticket.held", "controlId": .string(controlID), "heldJob": .integer(jobID),
                "scope": .string(scope), "reason": .string(reason),
            ]
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
        let settings = try await services.customers.settings(
            of: job.customerID, isHeldByPause: !message.mayConcernOthers)
        guard let webhook = settings.slack.webhook(for: .critical) else { return .completed() }
        guard job.losses == 0 else {
            return sent(["outcome": "unknown: a worker was lost while it posted the message"])
        }
        guard try await isDue() else { return .completed() }
        try context.checkLease()
        let request = SlackMessage.request(
            message.json(customerID: job.customerID), to: webhook, settings.slack, context)
        switch await services.deliver(request, waitedBefore: job.snoozes) {
        case .sent: return sent([:])
        case .unknown(let reason): return sent(["outcome": .string("unknown: \(reason)")])
        case .later(let wait, let reason): throw NotNow(wait: wait, reason: reason)
        case .again(let reason): return .retry(reason: reason)
        case .never(let reason): return .discard(reason: reason)
        }
    }

    /// False if there is nothing to mend any more, or the same was told of another failure. A gate may be opened and shut again and
    /// again: who was told of it a moment ago is told later, if it is still shut then.
    private func isDue() async throws -> Bool {
        switch message {
        case .flood: return true
        case .blocked(let scope, _, let reason, _, let closedAt):
            let question = ReadBlock(scope: scope, reason: reason, closedAt: closedAt, customerID: job.customerID)
            guard let block = try await services.pool.execute(question).first, block.isStill else { return false }
            let wait = block.sinceTold.map { services.configuration.gates.silence - $0 } ?? .zero
            if wait > .zero {
                throw NotNow(wait: wait, reason: "an operator was told the same of \(scope) a while ago")
            }
            return true
        case .held(let jobID, _, let scope, let reason, _):
            let question = ReadHeld(jobID: jobID, scope: scope, reason: reason, customerID: job.customerID)
            guard let held = try await services.pool.execute(question).first, held.isStill else { return false }
            return held.sinceTold.map { $0 >= Gates.silenceAboutHeld } ?? true
        }
    }

    private func sent(_ more: [String: JSONValue]) -> Outcome {
        let detail = message.detail.merging(["to": "slack"]) { own, _ in own }
        return .completed([services.record(.notificationSent, control: nil, detail.merging(more) { _, new in new })])
    }
}
