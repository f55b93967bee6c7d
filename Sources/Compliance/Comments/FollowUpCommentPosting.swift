import FoundationEssentials
import Jira
import Jobs
import Postgres

/// Tells the people at an open ticket that its control failed again, once for each occasion.
struct FollowUpCommentPosting {
    let services: ComplianceServices
    let job: ClaimedJob
    let context: JobContext
    let about: FollowUpComment

    func bringToAnEnd() async throws -> Outcome {
        _ = try await services.customers.settings(of: job.customerID)
        let found = try await services.pool.execute(FindCommentedTicket(ticketID: about.ticketID, jobID: job.id)).first
        guard let ticket = found, let known = ticket.known else {
            return .discard(reason: "payload.ticketId: the ledger has no issue for ticket \(about.ticketID)")
        }
        guard !ticket.isSettled else { return .completed() }
        let issue = known.reference
        let mark = "\(TicketComment.markRoot(known.mark.fingerprint))\(about.purpose.rawValue)\(job.id)"
        let comment = about.comment(mark: mark, appURL: services.configuration.appURL)
        let posting = CommentPosting(
            services: services, jira: try services.jira(for: job, context), job: job, context: context,
            ticket: known, progress: ticket.comment)
        if ticket.comment.isInDoubt {
            do {
                if let found = try await posting.look(for: mark) { return posted(found, issue, wasLookedFor: true) }
            } catch let error as JiraError {
                if case .notFound = error.kind { return refused(error, issue) }
                return .retry(reason: "\(error)")
            }
        }
        switch try await posting.post(comment) {
        case .posted(let comment, let wasLookedFor): return posted(comment, issue, wasLookedFor: wasLookedFor)
        case .refused(let error): return refused(error, issue)
        case .unproven(let outcome): return outcome
        // Another failure had the same occasion.
        case .begunByAnother: return .completed()
        case .gone(let status): return gone(status, issue)
        }
    }

    private func posted(_ comment: JiraComment, _ issue: IssueReference, wasLookedFor: Bool) -> Outcome {
        .completed([
            CommentSettled(how: .posted(commentID: comment.id)),
            services.record(
                .ticketCommented, control: about.failure.controlID, issueKey: issue.key,
                [
                    "purpose": .string(about.purpose.rawValue), "commentId": .string(comment.id),
                    "failedAt": .moment(about.failedAt),
                    "evidenceId": about.failure.evidenceID.map { .string($0) } ?? .null,
                    "foundAfterDoubt": wasLookedFor ? true : .null,
                ]),
        ])
    }

    private func gone(_ status: TicketStatus, _ issue: IssueReference) -> Outcome {
        .completed([
            services.record(
                .ticketSkipped, control: about.failure.controlID, issueKey: issue.key,
                ["rule": "ticket_gone", "reason": .string(status.whereItWent ?? "\(issue.key) is gone from Jira")])
        ])
    }

    /// It would only tell what the ledger and the audit log have anyway.
    private func refused(_ error: JiraError, _ issue: IssueReference) -> Outcome {
        .completed([
            CommentSettled(how: .refused),
            services.record(
                .ticketSkipped, control: about.failure.controlID, issueKey: issue.key,
                ["rule": "comment_refused", "reason": .string(error.sentence)]),
        ])
    }
}

/// A ticket to be commented on, and the comment that this job may have begun.
struct FindCommentedTicket: Statement {
    static let sql = """
        SELECT \(KnownIssue.columns(of: "t")), coalesce(c.state <> 'intended', false),
               coalesce(c.sends, 0), coalesce(c.in_doubt, false),
               extract(epoch FROM clock_timestamp() - c.last_sent_at)::float8
        FROM kushim_jira.tickets t LEFT JOIN kushim_jira.comments c ON c.job_id = $2
        WHERE t.id = $1
        """
    let ticketID: Int64
    let jobID: Int64

    var parameters: [any PostgresEncodable] { [ticketID, jobID] }

    struct Row: Sendable {
        let known: KnownIssue?
        /// The comment was posted, or never will be.
        let isSettled: Bool
        let comment: CommentProgress
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        let known = try KnownIssue(&columns)
        let isSettled: Bool = try columns.next()
        let sends: Int32 = try columns.next()
        let isInDoubt: Bool = try columns.next()
        let sinceSent: Duration? = try columns.next()
        return Row(
            known: known, isSettled: isSettled,
            comment: CommentProgress(sends: Int(sends), isInDoubt: isInDoubt, sinceSent: sinceSent)
        )
    }
}
