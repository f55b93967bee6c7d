import FoundationEssentials
import Jira
import Jobs
import Logging
import Postgres

/// Brings an episode that is this job's to an end: exactly one issue.
///
/// Never sends before looking when a request is in doubt; says in the ledger that it sends before it does; and asks for the
/// lease right before the request goes out.
struct TicketCreation {
    let services: ComplianceServices
    let jira: GuardedJira
    let job: ClaimedJob
    let context: JobContext
    let failure: ComplianceFailure
    let settings: CustomerSettings
    let former: FormerEpisode?

    func bringToAnEnd(_ episode: Episode) async throws -> Outcome {
        let draft = try draft(for: episode)
        let target = GateScope.target(
            at: jira.connection.baseURL, project: draft.project, draft.kind,
            of: settings.hasOwnTickets ? job.customerID : nil)
        // Only what was tried before can have met trouble.
        let trouble =
            episode.sends == 0 && job.attempt == 1 && job.snoozes == 0
            ? .none : try await services.pool.execute(ReadSendTrouble(ticketID: episode.id)).first ?? .none
        if episode.isInDoubt {
            let sighting = try await jira.admitted {
                try await services.looks.sighting(of: Doubt(episode, Asker(jira, $0)))
            }
            if let sighting {
                // However it was answered, the request came through.
                await jira.gates.took(target)
                return adopted(episode, draft, sighting)
            }
            let settling = Settling(services.configuration.settlingTime, episode, after: trouble.pauses)
            if let wait = settling.wait(after: episode.sinceLastSend ?? .zero) {
                throw NotNow(wait: wait, reason: trouble.words(of: "create request"))
            }
            if trouble.isSpent(for: job) { return try await givenUp(episode, trouble) }
        }
        // What waits alone finds out nothing for the others.
        return try await jira.admitted(to: target, asProbe: trouble.heldBecause == nil) {
            let turn = Turn(episode: episode, draft: draft, target: target, trouble: trouble, admission: $0)
            do {
                return try await adoptOrCreate(turn)
            } catch let words as DislikedWords {
                return try await disliked(words, turn)
            }
        }
    }

    /// What a run of a job sends by: the state of things when it was let through.
    struct Turn {
        var episode: Episode
        let draft: TicketDraft
        let target: GateScope
        let trouble: SendTrouble
        let admission: Admission
    }

    /// Before the first request the ticket may be there already; after it, whatever is found was looked for above.
    private func adoptOrCreate(_ turn: Turn) async throws -> Outcome {
        let (episode, draft) = (turn.episode, turn.draft)
        guard episode.sends == 0 else {
            // What Jira seemed to refuse may have been made all the same; one in doubt was looked for a moment ago.
            if !episode.isInDoubt {
                let doubt = Doubt(episode, Asker(jira, turn.admission))
                if let sighting = try await services.looks.sighting(of: doubt) {
                    return adopted(episode, draft, sighting)
                }
            }
            return try await create(turn, gap: nil)
        }
        if job.snoozes > 0 { try await flood?.waitForPlace(episode) }
        let takesOthers = former == nil && failure.resource == nil && settings.tickets.deduplication.enabled
        let wanted = WantedTicket(
            episode.fingerprint, controlID: takesOthers ? failure.controlID : nil, draft: draft)
        let answer = try await services.looks.existing(
            wanted, in: draft.project, isAlone: turn.trouble.heldBecause != nil, Asker(jira, turn.admission))
        if let sighting = answer.sighting { return adopted(episode, draft, sighting) }
        return try await create(turn, gap: answer.gap)
    }

    /// Nil where there may be any number of tickets.
    private var flood: FloodGuard? {
        settings.tickets.perHour.map { FloodGuard(services: services, job: job, limit: $0) }
    }

    private func draft(for episode: Episode) throws -> TicketDraft {
        let facts = TicketFacts(
            customerID: job.customerID, jobID: job.id, insertedAt: job.createdAt, dueDate: episode.dueDate,
            fingerprint: episode.fingerprint, previousTicket: former?.issue.key,
            deployment: jira.connection.deployment)
        switch settings.planner.plan(failure, facts) {
        case .create(let draft): return draft
        case .skip(let skip): throw NotNow(wait: .zero, reason: "\(skip)")
        case .misconfigured(let reason):
            throw NotNow(untilMended: reason, wait: services.configuration.gates.configuration)
        }
    }

