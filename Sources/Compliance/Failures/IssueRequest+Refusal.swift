import Jira

extension IssueRequest {
    /// Leaves out or shortens what Jira refused, where that can help. False if the request stays as it is.
    ///
    /// - Parameter mayLoseMark: whether the issue could be found without its label.
    mutating func change(
        because error: JiraError, of draft: TicketDraft, for deployment: JiraConnection.Deployment, mayLoseMark: Bool
    ) -> Bool {
        if case .invalid(let fields) = error.kind, deployment == .dataCenter,
            dropWideCharacters(of: fields.keys, because: error.words)
        {
            return true
        }
        if shortenDescription(of: draft, because: error, for: deployment) { return true }
        if drop(error.fieldErrors, mayLoseMark: mayLoseMark) { return true }
        guard case .invalid(let fields) = error.kind, fields.isEmpty else { return false }
        return dropOptional(because: error.words)
    }
}
