import Jira

/// Makes a draft into a request that its project can take, as far as Jira tells before it is sent.
struct RequestPreparation {
    let services: ComplianceServices
    let asker: Asker
    let draft: TicketDraft
    let target: GateScope
    /// The label by which the issue is found again.
    let mark: String

    /// Why the project would refuse the request, with the settings that cure it.
    struct Obstacle: Error, CustomStringConvertible {
        let problem: String
        let remedy: String
        /// Others of its kind are taken: what is missing is this failure's to say.
        var isOfOneFailure = false

        var description: String { sentence }
        var sentence: String { problem.hasSuffix(".") ? problem : problem + "." }
    }

    /// What was learnt of a project is believed for a while, but not when it stands in the way, nor when the caller is the
    /// one who finds out whether it still does.
    ///
    /// Of many that meet an obstacle together one asks: the others believe what was answered while they waited, and the gate that
    /// was shut meanwhile.
    func request() async throws -> IssueRequest {
        let isProbe = asker.admission.isProbe(of: target)
        let began = ContinuousClock.now
        do {
            return try await request(notOlderThan: isProbe ? .zero : services.configuration.screenFreshness)
        } catch is Obstacle where !isProbe {
            if let notNow = await asker.jira.gates.shutMeanwhile(target, asker.admission) { throw notNow }
            let waited = began.duration(to: .now)
            return try await request(notOlderThan: max(services.configuration.gates.freshness, waited))
        }
    }

    /// What Jira says now, after it refused a request; nil if that does not explain it. Of many that are refused together one asks.
    ///
    /// - Parameter sent: when the request was sent.
    func obstacle(after sent: ContinuousClock.Instant) async throws -> Obstacle? {
        do {
            _ = try await request(notOlderThan: sent.duration(to: .now))
            return nil
        } catch let obstacle as Obstacle {
            return obstacle
        }
    }

    private func request(notOlderThan age: Duration) async throws -> IssueRequest {
        let answer = try await services.screens.screen(
            of: draft.project, draft.kind, notOlderThan: age, asker)
        let fitting = RequestFitting(draft: draft, deployment: asker.connection.deployment) { address, project in
            try await services.people.lookup(address, assignableIn: project, asker)
        }
        let fitted = try await fitting.fitted(to: answer)
        if let obstacle = fitted.obstacle { throw obstacle }
        return IssueRequest(
            fields: fitted.fields, omitted: fitted.omitted, mark: mark, owner: fitted.owner, required: fitted.required)
    }
}
