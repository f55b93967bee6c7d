import FoundationEssentials
import Jira

/// An issue in Jira that is an episode's ticket.
struct Sighting: Sendable {
    /// How it was found, in the words of the audit log.
    enum FoundBy: String, Sendable {
        /// By the label it was born with.
        case label
        /// By the word in its description that stands for the label, of a request of a service desk.
        case description
        /// By its key, among the issues made after the request was sent.
        case key
        /// Somebody else made it for the control, before the first request.
        case existing
    }

    /// By what an issue of somebody else's tells of the control.
    enum Match: String, Sendable {
        case label, summary
    }

    /// The oldest.
    var issue: IssueReference
    /// When it was created, by Jira's clock.
    var created: Date?
    var foundBy: FoundBy
    var match: Match?
    /// The keys of what else it could have been: clones, or doubles. Reported, and left alone.
    var others: [String] = []
}

extension Sighting {
    /// Nil if none of the issues carries the whole fingerprint.
    init?(
        of mark: TicketMark, among issues: [JiraIssue], foundBy: FoundBy, at connection: JiraConnection
    ) {
        let ours = issues.filter(mark.isCarried).sorted(by: JiraIssue.isOlder)
        guard let first = ours.first else { return nil }
        let alike = issues.filter { issue in
            mark.isShown(by: issue) && !ours.contains { $0.id == issue.id }
        }
        self.init(
            issue: IssueReference(first, at: connection), created: first.created,
            foundBy: mark.foundBy(first, foundBy),
            others: (ours.dropFirst() + alike).map(\.key))
    }
}

extension TicketMark {
    func foundBy(_ issue: JiraIssue, _ look: Sighting.FoundBy) -> Sighting.FoundBy {
        look == .label && !issue.labels.contains(fingerprint.label) ? .description : look
    }
}

extension IssueReference {
    init(_ issue: JiraIssue, at connection: JiraConnection) {
        self.init(id: issue.id, key: issue.key, url: connection.browseURL(issueKey: issue.key))
    }
}

extension JiraIssue {
    /// Ids rise with time, and stay when the issue is moved.
    static func isOlder(_ one: JiraIssue, _ other: JiraIssue) -> Bool {
        (Int64(one.id) ?? .max, one.id) < (Int64(other.id) ?? .max, other.id)
    }
}
