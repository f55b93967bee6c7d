import FoundationEssentials
import Jira
import Jobs
import Postgres

/// Says on the ticket that its control passes again, once for this pass.
struct PassAnnouncement {
    let services: ComplianceServices
    let jira: GuardedJira
    let job: ClaimedJob
    let context: JobContext
    let pass: CompliancePass
    let passedAt: Date
    let ticket: PassedTicket
    let issue: IssueReference

    func bringToAnEnd() async throws -> Outcome {
        let comment = TicketComment.passed(
            pass, passedAt: passedAt, appURL: services.configuration.appURL, fingerprint: ticket.fingerprint,
            jobID: job.id)
        let posting = CommentPosting(
            services: services, jira: jira, job: job, context: context, ticketID: ticket.id, issue: issue,
            fingerprint: ticket.fingerprint, progress: ticket.comment)
        if ticket.comment.isInDoubt {
            do {
                if let found = try await posting.look(for: comment.mark) { return posted(found, wasLookedFor: true) }
            } catch let error as JiraError {
                // Says nothing about the comment: it stays in doubt.
                return try await endIfDeleted(error) ?? .retry(reason: "\(error)")
            }
        }
        switch try await posting.post(comment) {
        case .posted(let comment): return posted(comment, wasLookedFor: false)
        case .refused(let error): return try await refused(error)
        case .begunByAnother: throw LeaseLost()
        }
    }

    private func posted(_ comment: JiraComment, wasLookedFor: Bool) -> Outcome {
        .completed([
            CommentSettled(how: .posted(commentID: comment.id)), TicketPassed(ticketID: ticket.id, passedAt: passedAt),
            services.record(
                .ticketCommented, control: pass.controlID, issueKey: issue.key,
                [
                    "purpose": .string(TicketComment.Purpose.passed.rawValue), "commentId": .string(comment.id),
                    "passedAt": .moment(passedAt), "evidenceId": pass.evidenceID.map { .string($0) } ?? .null,
                    "foundAfterDoubt": wasLookedFor ? true : .null,
                ]),
        ])
    }

    private func refused(_ error: JiraError) async throws -> Outcome {
        if case .tooLarge = error.kind {
            return skipped("comment_limit", error.sentence, TicketPassed(ticketID: ticket.id, passedAt: passedAt))
        }
        return try await endIfDeleted(error) ?? .retry(reason: "\(error)", [CommentSettled(how: .notPosted)])
    }

    /// Nil if the ticket is not gone from Jira.
    private func endIfDeleted(_ error: JiraError) async throws -> Outcome? {
        guard case .notFound = error.kind else { return nil }
        let status = try await TicketStatus(of: issue, project: ticket.projectKey, jira)
        let ended = TicketEnded(
            ticketID: ticket.id, status, actor: services.configuration.actor,
            noticedBy: "seen when the control passed again")
        guard case .deleted = status, let ended else { return nil }
        return skipped("ticket_deleted", "\(issue.key) is gone from Jira", ended)
    }

    private func skipped(_ rule: String, _ reason: String, _ effect: any Effect) -> Outcome {
        .completed([
            CommentSettled(how: .refused), effect,
            services.record(
                .ticketSkipped, control: pass.controlID, issueKey: issue.key,
                ["rule": .string(rule), "reason": .string(reason)]),
        ])
    }
}
