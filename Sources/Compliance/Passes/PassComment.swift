import FoundationEssentials
import Jira

extension TicketComment {
    /// Tells the people at a ticket that its control passes again.
    static func passed(
        _ pass: CompliancePass, passedAt: Date, appURL: String, fingerprint: Fingerprint, jobID: Int64
    ) -> TicketComment {
        var content: [Document.Block] = [
            .paragraph([
                .text("Control "), .text(pass.controlID, .strong), .text(" passes again, since "),
                .text(passedAt.formatted(.iso8601), .strong), .text("."),
            ])
        ]
        if let message = pass.message {
            content.append(.paragraph([.text(message)]))
        }
        if let id = pass.evidenceID {
            content.append(
                .paragraph([.text("Evidence: "), .text(id, link: EvidenceLink.of(id, appURL: appURL))]))
        }
        return TicketComment(.passed, mark: "\(markRoot(fingerprint))pass\(jobID)", content)
    }
}
