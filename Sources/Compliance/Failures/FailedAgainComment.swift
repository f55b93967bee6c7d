import FoundationEssentials
import Jira

extension TicketComment {
    /// Tells the people at a closed ticket that its control failed again, and until when no other ticket is opened.
    static func failedAgain(
        _ failure: ComplianceFailure, failedAt: Date, closedAt: Date, windowEnd: Date, appURL: String,
        fingerprint: Fingerprint
    ) -> TicketComment {
        var content: [Document.Block] = [
            .paragraph([
                .text("Control "), .text(failure.controlID, .strong), .text(" failed again, detected "),
                .text(failedAt.formatted(.iso8601), .strong), .text("."),
            ]),
            .paragraph([.text(failure.failureReason)]),
        ]
        if let evidence = evidence(of: failure, appURL: appURL) {
            content.append(.paragraph([.text("Evidence: "), evidence]))
        }
        content.append(
            .paragraph([
                .text("This ticket was closed at "), .text(closedAt.formatted(.iso8601)),
                .text(". A new ticket will be opened if the control still fails after "),
                .text(windowEnd.formatted(.iso8601), .strong), .text("."),
            ]))
        return TicketComment(.failedAgain, mark: failedAgainMark(fingerprint), content)
    }

    /// The same whichever failure posts it, since whoever takes it over looks for what the other sent.
    static func failedAgainMark(_ fingerprint: Fingerprint) -> String { "\(markRoot(fingerprint))failedagain" }

    static func evidence(of failure: ComplianceFailure, appURL: String) -> Document.Inline? {
        let link = failure.evidenceURL ?? failure.evidenceID.map { EvidenceLink.of($0, appURL: appURL) }
        return (failure.evidenceID ?? link).map { .text($0, link: link) }
    }
}
