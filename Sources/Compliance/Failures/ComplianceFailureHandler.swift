import FoundationEssentials
import Jira
import Jobs
import Logging

/// A control failed: one ticket for as long as it stays so, whatever happens on the way.
struct ComplianceFailureHandler: JobHandler {
    static let kind = ComplianceFailure.kind

    let services: ComplianceServices

    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome {
        let failure: ComplianceFailure
        do {
            failure = try ComplianceFailure(payload: job.payload)
        } catch {
            return .discard(reason: "\(error)")
        }
        return try await services.uncounted(job) {
            do {
                return try await perform(job, failure, context)
            } catch let words as DislikedWords {
                return try await held(job, failure, by: words.obstacle, context)
            }
        }
    }

    /// What is asked of the control's ticket is refused before Jira: the failure waits alone. Each such refusal costs an attempt.
    private func held(
        _ job: ClaimedJob, _ failure: ComplianceFailure, by obstacle: RequestPreparation.Obstacle, _ context: JobContext
    ) async throws -> Outcome {
        services.logger.warning(
            "a failure waits alone, since something before Jira refuses what is asked of its control's ticket",
            metadata: [
                "job": "\(job.id)", "control": "\(failure.controlID)", "customer": "\(job.customerID)",
                "reason": "\(obstacle.sentence)",
            ])
        let reason = "\(obstacle.sentence) \(obstacle.remedy)"
        guard job.attempt == 1 else { return .retry(reason: reason) }
        var effects: [any Effect] = [
            services.record(
                .ticketHeld, control: failure.controlID,
                ["reason": .string(obstacle.sentence), "remedy": .string(obstacle.remedy)])
        ]
        let site = GateScope.site(try services.jira(for: job, context).connection)
        if await services.gates.isNews(heldBy: obstacle.sentence, at: site, customerID: job.customerID) {
            effects.append(OperatorMessage.held(obstacle, at: site, controlID: failure.controlID, job: job))
        }
        return .retry(reason: reason, effects)
    }

    private func perform(_ job: ClaimedJob, _ failure: ComplianceFailure, _ context: JobContext) async throws -> Outcome
    {
        let settings = try await services.customers.settings(of: job.customerID)
        let route: TicketRoute
        switch settings.planner.decide(failure) {
        case .create(let decided): route = decided
        case .skip(let skip): return skipped(failure, skip)
        case .misconfigured(let reason):
            throw NotNow(untilMended: reason, wait: services.configuration.gates.configuration)
        }
        let jira = try services.jira(for: job, context)
        var intent = intent(job, failure, settings, project: route.project)
        // Each further round is one in which the ledger learnt something; ten of them are somebody's who opens and closes.
        for _ in 0..<10 {
            let verdict: FailureVerdict
            switch try await services.ledger.intend(intent) {
            case .own(let episode, let former):
                let creation = TicketCreation(
                    services: services, jira: jira, job: job, context: context, failure: failure, settings: settings,
                    former: former)
                return try await creation.bringToAnEnd(episode)
            case .open(let episode, let failedAt, let sawReopening):
                let repetition = RepeatedFailure(
                    services: services, jira: jira, job: job, failure: failure, settings: settings,
                    sawReopening: sawReopening)
                verdict = try await repetition.count(on: episode, failedAt: failedAt)
            case .closed(let closed):
                let repetition = FailureAfterClose(
                    services: services, jira: jira, job: job, context: context, failure: failure,
                    settings: settings, closed: closed)
                verdict = try await repetition.judge(isConfirmed: intent.endConfirmed == closed.former.ticketID)
            case .creating(let episode):
                throw NotNow(forTicketOf: failure.controlID, by: "job \(episode.jobID)", job)
            case .passed(let passedAt):
                return passed(failure, since: passedAt)
            case .answered(let former):
                return answered(failure, by: former)
            case .leaseLost:
                throw LeaseLost()
            }
            switch verdict {
            case .ended(let outcome): return outcome
            case .askLedger(let endConfirmed): intent.endConfirmed = endConfirmed
            }
        }
        throw NotNow(wait: .seconds(1), reason: "the ticket for \(failure.controlID) changes again and again")
    }

    private func answered(_ failure: ComplianceFailure, by former: FormerEpisode) -> Outcome {
        return .completed([
            services.record(
                .ticketDeduplicated, control: failure.controlID, issueKey: former.issue.key,
                [
                    "rule": "detected_before_closed",
                    "reason": .string("it was detected before \(former.issue.key) was closed"),
                ])
        ])
    }

    private func passed(_ failure: ComplianceFailure, since passedAt: Date) -> Outcome {
        return .completed([
            EpisodeGivenUp(),
            services.record(
                .ticketSkipped, control: failure.controlID,
                [
                    "rule": "passed_since",
                    "reason": "the control passed again while the failure waited for its ticket",
                    "severity": .string(failure.severity.rawValue), "passedAt": .moment(passedAt),
                ]),
        ])
    }

    private func skipped(_ failure: ComplianceFailure, _ skip: TicketSkip) -> Outcome {
        // The settings may have changed since an earlier run that opened an episode and sent nothing.
        return .completed([
            EpisodeGivenUp(),
            services.record(
                .ticketSkipped, control: failure.controlID,
                [
                    "rule": .string(skip.rule), "reason": .string(skip.reason),
                    "severity": .string(failure.severity.rawValue),
                ]),
        ])
    }

    private func intent(
        _ job: ClaimedJob, _ failure: ComplianceFailure, _ settings: CustomerSettings, project: String
    ) -> Intent {
        Intent(
            job: job, controlID: failure.controlID, controlTitle: failure.controlTitle,
            resource: failure.resource ?? "",
            severity: failure.severity, project: project, detectedAt: failure.detectedAt,
            due: settings.sla.due(for: failure.severity) ?? .days(90),
            countsBusinessDays: settings.sla.calendar == .business, timeZone: settings.sla.timeZone,
            deduplicates: settings.tickets.deduplication.enabled, window: settings.tickets.deduplication.window)
    }
}
