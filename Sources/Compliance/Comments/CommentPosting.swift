import FoundationEssentials
import Jira
import Jobs
import Logging
import Postgres

/// Posts a comment exactly once, by the same rules as a ticket: said before it is sent, looked for before it is sent again.
struct CommentPosting {
    let services: ComplianceServices
    let jira: GuardedJira
    let job: ClaimedJob
    let context: JobContext
    let ticket: KnownIssue
    /// Jira showed a moment ago that the issue is the ticket's; else it is asked before anything is said there.
    var wasJustSeen = false
    let progress: CommentProgress

    enum Ending: Sendable {
        /// - Parameter wasLookedFor: it stood there already.
        case posted(JiraComment, wasLookedFor: Bool)
        /// Surely not posted, and Jira's reason will not pass by itself. The comment stays in doubt until this is settled.
        case refused(JiraError)
        /// It may have been posted, as before: an attempt of the job is charged.
        case unproven(Outcome)
        /// The ledger has it as another's, or sent more often than this one knows: nothing was sent.
        case begunByAnother
        /// The ticket is not where it was: nothing was sent.
        case gone(TicketStatus)
    }

    private var issue: IssueReference { ticket.reference }

    /// Looks for a comment whose request had no answer: nil once it surely was not posted. Throws `NotNow` as long as it may
    /// yet appear, and a `JiraError` or `DislikedWords` that say nothing about the comment.
    func look(for mark: String) async throws -> JiraComment? {
        let list = try await comments(jira.demandingNamedCaller)
        if let found = list.comments.first(where: { $0.carries(mark) }) { return found }
        let trouble = try await trouble()
        let settling = Settling(services.configuration.settlingTime, after: trouble.unproven)
        let age = progress.sinceSent ?? .zero
        guard list.isComplete, age >= settling.pause else {
            let next = age < settling.time ? settling.time / 8 : settling.pause - age
            throw NotNow(wait: max(next, .milliseconds(50)), reason: trouble.words(of: "comment"))
        }
        return nil
    }

    /// From the database of Jira, not from its index.
    private func comments(_ asking: GuardedJira) async throws -> CommentList {
        try await asking.admitted { admission in
            try await asking.guarded(
                admission,
                harmless: { () async throws(JiraError) in
                    _ = try await asking.client.comments(of: GetIssue.nobodysID)
                },
                { () async throws(JiraError) in try await asking.client.comments(of: issue.id) })
        }
    }

    /// The ending of a comment that was sent before, and that Jira seemed to refuse: it may have been posted all the same. Nil if
    /// it is not there.
    private func postedAllTheSame(_ mark: String) async throws -> Ending? {
        let list: CommentList
        do {
            list = try await comments(jira)
        } catch let error as JiraError {
            if case .notFound = error.kind { return .refused(error) }
            return .unproven(.retry(reason: "\(error)"))
        }
        if let found = list.comments.first(where: { $0.carries(mark) }) { return .posted(found, wasLookedFor: true) }
        guard list.isComplete else {
            throw NotNow(wait: .seconds(1), reason: "the comments on \(issue.key) changed while they were read")
        }
        return nil
    }

    private func trouble() async throws -> SendTrouble {
        guard progress.sends > 0 else { return .none }
        return try await services.pool.execute(ReadCommentTrouble(jobID: job.id)).first ?? .none
    }

    func post(_ comment: TicketComment) async throws -> Ending {
        if !wasJustSeen {
            let status = try await TicketLook(services: services, jira: jira).status(of: ticket, datesEnd: false)
            switch status {
            case .open, .done: break
            case .deleted, .hidden, .elsewhere: return .gone(status)
            case .unknown(let why):
                throw NotNow(
                    wait: services.configuration.gates.unavailable * min(5 * (1 + job.snoozes), 300),
                    reason: "cannot see whether \(issue.key) is still the ticket: \(why)")
            }
        }
        if progress.sends > 0, !progress.isInDoubt, let ending = try await postedAllTheSame(comment.mark) {
            return ending
        }
        return try await jira.admitted { try await post(comment, $0) }
    }

