import FoundationEssentials
import Jira
import Jobs
import Postgres

/// A control fails again whose ticket is done: within the window one comment on that ticket, after it a ticket of its own.
/// Either only after Jira was asked whether the ticket is still done.
struct FailureAfterClose {
    let services: ComplianceServices
    let jira: GuardedJira
    let job: ClaimedJob
    let context: JobContext
    let failure: ComplianceFailure
    let settings: CustomerSettings
    let closed: ClosedTicket

    /// - Parameter isConfirmed: Jira was asked a moment ago.
    func judge(isConfirmed: Bool) async throws -> FailureVerdict {
        if let comment = closed.comment, comment.jobID == job.id, comment.progress.isInDoubt {
            return .ended(try await settle(comment))
        }
        var whyNotConfirmed: String?
        var resolution = closed.resolution
        if !isConfirmed {
            let status = try await look.known(closed.known, datesEnd: false)
            if case .elsewhere = status { return try await leave(status) }
            if try await revise(status) { return .askLedger(endConfirmed: nil) }
            switch status {
            case .unknown(let why), .hidden(let why): whyNotConfirmed = why
            default: break
            }
            // Somebody may have thought better of it since.
            if case .done(_, let now) = status { resolution = now }
        }
        if let acceptance = RiskAcceptance(closed, resolution: resolution, settings.tickets) {
            return .ended(skipped(acceptance))
        }
        guard closed.isWithinWindow, let closedAt = closed.resolvedAt, let windowEnd = closed.windowEnd else {
            return .askLedger(endConfirmed: closed.former.ticketID)
        }
        if let comment = closed.comment, comment.jobID != job.id || comment.state != .intended {
            return try await afterComment(comment, whyNotConfirmed)
        }
        let comment = TicketComment.failedAgain(
            failure, failedAt: closed.failedAt, closedAt: closedAt, windowEnd: windowEnd,
            appURL: services.configuration.appURL, fingerprint: closed.fingerprint)
        switch try await posting.post(comment) {
        case .posted(let comment, let wasLookedFor):
            return .ended(posted(comment, wasLookedFor: wasLookedFor, whyNotConfirmed))
        case .begunByAnother, .gone:
            return .askLedger(endConfirmed: closed.former.ticketID)
        case .unproven(let outcome):
            return .ended(outcome)
        case .refused(let error):
            if case .notFound = error.kind { try await lookWhetherGone([CommentSettled(how: .notPosted)]) }
            // It would only tell what the ledger and the audit log have anyway: no reason to give the failure up.
            return .ended(
                deduplicated(
                    ["comment": .string("refused: \(error.sentence)")], whyNotConfirmed,
                    [CommentSettled(how: .refused)]))
        }
    }

    // MARK: The ticket

    private var issue: IssueReference { closed.former.issue }
    private var look: TicketLook { TicketLook(services: services, jira: jira) }

    /// Nobody looks at the ticket any more; what was accepted on it stays accepted.
    private func leave(_ status: TicketStatus) async throws -> FailureVerdict {
        if let acceptance = RiskAcceptance(closed, resolution: closed.resolution, settings.tickets) {
            return .ended(skipped(acceptance))
        }
        if let ended = ended(status) {
            _ = try await services.pool.execute(EndTickets(ended: [(job: job.id, ticket: ended)]))
        }
        return .askLedger(endConfirmed: closed.former.ticketID)
    }

    /// Whether the ledger had to be corrected.
    private func revise(_ status: TicketStatus) async throws -> Bool {
        switch status {
        case .done, .hidden, .unknown, .elsewhere:
            // What Jira cannot say, the ledger decides.
            return false
        case .open:
            try await reopen()
            return true
        case .deleted:
            guard let ended = ended(status) else { return false }
            _ = try await services.pool.execute(EndTickets(ended: [(job: job.id, ticket: ended)]))
            return true
        }
    }

    private func reopen() async throws {
        do {
            let reopening = ReopenTicket(job: job, ticketID: closed.former.ticketID)
            let (_, holds) = try await services.pool.transaction(CommitDurably(), reopening)
            guard holds.first == true else { throw LeaseLost() }
        } catch let error as PostgresError where error.sqlState == .uniqueViolation {
            // The next episode was opened at the same moment: it is the one to go on with.
        }
    }

    private func ended(_ status: TicketStatus) -> TicketEnded? {
        TicketEnded(
            ticketID: closed.former.ticketID, status, actor: services.configuration.actor,
            noticedBy: "seen when the control failed again")
    }

