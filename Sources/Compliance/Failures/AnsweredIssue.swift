import Jira
import Postgres

/// The issue that the answer to a create request names. What stands between us and Jira may answer with another's: the answer to an
/// earlier request, to one that is under way too, or one that was rewritten.
struct AnsweredIssue: Sendable {
    static let remedy =
        "Look at what stands between kushim-jira and Jira, such as a proxy with a cache: it gives a request another's answer."

    let issue: CreateIssue.Response
    let mark: TicketMark
    let asker: Asker

    /// Throws, with the outcome unknown, unless the issue was made for the episode. Jira is asked only where something speaks
    /// against it, so that a ticket which is made alone costs one request. Throws `UnseenAnswer` where Jira cannot be asked now, and
    /// nothing but others' requests speaks against it.
    ///
    /// - Parameters:
    ///   - lastSeen: a number that Jira gave away in the project before the request.
    ///   - others: what the ledger has of other tickets.
    func prove(in project: String, lastSeen: Int64?, _ others: OthersOfAnswer.Row) async throws {
        let parts = IssueKey.parts(issue.key)
        let isNew = parts.map { $0.project == project && $0.number > (lastSeen ?? 0) } ?? false
        let isLikely = isNew && !others.haveIssue
        if isLikely, !others.areUnderWay { return }
        let read: [JiraIssue]
        do {
            read = try await asker.issues([issue.id], fields: ["labels", "description"])
        } catch {
            guard isLikely else { throw unproven }
            throw UnseenAnswer(key: issue.key)
        }
        guard let found = read.first(where: { $0.id == issue.id }) else {
            // Issue security may hide even an own new issue; to call that a doubt would make issue after issue.
            if isLikely { return }
            throw unproven
        }
        if mark.isCarried(by: found) { return }
        let carried = mark.found(on: found)
        guard isLikely, carried == nil || carried == mark.fingerprint else { throw unproven }
    }

    private var unproven: JiraError {
        JiraError(
            kind: .unreadableAnswer,
            messages: ["the answer names \(issue.key), which is another ticket or could not be read"],
            operation: CreateIssue.operation, outcome: .unknown, remedy: Self.remedy)
    }
}

/// An issue that is likely the ticket, and could not be read at this moment. The create stays in doubt, which says nothing against
/// what was sent or where to.
struct UnseenAnswer: Error, CustomStringConvertible {
    let key: String

    var description: String { "\(key) could not be read, to tell that it is the ticket and not another's; looking for it" }
}

/// What the ledger has of other tickets that speaks against an answer: whether one has the issue already, at that site, and whether
/// a create request of another is under way or in doubt in the project, whose answer it may be.
struct OthersOfAnswer: Statement {
    static let sql = """
        SELECT EXISTS (SELECT FROM kushim_jira.tickets t
                       WHERE t.issue_id = $1 AND t.id <> $2 AND t.state IN ('open', 'done')
                         AND split_part(t.issue_url, '/browse/', 1) = $3),
               EXISTS (SELECT FROM kushim_jira.tickets o
                       WHERE o.state = 'creating' AND o.in_doubt AND o.id <> $2 AND o.project_key = $4)
        """
    let issueID: String
    let ticketID: Int64
    let site: String
    let project: String

    struct Row: Sendable {
        var haveIssue: Bool
        var areUnderWay: Bool
    }

    var parameters: [any PostgresEncodable] { [issueID, ticketID, site, project] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(haveIssue: try columns.next(), areUnderWay: try columns.next())
    }
}
