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
    let known: KnownIssue

    private var issue: IssueReference { known.reference }

    func bringToAnEnd() async throws -> Outcome {
        let comment = TicketComment.passed(
            pass, passedAt: passedAt, appURL: services.configuration.appURL, fingerprint: known.mark.fingerprint,
            jobID: job.id)
        let posting = CommentPosting(
            services: services, jira: jira, job: job, context: context, ticket: known,
            progress: ticket.comment)
        if ticket.comment.isInDoubt {
            do {
                if let found = try await posting.look(for: comment.mark) { return posted(found, wasLookedFor: true) }
            } catch let error as JiraError {
                // Says nothing about the comment: it stays in doubt.
                return try await endIfDeleted(error) ?? .retry(reason: "\(error)")
            }
        }
        switch try await posting.post(comment) {
        case .posted(let comment, let wasLookedFor): return posted(comment, wasLookedFor: wasLookedFor)
        case .refused(let error): return try await refused(error)
        case .unproven(let outcome): return outcome
        case .begunByAnother: throw LeaseLost()
        case .gone(let status): return gone(status)
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
        let status = try await TicketLook(services: services, jira: jira).status(of: known, datesEnd: false)
        switch status {
        case .deleted, .hidden, .elsewhere: return gone(status)
        case .open, .done, .unknown: return nil
        }
    }

    private func gone(_ status: TicketStatus) -> Outcome {
        // One that the customer moved away from stays the control's ticket until the control fails again.
        if case .elsewhere(let place) = status { return skipped("other_site", place) }
        // The ledger knows that the control passes; nobody who could read it is told.
        if case .hidden(let why) = status {
            return skipped("ticket_hidden", why, TicketPassed(ticketID: ticket.id, passedAt: passedAt))
        }
        return skipped(
            "ticket_deleted", "\(issue.key) is gone from Jira",
            TicketEnded(
                ticketID: ticket.id, status, actor: services.configuration.actor,
                noticedBy: "seen when the control passed again"))
    }

    private func skipped(_ rule: String, _ reason: String, _ effect: (any Effect)? = nil) -> Outcome {
        .completed(
            [
                CommentSettled(how: .refused),
                services.record(
                    .ticketSkipped, control: pass.controlID, issueKey: issue.key,
                    ["rule": .string(rule), "reason": .string(reason)]),
            ] + (effect.map { [$0] } ?? []))
    }
}
