import FoundationEssentials
import Jira
import Jobs
import Logging
import Postgres

/// A control fails again that has an open ticket: it is counted, once Jira confirms that the ticket is still open.
struct RepeatedFailure {
    let services: ComplianceServices
    let jira: GuardedJira
    let job: ClaimedJob
    let failure: ComplianceFailure
    let settings: CustomerSettings
    /// It was this failure that saw the ticket reopened.
    let sawReopening: Bool

    func count(on episode: Episode, failedAt: Date) async throws -> FailureVerdict {
        guard let known = episode.known else { throw LeaseLost() }
        let isFresh =
            !known.isAtAnotherSite(than: jira.connection)
            && (episode.sinceStatusSeen.map { $0 < services.configuration.statusFreshness } ?? false)
        let look = TicketLook(services: services, jira: jira)
        let status = isFresh ? .open(nil) : try await look.known(known)
        switch status {
        // What is unknown has been thrown as "not now".
        case .open, .unknown:
            return .ended(try await counted(on: episode, known.reference, failedAt, status, isFresh: isFresh))
        case .hidden(let why):
            throw await held(on: known, because: why)
        case .done, .deleted, .elsewhere:
            let ended = TicketEnded(
                ticketID: episode.id, status, actor: services.configuration.actor, noticedBy: Self.reason)
            guard let ended else { throw LeaseLost() }
            // Committed by itself: the ledger then says whether the failure was detected before the end, and the next episode can
            // only be opened when this one is over.
            _ = try await services.pool.execute(EndTickets(ended: [(job: job.id, ticket: ended)]))
            return .askLedger(endConfirmed: episode.id)
        }
    }

    /// Another ticket would be the control's second, and to count on this one would hide a failure where nobody looks: it waits.
    private func held(on ticket: KnownIssue, because why: String) async -> NotNow {
        var notNow = NotNow(
            untilMended: why, wait: services.configuration.gates.configuration * min(1 + job.snoozes, 60))
        guard job.snoozes == 0 else { return notNow }
        services.logger.warning(
            "a failure waits, since Jira does not show its control's ticket",
            metadata: [
                "job": "\(job.id)", "control": "\(failure.controlID)", "issue": "\(ticket.reference.key)",
                "customer": "\(job.customerID)",
            ])
        notNow.effects.append(
            services.record(
                .ticketHeld, control: failure.controlID, issueKey: ticket.reference.key, ["reason": .string(why)]))
        let site = GateScope.site(jira.connection)
        if await jira.gates.isNews(heldBy: why, at: site, customerID: job.customerID) {
            let obstacle = RequestPreparation.Obstacle(problem: why, remedy: "", isOfOneFailure: true)
            notNow.effects.append(OperatorMessage.held(obstacle, at: site, controlID: failure.controlID, job: job))
        }
        return notNow
    }

    private static let reason = "seen when the control failed again"

    private func counted(
        on episode: Episode, _ issue: IssueReference, _ failedAt: Date, _ status: TicketStatus, isFresh: Bool
    ) async throws -> Outcome {
        var detail: [String: JSONValue] = [
            "rule": "open_ticket", "severity": .string(failure.severity.rawValue),
            "openedByJob": .integer(episode.jobID), "failedAt": .moment(failedAt),
        ]
        if sawReopening { detail["reopened"] = true }
        var sawStatus = false
        if case .open = status { sawStatus = !isFresh }
        let more =
            failure.severity > episode.severity
            ? try await escalation(of: episode, failedAt) : comment(on: episode, failedAt).map { [$0] } ?? []
        return .completed(
            [
                FailureCounted(ticketID: episode.id, failedAt: failedAt, sawStatus: sawStatus),
                services.record(.ticketDeduplicated, control: failure.controlID, issueKey: issue.key, detail),
            ] + (sawReopening ? alerts(of: episode) : []) + more)
    }

    /// The ticket's severity becomes the failure's; what that changes in Jira is for people, who are told by a comment.
    private func escalation(of episode: Episode, _ failedAt: Date) async throws -> [any Effect] {
        let question = FindDueDate(start: failedAt, severity: failure.severity, settings.sla)
        guard let answer = try await services.pool.execute(question).first else { return [] }
        let comesForward = answer.dueAt < episode.dueAt
        let alerts =
            comesForward ? settings.sla.scheduledAlerts(base: failedAt, due: answer.dueAt, now: episode.now) : []
        let escalated = TicketEscalated(
            ticketID: episode.id, severity: failure.severity, dueAt: answer.dueAt, alerts: alerts.record,
            actor: services.configuration.actor)
        let comment = FollowUpComment(
            ticketID: episode.id, failedAt: failedAt, failure: failure,
            about: .escalated(from: episode.severity, dueDate: comesForward ? answer.day : episode.dueDate))
        let jobs = alerts.map { alert in
            SLAAlert(
                ticketID: episode.id, threshold: alert.threshold, dueAt: answer.dueAt, escalatedTo: failure.severity
            ).job(customerID: job.customerID, at: alert.moment)
        }
        return [escalated, comment.job(customerID: job.customerID, after: job.id)] + jobs
    }

    private func comment(on episode: Episode, _ failedAt: Date) -> NewJob? {
        let day: String?
        switch settings.tickets.deduplication.comment {
        case .never: return nil
        case .daily: day = String(episode.now.formatted(.iso8601).prefix(10))
        case .always: day = nil
        }
        return FollowUpComment(ticketID: episode.id, failedAt: failedAt, failure: failure, about: .repeated(day: day))
            .job(customerID: job.customerID, after: job.id)
    }

    /// The due date stays, and what came while the ticket was closed was told nobody. A threshold is told once all the same.
    private func alerts(of episode: Episode) -> [NewJob] {
        settings.sla.scheduledAlerts(base: episode.failedAt, due: episode.dueAt, now: episode.now).map { alert in
            SLAAlert(ticketID: episode.id, threshold: alert.threshold, dueAt: episode.dueAt)
                .job(customerID: job.customerID, at: alert.moment)
        }
    }
}
