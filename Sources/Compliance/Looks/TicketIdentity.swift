import FoundationEssentials
import Jira

extension KnownIssue {
    /// Whether what Jira has under the ticket's id is the ticket.
    ///
    /// The id alone proves nothing: another site numbers its issues alike, and a Jira that was restored from a backup gives the
    /// same ids again. The mark proves it; where people took the mark off, or an adopted issue never had one, the time at
    /// which the issue was created does, once it was read.
    func isTicket(_ issue: JiraIssue, at connection: JiraConnection) -> Bool {
        if let found = mark.found(on: issue) { return found == mark.fingerprint }
        guard !isAtAnotherSite(than: connection), let created = issue.created else { return false }
        if let known = self.created { return abs(created.timeIntervalSince(known)) < 0.002 }
        // Of tickets from before origins were recorded, and of those that may have been made without a mark. What has been given
        // its id anew is younger than the ledger's row; Jira's clock may be ahead.
        guard origin == nil, let openedAt else { return false }
        return created < openedAt.addingTimeInterval(3_600)
    }

    /// Whether the connection is to another site than the one that has the issue.
    func isAtAnotherSite(than connection: JiraConnection) -> Bool {
        (origin ?? reference.site) != connection.browseURL
    }

    /// What must be read of an issue to tell.
    var fieldsToTell: [String] { ["created"] + [mark].fieldsToRead }
}
