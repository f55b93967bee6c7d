import FoundationEssentials
import Jira
import Jobs
import Postgres

/// Posts the comment of a pass exactly once, by the same rules as a ticket: said before it is sent, looked for before it is
/// sent again.
struct CommentPosting {
    let services: ComplianceServices
    let jira: GuardedJira
    let job: ClaimedJob
    let context: JobContext
    let pass: CompliancePass
    let passedAt: Date
    let ticket: PassedTicket
    let issue: IssueReference

    func bringToAnEnd() async throws -> Outcome {
        let comment = PassComment(
            pass, passedAt: passedAt, appURL: services.configuration.appURL, fingerprint: ticket.fingerprint,
            jobID: job.id)
        do {
            return try await jira.admitted { try await lookOrPost(comment, $0) }
        } catch let error as JiraError where error.outcome == .notDone {
            return try await refused(error)
        }
    }

    private func lookOrPost(_ comment: PassComment, _ admission: Admission) async throws -> Outcome {
        if ticket.isCommentInDoubt {
            if let found = try await look(for: comment.mark, admission) { return posted(found, wasLookedFor: true) }
            if ticket.sinceCommentSent ?? .zero < services.configuration.settlingTime {
                throw NotNow(
                    wait: max(services.configuration.settlingTime / 8, .milliseconds(50)),
                    reason: "the answer to a comment was lost; looking for it before sending another")
            }
        }
        return try await post(comment, admission)
    }

    /// Comments are listed from the database of Jira, not from its index.
    private func look(for mark: String, _ admission: Admission) async throws -> JiraComment? {
        let comments = try await jira.guarded(admission) { () async throws(JiraError) in
            try await jira.client.all(ListComments(of: issue.id), limit: 5_000)
        }
        return comments.first { $0.text.contains(mark) }
    }

    private func post(_ comment: PassComment, _ admission: Admission) async throws -> Outcome {
        let endpoint = AddComment(
            to: issue.id, body: comment.body(for: jira.connection.deployment),
            properties: [
                Fingerprint.propertyKey: [
                    "jobId": .integer(job.id), "fingerprint": .string(ticket.fingerprint.hex),
                ]
            ])
        try context.checkLease()
        let mark = MarkCommentSent(job: job, ticketID: ticket.id, sends: ticket.commentSends)
        let (_, marked) = try await services.pool.transaction(CommitDurably(), mark)
        guard !marked.isEmpty else { throw LeaseLost() }
        try context.checkLease()
        do {
            return posted(try await jira.send(endpoint, admission), wasLookedFor: false)
        } catch var notNow as NotNow {
            notNow.effects.append(CommentSettled(how: .notPosted))
            throw notNow
        } catch let error as JiraError where error.outcome == .unknown {
            throw NotNow(
                wait: max(services.configuration.settlingTime / 24, .milliseconds(50)),
                reason:
                    "a comment may have been posted: \(error.sentence) Looking before another is.")
        }
    }

    private func posted(_ comment: JiraComment, wasLookedFor: Bool) -> Outcome {
        .completed([
            CommentSettled(how: .posted(commentID: comment.id)), TicketPassed(ticketID: ticket.id, passedAt: passedAt),
            services.record(
                .ticketCommented, control: pass.controlID, issueKey: issue.key,
                [
                    "purpose": "passed", "commentId": .string(comment.id), "passedAt": .moment(passedAt),
                    "evidenceId": pass.evidenceID.map { .string($0) } ?? .null,
                    "foundAfterDoubt": wasLookedFor ? true : .null,
                ]),
        ])
    }

    private func refused(_ error: JiraError) async throws -> Outcome {
        switch error.kind {
        case .notFound:
            let status = try await TicketStatus(of: issue, project: ticket.projectKey, jira)
            let actor = services.configuration.actor
            if case .deleted = status,
                let ended = TicketEnded(
                    ticketID: ticket.id, status, actor: actor, noticedBy: "seen when the control passed again")
            {
                return skipped("ticket_deleted", "\(issue.key) is gone from Jira", ended)
            }
            return .retry(reason: "\(error)", [CommentSettled(how: .notPosted)])
        case .tooLarge:
            return skipped("comment_limit", error.sentence, TicketPassed(ticketID: ticket.id, passedAt: passedAt))
        case .rateLimited, .conflict:
            throw NotNow(
                wait: error.retryAfter ?? .seconds(1), reason: error.sentence,
                effects: [CommentSettled(how: .notPosted)])
        default:
            return .retry(reason: "\(error)", [CommentSettled(how: .notPosted)])
        }
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
