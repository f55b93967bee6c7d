import FoundationEssentials
import Jira

/// What Jira says of a ticket in the ledger; see `TicketLook`.
enum TicketStatus: Sendable {
    /// With the name of the status, if Jira was asked.
    case open(String?)
    case done(Closing, resolution: String?)
    /// Surely gone from Jira; how that is known.
    case deleted(String)
    /// Jira does not show it, and it may be there all the same; what to do.
    case hidden(String)
    /// It stays at a site that the customer's connection is no longer to; where.
    case elsewhere(String)
    /// Jira could not tell; the reason.
    case unknown(String)

    /// Of a ticket that is not where it was.
    var whereItWent: String? {
        switch self {
        case .deleted(let how): how
        case .elsewhere(let place): place
        case .hidden(let why): why
        case .open, .done, .unknown: nil
        }
    }

    /// Why nothing is known of it now.
    var whyUnseen: String? {
        switch self {
        case .hidden(let why), .unknown(let why): why
        case .open, .done, .deleted, .elsewhere: nil
        }
    }

    /// Cloud tells when the status became done even where no resolution is set.
    static func fields(_ connection: JiraConnection) -> [String] {
        ["status", "resolution", "resolutiondate"]
            + (connection.deployment == .cloud ? [JiraIssue.statusChangedField] : [])
    }
}

extension TicketEnded {
    /// Nil if the status is no end.
    init?(ticketID: Int64, _ status: TicketStatus, actor: String, noticedBy: String) {
        switch status {
        case .open, .hidden, .unknown:
            return nil
        case .done(let closing, let resolution):
            self.init(
                ticketID: ticketID, how: .done, at: closing.stamp, actor: actor,
                detail: [
                    "resolution": resolution.map { .string($0) } ?? .null, "how": .string(noticedBy),
                    "dateFrom": closing.source.map { .string($0.rawValue) } ?? "nothing in Jira: when it was noticed",
                    "atTheLatest": closing.isEstimate ? true : .null,
                ])
            since = closing.since
            isEstimate = closing.isEstimate
        case .deleted(let how):
            self.init(
                ticketID: ticketID, how: .deleted, at: nil, actor: actor,
                detail: ["how": .string("\(how); \(noticedBy)")])
        case .elsewhere(let place):
            self.init(
                ticketID: ticketID, how: .left, at: nil, actor: actor,
                detail: ["leftBehind": true, "reason": .string(place), "how": .string(noticedBy)])
        }
    }
}
