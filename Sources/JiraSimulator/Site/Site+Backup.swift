/// What an administrator has who restores Jira from a backup: what was there then, and from which numbers it counts on.
struct Backup: Sendable {
    fileprivate var issues: [Int: SimulatedIssue]
    fileprivate var issueIDs: [String: Int]
    fileprivate var lastNumber: [String: Int]
    fileprivate var lastIssueID: Int
    fileprivate var comments: [Int: (issueID: Int, position: Int)]
    fileprivate var lastCommentID: Int
    fileprivate var index: SearchIndex
}

extension Site {
    func backedUp() -> Backup {
        Backup(
            issues: issues, issueIDs: issueIDs, lastNumber: lastNumber, lastIssueID: lastIssueID, comments: comments,
            lastCommentID: lastCommentID, index: index)
    }

    /// Everything since is gone, and the ids and keys that it had are given again.
    mutating func restore(_ backup: Backup) {
        for issue in issues.values.sorted(by: { $0.id < $1.id }) {
            let former = backup.issues[issue.id]
            if former == nil { lostIssues.append(issue) } else if former != issue { setBackIssues.append(issue) }
        }
        issues = backup.issues
        issueIDs = backup.issueIDs
        lastNumber = backup.lastNumber
        lastIssueID = backup.lastIssueID
        comments = backup.comments
        lastCommentID = backup.lastCommentID
        index = backup.index
    }
}