    private func post(_ comment: TicketComment, _ admission: Admission) async throws -> Ending {
        var body = comment.body(for: jira.connection.deployment)
        let narrow = jira.connection.deployment == .dataCenter ? body.withoutWideCharacters : nil
        // As for tickets: what an earlier request with them came to nothing may have been about them.
        if progress.sends > 0, let narrow { body = narrow }
        let endpoint = AddComment(
            to: issue.id, body: body,
            properties: [
                Fingerprint.propertyKey: [
                    "jobId": .integer(job.id), "fingerprint": .string(ticket.mark.fingerprint.hex),
                ]
            ])
        let trouble = try await trouble()
        if trouble.unproven > 1, job.attempt >= job.maxAttempts {
            return .refused(
                JiraError(
                    kind: .unreadableAnswer, messages: trouble.lastAnswer.map { [$0] } ?? [],
                    operation: AddComment.operation, outcome: .notDone))
        }
        try context.checkLease()
        let jira = jira.leave(for: services.configuration.sendWithin)
        let mark = MarkCommentSent(
            job: job, ticketID: ticket.ticketID, purpose: comment.purpose, sends: progress.sends,
            occasion: comment.occasion, issueID: issue.id)
        let (_, marked) = try await services.pool.transaction(CommitDurably(), mark)
        switch marked.first {
        case .marked: break
        case .taken: return .begunByAnother
        case .moved:
            throw NotNow(
                wait: .zero, reason: "\(issue.key) is another issue by now: the comment goes where the ticket is")
        case .leaseLost, nil: throw LeaseLost()
        }
        try context.checkLease()
        do {
            let answered = try await jira.send(endpoint, admission)
            if answered.isAnothers(than: comment.mark) { throw answered.unproven }
            return .posted(answered, wasLookedFor: false)
        } catch var notNow as NotNow {
            notNow.effects.append(CommentSettled(how: .notPosted))
            throw notNow
        } catch let error as JiraError where error.outcome == .unknown {
            return try unproven(error, inARow: trouble.unproven + 1)
        } catch let error as JiraError where error.isTransient {
            throw NotNow(
                wait: error.retryAfter ?? .seconds(1), reason: error.sentence,
                effects: [CommentSettled(how: .notPosted)])
        } catch let error as JiraError where error.isAboutContent && narrow != nil && progress.sends == 0 {
            throw NotNow(
                wait: .zero, reason: "\(error.sentence) It is tried without characters of four bytes.",
                effects: [CommentSettled(how: .notPosted)])
        } catch let error as JiraError {
            return .refused(error)
        }
    }

    private func unproven(_ error: JiraError, inARow: Int) throws(NotNow) -> Ending {
        services.logger.warning(
            "a comment may have been posted: the answer does not tell",
            metadata: [
                "job": "\(job.id)", "issue": "\(issue.key)", "reason": "\(error.sentence)", "inARow": "\(inARow)",
            ])
        let wait = max(services.configuration.settlingTime / 24, .milliseconds(50))
        let reason = "a comment may have been posted: \(error.sentence) Looking before another is."
        let effects = [UnprovenComment(answer: error.sentence)]
        guard inARow > 1, job.attempt < job.maxAttempts else {
            throw NotNow(wait: wait, reason: reason, effects: effects)
        }
        return .unproven(.retry(reason: reason, after: wait, effects))
    }
}

extension JiraComment {
    /// What stands between us and Jira answered with another of our comments, from a cache or too late.
    fileprivate var unproven: JiraError {
        JiraError(
            kind: .unreadableAnswer, messages: ["the answer has the text of another comment, \(id)"],
            operation: AddComment.operation, outcome: .unknown, remedy: AnsweredIssue.remedy)
    }
}