    private func create(_ turn: Turn, gap: String?) async throws -> Outcome {
        let (episode, draft, target, admission) = (turn.episode, turn.draft, turn.target, turn.admission)
        let lastSeen = try await services.frontier.number(of: draft.project, Asker(jira, admission))
        let preparation = RequestPreparation(
            services: services, asker: Asker(jira, admission), draft: draft, target: target,
            mark: episode.fingerprint.label)
        var request: IssueRequest
        do {
            request = try await preparation.request()
        } catch let obstacle as RequestPreparation.Obstacle {
            throw try await held(by: obstacle, turn)
        }
        // Some databases of Data Center cannot keep them, which Jira may tell by an error of its own: then the first request came to
        // nothing.
        if episode.sends > 0, jira.connection.deployment == .dataCenter {
            _ = request.dropWideCharacters(of: [], because: "an earlier request with them came to nothing")
        }
        // As late as can be: what keeps the ticket from being made should cost no other its turn.
        try await flood?.takeTurn(episode)
        var sends = episode.sends
        while true {
            try context.checkLease()
            let jira = jira.leave(for: services.configuration.sendWithin)
            let mark = MarkSent.Mark(
                job: job, ticketID: episode.id, sends: sends, project: draft.project, lastIssueSeen: lastSeen,
                isRequest: request.isForServiceDesk)
            guard try await services.ledger.markSent(mark) else { throw LeaseLost() }
            // Since the commit may have taken long; the last look is at the socket.
            try context.checkLease()
            sends += 1
            let sentAt = ContinuousClock.now
            do {
                let asker = Asker(jira, admission)
                let created = try await send(request, of: episode, in: draft.project, asker)
                try await prove(created.made, of: episode, request, in: draft.project, lastSeen, asker)
                await jira.succeeded(at: target, admission)
                return await opened(episode, draft, created, request, gap: gap, sends: sends)
            } catch var notNow as NotNow {
                notNow.effects.append(SendRefused(ticketID: episode.id, sends: sends))
                throw notNow
            } catch let unseen as UnseenAnswer {
                let wait = Settling(services.configuration.settlingTime, episode, after: 0).wait(after: .zero)
                throw NotNow(wait: wait ?? .zero, reason: "\(unseen)")
            } catch let error as JiraError where error.outcome == .unknown {
                var sent = turn
                sent.episode.lastIssueSeen = lastSeen
                return try await unproven(error, sent)
            } catch let error as JiraError {
                if error.fieldErrors["assignee"] != nil, let assignee = draft.assignee {
                    await services.people.forget(assignee, assignableIn: draft.project, at: jira.connection)
                }
                var sent = episode
                (sent.sends, sent.lastIssueSeen, sent.projectKey) = (sends, lastSeen, draft.project)
                sent.wasRequested = sent.wasRequested || request.isForServiceDesk
                if let sighting = try await madeAllTheSame(sent, error, Asker(jira, admission)) {
                    return adopted(sent, draft, sighting)
                }
                if sends < episode.sends + 4,
                    request.change(
                        because: error, of: draft, for: jira.connection.deployment, mayLoseMark: lastSeen != nil)
                {
                    continue
                }
                let refused = SendRefused(ticketID: episode.id, sends: sends, isJirasWord: true)
                return try await refusal(error, sentAt, refused, preparation, turn)
            }
        }
    }

    private func send(
        _ request: IssueRequest, of episode: Episode, in project: String, _ asker: Asker
    ) async throws -> (made: SharedCreates.Made, portalURL: String?) {
        if case .requestType(let type, let serviceDeskID) = request.owner {
            let answer = try await asker.jira.send(
                CreateCustomerRequest(
                    serviceDeskID: serviceDeskID, requestTypeID: type.id, fields: request.fields), asker.admission)
            return (SharedCreates.Made(issue: answer.issue, isProven: false), answer.portalURL)
        }
        let issue = CreateIssue(
            fields: request.fields,
            properties: [
                Fingerprint.propertyKey: episode.fingerprint.property(jobID: job.id, controlID: failure.controlID)
            ])
        let creation = SharedCreates.Creation(issue: issue, fingerprint: episode.fingerprint, asker: asker)
        // What a firewall dislikes of one must not be the others' doubt, time and again.
        if episode.isInDoubt { return (try await creation.send(), nil) }
        return (try await services.creates.create(creation, in: project), nil)
    }

