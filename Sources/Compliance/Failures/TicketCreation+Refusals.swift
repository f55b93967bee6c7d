import FoundationEssentials
import Jira
import Jobs
import Logging
import Postgres

/// What follows when a create request brought no issue.
extension TicketCreation {
    /// The answer does not tell whether an issue was made. Where others are made all the while it is this failure's own trouble: it
    /// waits alone, and each such answer costs an attempt. Where none is, the gate is shut with the words that came.
    func unproven(_ error: JiraError, _ turn: Turn) async throws -> Outcome {
        let (episode, target) = (turn.episode, turn.target)
        let inARow = turn.trouble.unproven + 1
        services.logger.warning(
            "a ticket may have been created: the answer does not tell",
            metadata: about(error.sentence).merging(["inARow": "\(inARow)"]) { own, _ in own })
        let reason = "a ticket may have been created: \(error.sentence) Looking before another is."
        let wait = Settling(services.configuration.settlingTime, episode, after: 0).wait(after: .zero) ?? .zero
        var effects: [any Effect] = [UnprovenSend(ticketID: episode.id, answer: error.sentence)]
        guard inARow > 1, try await othersPassed(turn) else {
            let obstacle = RequestPreparation.Obstacle(problem: error.sentence, remedy: error.remedy)
            // What many shared is one answer.
            let sender = error.operation == BulkCreateIssues.operation ? 0 : job.id
            if await jira.gates.unproven(at: target, jobID: sender, inARow: inARow, turn.admission) {
                _ = try await jira.shut(
                    target, because: obstacle, isTransient: error.isTransient, turn.admission)
            }
            throw NotNow(wait: wait, reason: reason, effects: effects)
        }
        let obstacle = RequestPreparation.Obstacle(
            problem:
                "\(error.sentence) Others are created meanwhile: perhaps something before Jira dislikes the words of this one.",
            remedy: DislikedWords.remedy, isOfOneFailure: true)
        effects += await holding(by: obstacle, turn)
        // After the last attempt too it is looked for once more, before the job is given up.
        guard job.attempt < job.maxAttempts else { throw NotNow(wait: wait, reason: reason, effects: effects) }
        return .retry(reason: reason, after: wait, effects)
    }

    /// Something before Jira refuses what was asked with this failure's words, and lets the same through with others: the failure
    /// waits alone. Where others get their tickets meanwhile, each such refusal costs an attempt.
    func disliked(_ words: DislikedWords, _ turn: Turn) async throws -> Outcome {
        let age = turn.episode.now.timeIntervalSince(job.createdAt)
        guard try await othersPassed(turn, since: .seconds(max(age, 0))) else {
            throw try await held(by: words.obstacle, turn)
        }
        services.logger.warning(
            "a failure waits alone, since something before Jira refuses its words",
            metadata: about(words.refusal.sentence))
        return .retry(reason: "\(words)", await holding(by: words.obstacle, turn))
    }

    /// The issue of a request that Jira refused in its own words. Those words are proof that nothing was made, unless they were
    /// another's, or came from a cache: so Jira is asked, by keys too, which no index delays.
    func madeAllTheSame(_ sent: Episode, _ error: JiraError, _ asker: Asker) async throws -> Sighting? {
        switch error.kind {
        case .invalid, .forbidden, .notFound, .conflict, .tooLarge: break
        // Jira looks at who asks, and how often, before it does any work.
        default: return nil
        }
        let doubt = Doubt(sent, asker)
        if jira.connection.deployment == .dataCenter || error.isAuthenticated {
            return try await services.looks.sighting(of: doubt)
        }
        // A proxy that takes the account's name from this answer may take it from all. What is found proves itself.
        guard let lastSeen = sent.lastIssueSeen else { return nil }
        let keys = (1...Int64(BulkFetchIssues.maximumCount)).map { "\(sent.projectKey)-\(lastSeen + $0)" }
        return doubt.sighting(among: try await asker.issues(keys, fields: [doubt].fieldsForSighting), foundBy: .key)
    }

    /// Surely nothing was made, and nothing will be.
    func givenUp(_ episode: Episode, _ trouble: SendTrouble) async throws -> Outcome {
        _ = try await services.pool.execute(
            ClearDoubts(refused: [SendRefused(ticketID: episode.id, sends: episode.sends, isJirasWord: false)]))
        return .discard(
            reason:
                "gave up after \(job.attempt) attempts; no ticket was created; the last answer: \(trouble.lastAnswer ?? "none")"
        )
    }

