import FoundationEssentials
import Jira
import Jobs
import Postgres

/// Asks Jira what has become of a ticket: its status, together with what proves that it is the ticket.
struct TicketLook: Sendable {
    let services: ComplianceServices
    let jira: GuardedJira

    /// Never throws because of Jira: what it cannot say is `.unknown`. Throws `DislikedWords` if something before Jira refuses this
    /// ticket alone.
    ///
    /// - Parameter datesEnd: whether it matters since when a ticket is done, which may cost another request.
    func status(of ticket: KnownIssue, datesEnd: Bool = true) async throws -> TicketStatus {
        do {
            return try await jira.admitted { try await status(of: ticket, datesEnd: datesEnd, $0) }
        } catch let error as JiraError {
            return .unknown(error.sentence)
        } catch let notNow as NotNow {
            return .unknown(notNow.reason)
        }
    }

    /// The status. Throws `NotNow` as long as Jira cannot say it: what could not be asked is neither open nor done. Throws
    /// `DislikedWords` as `status` does.
    func known(_ ticket: KnownIssue, datesEnd: Bool = true) async throws -> TicketStatus {
        let why: String
        var wait: Duration?
        do {
            let found: TicketStatus = try await jira.admitted {
                try await status(of: ticket, datesEnd: datesEnd, $0)
            }
            guard case .unknown(let reason) = found else { return found }
            why = reason
        } catch let error as JiraError {
            (why, wait) = (error.sentence, error.retryAfter)
        } catch let notNow as NotNow {
            let isWaiting = notNow.reason.hasPrefix(NotNow.waiting)
            why = isWaiting ? String(notNow.reason.dropFirst(NotNow.waiting.count)) : notNow.reason
            wait = notNow.wait
        }
        throw NotNow(
            untilMended: "Jira does not say whether \(ticket.reference.key) is still open: \(why)",
            wait: wait ?? services.configuration.gates.configuration * min(1 + jira.job.snoozes, 60))
    }

    private func status(of ticket: KnownIssue, datesEnd: Bool, _ admission: Admission) async throws -> TicketStatus {
        let question = GetIssue(
            ticket.reference.id, fields: TicketStatus.fields(jira.connection) + ticket.fieldsToTell,
            properties: [Fingerprint.propertyKey])
        let found: JiraIssue
        do {
            found = try await jira.send(question, harmless: question.harmless, admission)
        } catch let error as JiraError {
            guard case .notFound = error.kind else { throw error }
            // A rejected credential gets the view of a stranger, who sees nothing.
            if jira.connection.deployment == .cloud, !error.isAuthenticated {
                return .unknown("the answer that there is no such issue does not say whom it was given to")
            }
            return try await ofMissing(ticket, datesEnd: datesEnd, admission)
        }
        if ticket.isTicket(found, at: jira.connection) {
            return try await seen(found, of: ticket, datesEnd: datesEnd, admission)
        }
        return try await ofLost(
            ticket, datesEnd: datesEnd, admission,
            how: "another issue has its id: Jira was restored from a backup from before it was created")
    }

    /// Gone, or only hidden from the account? A project that cannot be read either proves nothing.
    private func ofMissing(
        _ ticket: KnownIssue, datesEnd: Bool, _ admission: Admission
    ) async throws -> TicketStatus {
        if ticket.isAtAnotherSite(than: jira.connection) {
            return try await ofLost(ticket, datesEnd: datesEnd, admission, how: "")
        }
        do {
            _ = try await jira.send(GetProject(ticket.projectKey), admission)
        } catch let error as JiraError {
            return .unknown(
                "neither the issue nor its project \(ticket.projectKey) is visible to the account (\(error.words))")
        }
        let disappearance = Disappearance(
            ticket: ticket, asker: Asker(jira.demandingNamedCaller, admission))
        let proof = try await disappearance.proofOfDeletion()
        let status = try await ofLost(ticket, datesEnd: datesEnd, admission, how: proof ?? "")
        if case .deleted = status, proof == nil { return .hidden("\(disappearance.words) \(Disappearance.remedy)") }
        return status
    }

    /// Its id leads to nothing of it. An import gives issues new ids, and leaves them their marks.
    private func ofLost(
        _ ticket: KnownIssue, datesEnd: Bool, _ admission: Admission, how: String
    ) async throws -> TicketStatus {
        switch try await carrier(of: ticket, admission) {
        case .read(let carrier): return try await seen(carrier, of: ticket, datesEnd: datesEnd, admission)
        case .onlyShown(let key):
            return .unknown(
                "the search still shows \(key), which carries the ticket's mark, and to read it Jira says that it is not there")
        case .none: break
        }
        guard ticket.isAtAnotherSite(than: jira.connection) else { return .deleted(how) }
        return .elsewhere(
            "\(ticket.reference.key) is at \(ticket.origin ?? ticket.reference.site), and nothing at"
                + " \(jira.connection.browseURL) carries its mark")
    }

    private enum Carrier {
        case none
        case read(JiraIssue)
        /// The key that the index has. Jira contradicts itself, or not all of the answers are its own: nothing is concluded.
        case onlyShown(key: String)
    }

    /// The oldest issue that carries the whole fingerprint.
    private func carrier(of ticket: KnownIssue, _ admission: Admission) async throws -> Carrier {
        let asker = Asker(jira.demandingNamedCaller, admission)
        let fields = ticket.fieldsToTell
        let search = SearchIssues(
            jql: [ticket.mark].jql, fields: fields, pageSize: JiraIssue.mostInAnswer(with: fields))
        let found = try await asker.guarded { () async throws(JiraError) in
            try await asker.jira.client.all(search, limit: 100)
        }
        guard !found.isEmpty else { return .none }
        // What the index tells is old news.
        let read = try await asker.issues(
            found.map(\.id), fields: TicketStatus.fields(jira.connection) + ["project"] + fields)
        if let oldest = read.filter(ticket.mark.isCarried).min(by: JiraIssue.isOlder) { return .read(oldest) }
        let readIDs = Set(read.map { ExactText($0.id) })
        return found.first { !readIDs.contains(ExactText($0.id)) }.map { .onlyShown(key: $0.key) } ?? .none
    }

    private func seen(
        _ issue: JiraIssue, of ticket: KnownIssue, datesEnd: Bool, _ admission: Admission
    ) async throws -> TicketStatus {
        let reference = IssueReference(issue, at: jira.connection)
        let origin = jira.connection.browseURL
        if ticket.reference != reference || ticket.origin != origin || ticket.created == nil {
            do {
                _ = try await services.pool.execute(
                    SeeIssue(
                        ticketID: ticket.ticketID, issue: reference, origin: origin, created: issue.created,
                        project: IssueKey.parts(issue.key)?.project, jobID: jira.job.id,
                        actor: services.configuration.actor))
            } catch let error as PostgresError where error.sqlState == .uniqueViolation {
                return .unknown("\(reference.key) carries the mark, and is the ticket of another control already")
            }
        }
        guard issue.statusCategory != nil else { return .unknown("the answer names no status of \(reference.key)") }
        guard issue.isDone else { return .open(issue.status) }
        return .done(
            datesEnd ? try await jira.closing(of: issue, admission) : .untold, resolution: issue.resolution)
    }
}