    private func prove(
        _ made: SharedCreates.Made, of episode: Episode, _ request: IssueRequest, in project: String,
        _ lastSeen: Int64?, _ asker: Asker
    ) async throws {
        guard !made.isProven else { return }
        let site = asker.connection.browseURL
        let others = try await services.pool.execute(
            OthersOfAnswer(issueID: made.issue.id, ticketID: episode.id, site: site, project: project)
        ).first
        let mark = TicketMark(fingerprint: episode.fingerprint, mayStandInText: request.isForServiceDesk)
        try await AnsweredIssue(issue: made.issue, mark: mark, asker: asker)
            .prove(in: project, lastSeen: lastSeen, others ?? .init(haveIssue: true, areUnderWay: true))
    }

    // MARK: Endings

    private func opened(
        _ episode: Episode, _ draft: TicketDraft, _ created: (made: SharedCreates.Made, portalURL: String?),
        _ request: IssueRequest, gap: String?, sends: Int
    ) async -> Outcome {
        let key = created.made.issue.key
        await services.frontier.saw(key, at: jira.connection)
        let issue = IssueReference(id: created.made.issue.id, key: key, url: jira.connection.browseURL(issueKey: key))
        var detail = detail(episode, draft, sends: sends)
        detail["labels"] = request.fields["labels"] ?? []
        detail["portalUrl"] = created.portalURL.map { .string($0) }
        detail["existingTickets"] = gap.map { .string($0) }
        if !request.omitted.isEmpty { detail["omitted"] = .object(request.omitted.mapValues { .string($0) }) }
        // What neither label nor property may stand on has to be known by its time.
        let isMarked =
            !request.isForServiceDesk
            && (jira.connection.deployment == .cloud
                || request.fields["labels"]?.arrayValue?.contains(.string(episode.fingerprint.label)) == true)
        let opened = TicketOpened(
            ticketID: episode.id, issue: issue, origin: isMarked ? jira.connection.browseURL : nil, isMade: true,
            actor: services.configuration.actor)
        return .completed(effects(episode, opened, .ticketCreated, detail))
    }

    private func adopted(_ episode: Episode, _ draft: TicketDraft, _ sighting: Sighting) -> Outcome {
        var detail = detail(episode, draft, sends: episode.sends)
        detail["foundBy"] = .string(sighting.foundBy.rawValue)
        detail["matched"] = sighting.match.map { .string($0.rawValue) }
        if !sighting.others.isEmpty { detail["others"] = .array(sighting.others.map { .string($0) }) }
        let opened = TicketOpened(
            ticketID: episode.id, issue: sighting.issue, isRequest: sighting.foundBy == .description,
            origin: jira.connection.browseURL, issueCreated: sighting.created, isMade: sighting.foundBy != .existing,
            actor: services.configuration.actor)
        return .completed(effects(episode, opened, .ticketAdopted, detail))
    }

    private func detail(_ episode: Episode, _ draft: TicketDraft, sends: Int) -> [String: JSONValue] {
        [
            "severity": .string(failure.severity.rawValue), "project": .string(draft.project),
            draft.isRequest ? "requestType" : "issueType": .string(draft.kind.name),
            "dueDate": .string(episode.dueDate),
            "episode": .integer(Int64(episode.number)), "fingerprint": .string(episode.fingerprint.hex),
            "sends": .integer(Int64(sends)), "rule": draft.rule.map { .string($0) } ?? .null,
            "previousTicket": former.map { .string($0.issue.key) } ?? .null,
        ]
    }

    private func effects(
        _ episode: Episode, _ opened: TicketOpened, _ action: AuditAction, _ detail: [String: JSONValue]
    ) -> [any Effect] {
        let alerts = settings.sla.scheduledAlerts(base: episode.failedAt, due: episode.dueAt, now: episode.now)
        let jobs = alerts.map { alert in
            SLAAlert(ticketID: episode.id, threshold: alert.threshold, dueAt: episode.dueAt)
                .job(customerID: job.customerID, at: alert.moment)
        }
        let scheduled = services.record(
            .slaScheduled, control: failure.controlID, issueKey: opened.issue.key,
            [
                "dueAt": .moment(episode.dueAt),
                "alerts": alerts.record,
            ])
        return [
            opened, services.record(action, control: failure.controlID, issueKey: opened.issue.key, detail), scheduled,
        ] + jobs
    }
}