    /// Throws, to come back and open the next episode, if it is.
    private func lookWhetherGone(_ effects: [any Effect]) async throws {
        let status = try await look.status(of: closed.known, datesEnd: false)
        guard case .deleted = status, let ended = ended(status) else { return }
        throw NotNow(
            wait: .zero, reason: "\(issue.key) is gone from Jira: opening the next episode", effects: effects + [ended])
    }

    // MARK: The comment

    private var posting: CommentPosting {
        CommentPosting(
            services: services, jira: jira, job: job, context: context, ticket: closed.known, wasJustSeen: true,
            progress: closed.comment?.progress ?? .none)
    }

    /// This failure's comment, of which nobody knows whether it was posted. That comes first, whatever became of the ticket.
    private func settle(_ comment: StartedComment) async throws -> Outcome {
        do {
            if let found = try await posting.look(for: TicketComment.failedAgainMark(closed.fingerprint)) {
                return posted(found, wasLookedFor: true, nil)
            }
        } catch let error as JiraError {
            // Says nothing about the comment: it stays in doubt, unless it is gone with its ticket.
            if case .notFound = error.kind { try await lookWhetherGone([CommentSettled(how: .refused)]) }
            return .retry(reason: "\(error)")
        }
        throw NotNow(
            wait: .zero, reason: "the comment on \(issue.key) surely was not posted",
            effects: [CommentSettled(how: .notPosted)])
    }

    /// Another failure has begun or posted the comment, or Jira refused it.
    private func afterComment(_ comment: StartedComment, _ whyNotConfirmed: String?) async throws -> FailureVerdict {
        if comment.state == .intended, comment.isForsaken {
            _ = try await services.pool.transaction(CommitDurably(), TakeOverComment(job: job, comment: comment))
            return .askLedger(endConfirmed: closed.former.ticketID)
        }
        return .ended(deduplicated(["commentedByJob": .integer(comment.jobID)], whyNotConfirmed))
    }

    // MARK: Endings

    private func skipped(_ acceptance: RiskAcceptance) -> Outcome {
        return .completed([
            FailureCounted(ticketID: closed.former.ticketID, failedAt: closed.failedAt, sawStatus: false),
            services.record(
                .ticketSkipped, control: failure.controlID, issueKey: issue.key,
                [
                    "rule": .string("accepted_resolutions: \(acceptance.resolution)"),
                    "reason": .string(
                        "\(issue.key) was closed as \(acceptance.resolution), which accepts the risk for"
                            + " \(settings.tickets.quietFor)"),
                    "severity": .string(failure.severity.rawValue), "until": .moment(acceptance.until),
                ]),
        ])
    }

    private func posted(_ comment: JiraComment, wasLookedFor: Bool, _ whyNotConfirmed: String?) -> Outcome {
        deduplicated(
            ["commentId": .string(comment.id)], whyNotConfirmed,
            [
                CommentSettled(how: .posted(commentID: comment.id)),
                services.record(
                    .ticketCommented, control: failure.controlID, issueKey: issue.key,
                    [
                        "purpose": .string(TicketComment.Purpose.failedAgain.rawValue),
                        "commentId": .string(comment.id), "failedAt": .moment(closed.failedAt),
                        "evidenceId": failure.evidenceID.map { .string($0) } ?? .null,
                        "foundAfterDoubt": wasLookedFor ? true : .null,
                    ]),
            ])
    }

    private func deduplicated(
        _ more: [String: JSONValue], _ whyNotConfirmed: String?, _ effects: [any Effect] = []
    ) -> Outcome {
        var detail: [String: JSONValue] = [
            "rule": "within_window", "severity": .string(failure.severity.rawValue),
            "failedAt": .moment(closed.failedAt), "closedAt": closed.resolvedAt.map { .moment($0) } ?? .null,
            "windowEnd": closed.windowEnd.map { .moment($0) } ?? .null,
            "status": whyNotConfirmed.map { .string("not confirmed: \($0)") } ?? .null,
        ]
        detail.merge(more) { _, new in new }
        return .completed(
            effects + [
                FailureCounted(ticketID: closed.former.ticketID, failedAt: closed.failedAt, sawStatus: false),
                services.record(.ticketDeduplicated, control: failure.controlID, issueKey: issue.key, detail),
            ])
    }
}