    /// Jira surely made nothing of it.
    func refusal(
        _ error: JiraError, _ sentAt: ContinuousClock.Instant, _ refused: SendRefused,
        _ preparation: RequestPreparation, _ turn: Turn
    ) async throws -> Outcome {
        if error.isTransient {
            throw NotNow(wait: error.retryAfter ?? .seconds(1), reason: error.sentence, effects: [refused])
        }
        if error.fieldErrors.keys.elementsEqual(["summary"]) {
            // The words of this one failure, no matter of the project: it alone fails.
            return .retry(reason: "\(error)", [refused])
        }
        var obstacle = RequestPreparation.Obstacle(problem: error.sentence, remedy: error.remedy)
        // The project may have changed since it was asked what it takes: then it says better than the refusal what is wrong.
        var isPerhapsItsOwn = false
        switch error.kind {
        case .invalid, .notFound, .forbidden:
            do {
                if let explained = try await preparation.obstacle(after: sentAt) {
                    obstacle = explained
                } else {
                    isPerhapsItsOwn = true
                    obstacle.isOfOneFailure = try await isItsOwn(error, turn)
                }
            } catch var notNow as NotNow {
                notNow.effects.append(refused)
                throw notNow
            } catch let other where other is JiraError || other is DislikedWords {
                isPerhapsItsOwn = true
                obstacle.isOfOneFailure = try await isItsOwn(error, turn)
            }
        default: break
        }
        var notNow = try await held(by: obstacle, turn)
        // So that it is another's turn to find out whether the gate can be opened.
        if isPerhapsItsOwn, !obstacle.isOfOneFailure { notNow.wait += services.configuration.gates.configuration }
        notNow.effects.append(refused)
        throw notNow
    }

    /// A refusal that what Jira tells of the project does not explain: of this failure only?
    private func isItsOwn(_ error: JiraError, _ turn: Turn) async throws -> Bool {
        if try await othersPassed(turn) { return true }
        guard case .invalid(let fields) = error.kind, IssueRequest.mayConcernOneOnly(fields.keys) else { return false }
        return await jira.gates.refused(at: turn.target, jobID: job.id)
    }

    /// Whether others got their tickets in the project since this failure's last request before this one.
    private func othersPassed(_ turn: Turn) async throws -> Bool {
        guard turn.episode.sends > 0, let since = turn.episode.sinceLastSend else { return false }
        return try await othersPassed(turn, since: since)
    }

    private func othersPassed(_ turn: Turn, since: Duration) async throws -> Bool {
        let question = OthersPassed(
            ticketID: turn.episode.id, project: turn.draft.project, since: since,
            url: jira.connection.browseURL(issueKey: "X-1"))
        return try await services.pool.execute(question).first ?? false
    }

    /// What every issue there shares shuts the gate; what is one failure's trouble keeps no other waiting.
    func held(by obstacle: RequestPreparation.Obstacle, _ turn: Turn) async throws -> NotNow {
        guard obstacle.isOfOneFailure else {
            return try await jira.shut(turn.target, because: obstacle, turn.admission)
        }
        services.logger.warning(
            "a failure waits alone, for what its project demands or what is refused of it",
            metadata: about(obstacle.sentence))
        return NotNow(
            untilMended: obstacle.remedy.isEmpty ? obstacle.sentence : "\(obstacle.sentence) \(obstacle.remedy)",
            wait: services.configuration.gates.configuration * min(1 + job.snoozes, 60),
            effects: await holding(by: obstacle, turn))
    }

    /// The record, and a message to the operator where it is news.
    private func holding(by obstacle: RequestPreparation.Obstacle, _ turn: Turn) async -> [any Effect] {
        var effects: [any Effect] = [
            TicketHeld(
                ticketID: turn.episode.id, reason: obstacle.sentence, remedy: obstacle.remedy, scope: turn.target,
                actor: services.configuration.actor)
        ]
        if await jira.gates.isNews(heldBy: obstacle.sentence, at: turn.target, customerID: job.customerID) {
            effects.append(OperatorMessage.held(obstacle, at: turn.target, controlID: failure.controlID, job: job))
        }
        return effects
    }

    private func about(_ reason: String) -> Logger.Metadata {
        ["job": "\(job.id)", "control": "\(failure.controlID)", "reason": "\(reason)"]
    }
}

extension SendTrouble {
    /// By how many requests the pause before the next has grown: of one that waits alone. Where all are answered so the gate's time
    /// counts.
    var pauses: Int { heldBecause == nil ? 0 : unproven }

    /// Others pass, and this one's attempts are used up.
    func isSpent(for job: ClaimedJob) -> Bool {
        unproven > 1 && heldBecause != nil && job.attempt >= job.maxAttempts
    }
}
