/// What is to be done about a failure, as the settings have it.
package enum TicketPlan: Sendable, Hashable {
    case create(TicketDraft)
    case skip(TicketSkip)
    /// Nobody said where the ticket belongs: for an operator to settle, not for the job to fail by.
    case misconfigured(reason: String)
}

/// The same before any ticket is drafted.
package enum TicketDecision: Sendable, Hashable {
    case create(TicketRoute)
    case skip(TicketSkip)
    case misconfigured(reason: String)
}

/// Where a ticket goes, and which of the rules said so.
package struct TicketRoute: Sendable, Hashable {
    /// The key of the project.
    package var project: String
    /// Its place in `TicketSettings.rules`; nil if none matched.
    package var rule: Int?
}

/// Why a failure becomes no ticket.
package struct TicketSkip: Sendable, Hashable, CustomStringConvertible {
    /// The setting that decided, as the file has it: `minimum_severity: medium`.
    package var rule: String
    package var reason: String

    package var description: String { "\(reason) (\(rule))" }
}
