import FoundationEssentials
import Jira
import Jobs

/// The payload of a `notification` job for the people at an open ticket: its control failed again, perhaps worse than before.
struct FollowUpComment: Sendable {
    enum About: Sendable {
        case escalated(from: Severity, dueDate: String)
        /// The day that has one such comment; nil: each failure has.
        case repeated(day: String?)
    }

    let ticketID: Int64
    let failedAt: Date
    let failure: ComplianceFailure
    let about: About

    /// What a comment can hold of a failure's reason is less; this keeps the job small.
    private static let longestReason = 20_000

    var purpose: TicketComment.Purpose {
        switch about {
        case .escalated: .escalated
        case .repeated: .repeated
        }
    }

    private var occasion: String? {
        switch about {
        case .escalated: failure.severity.rawValue
        case .repeated(let day): day
        }
    }

    /// - Parameter jobID: of the failure.
    func job(customerID: String, after jobID: Int64) -> NewJob {
        var members: [String: JSONValue] = [
            "about": .string(purpose.rawValue), "ticketId": .integer(ticketID), "failedAt": .moment(failedAt),
            "controlId": .string(failure.controlID), "controlTitle": .string(failure.controlTitle),
            "severity": .string(failure.severity.rawValue),
            "failureReason": .string(String(failure.failureReason.prefix(utf16Units: Self.longestReason))),
        ]
        members["evidenceId"] = failure.evidenceID.map { .string($0) }
        members["evidenceUrl"] = failure.evidenceURL.map { .string($0) }
        switch about {
        case .escalated(let from, let dueDate):
            members["from"] = .string(from.rawValue)
            members["dueDate"] = .string(dueDate)
        case .repeated(let day):
            members["day"] = day.map { .string($0) }
        }
        return NewJob(
            kind: SLANotification.kind, customerID: customerID, payload: JSONValue.object(members).description,
            uniqueKey: "\(purpose.rawValue):\(ticketID):\(occasion ?? "job \(jobID)")")
    }

    /// - Parameter mark: by which the comment is found again.
    func comment(mark: String, appURL: String) -> TicketComment {
        var content: [Document.Block]
        let control: [Document.Inline] = [.text("Control "), .text(failure.controlID, .strong)]
        let detected: [Document.Inline] = [.text(failedAt.formatted(.iso8601), .strong), .text(".")]
        switch about {
        case .escalated(let from, let dueDate):
            content = [
                .paragraph(
                    control + [
                        .text(" failed again with severity "), .text(failure.severity.rawValue, .strong),
                        .text(" (before: \(from.rawValue)), detected "),
                    ] + detected),
                .paragraph([.text("It must now be remedied by "), .text(dueDate, .strong), .text(".")]),
            ]
        case .repeated:
            content = [.paragraph(control + [.text(" failed again, detected ")] + detected)]
        }
        content.append(.paragraph([.text(failure.failureReason)]))
        if let evidence = TicketComment.evidence(of: failure, appURL: appURL) {
            content.append(.paragraph([.text("Evidence: "), evidence]))
        }
        return TicketComment(purpose, occasion: occasion, mark: mark, content)
    }
}

extension FollowUpComment {
    /// Nil if the notification is about something else.
    init?(payload: String) throws(PayloadError) {
        let reader = try PayloadReader(payload)
        switch reader.members["about"]?.stringValue {
        case TicketComment.Purpose.escalated.rawValue:
            about = .escalated(from: try reader.severity("from"), dueDate: try reader.required("dueDate"))
        case TicketComment.Purpose.repeated.rawValue:
            about = .repeated(day: try reader.optional("day"))
        default: return nil
        }
        guard let ticketID = reader.members["ticketId"]?.integerValue else {
            throw PayloadError(field: "payload.ticketId", problem: "the id of a ticket in the ledger is expected")
        }
        guard let failedAt = try reader.moment("failedAt") else {
            throw PayloadError(field: "payload.failedAt", problem: "missing; a time is expected")
        }
        self.ticketID = ticketID
        self.failedAt = failedAt
        failure = try ComplianceFailure(payload: payload)
    }
}
