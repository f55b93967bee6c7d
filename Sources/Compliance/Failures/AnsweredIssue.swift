import Jira
import Postgres

/// The issue that the answer to a create request names. What stands between us and Jira may answer with another's: the answer to an
/// earlier request, or one that was rewritten.
struct AnsweredIssue: Sendable {
    let issue: CreateIssue.Response
    let mark: TicketMark
    let asker: Asker

    /// Throws, with the outcome unknown, unless the issue was made for the episode. Jira is asked only where something speaks
    /// against it, so that most tickets cost one request.
    ///
    /// - Parameters:
    ///   - lastSeen: a number that Jira gave away in the project before the request.
    ///   - isTaken: whether another ticket in the ledger has that id.
    func prove(in project: String, lastSeen: Int64?, isTaken: Bool) async throws {
        let parts = IssueKey.parts(issue.key)
        let isNew = parts.map { $0.project == project && $0.number > (lastSeen ?? 0) } ?? false
        guard !isNew || isTaken else { return }
        let read = try? await asker.issues([issue.id], fields: ["labels", "description"])
        guard let found = read?.first, found.id == issue.id, mark.isCarried(by: found) else { throw unproven }
    }

    private var unproven: JiraError {
        JiraError(
            kind: .unreadableAnswer,
            messages: ["the answer names \(issue.key), which is another ticket or could not be read"],
            operation: CreateIssue.operation, outcome: .unknown)
    }
}

/// Whether a ticket of the ledger has the id already, at that site.
struct IssueIsTaken: Statement {
    static let sql = """
        SELECT EXISTS (SELECT FROM kushim_jira.tickets t
                       WHERE t.issue_id = $1 AND t.id <> $2 AND t.state IN ('open', 'done')
                         AND split_part(t.issue_url, '/browse/', 1) = $3)
        """
    let issueID: String
    let ticketID: Int64
    let site: String

    var parameters: [any PostgresEncodable] { [issueID, ticketID, site] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool { try columns.next() }
}
