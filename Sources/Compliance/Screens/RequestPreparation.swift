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
    struct Obstacle: Error {
        let problem: String
        let remedy: String

        var sentence: String { problem.hasSuffix(".") ? problem : problem + "." }
    }

    /// What was learnt of a project is believed for a while, but not when it stands in the way, nor when the caller is the
    /// one who finds out whether it still does.
    func request() async throws -> IssueRequest {
        let isProbe = asker.admission.isProbe(of: target)
        do {
            return try await request(notOlderThan: isProbe ? .zero : services.configuration.screenFreshness)
        } catch is Obstacle where !isProbe {
            return try await request(notOlderThan: services.configuration.gates.freshness)
        }
    }

    /// What Jira says now, after it refused the request; nil if that does not explain it.
    func obstacle() async throws -> Obstacle? {
        do {
            _ = try await request(notOlderThan: .zero)
            return nil
        } catch let obstacle as Obstacle {
            return obstacle
        }
    }

    private func request(notOlderThan age: Duration) async throws -> IssueRequest {
        let answer = try await services.screens.screen(
            of: target, project: draft.project, draft.kind, notOlderThan: age, asker)
        let deployment = asker.connection.deployment
        switch answer {
        case .screen(let screen):
            let (fields, omitted) = draft.createFields(
                for: deployment, on: screen,
                assignee: screen.fields["assignee"] == nil ? nil : try await assignee(),
                people: try await people(on: screen))
            let missing = screen.missing(from: Set(fields.keys))
            guard missing.isEmpty else {
                let wanting = MissingFields(missing, on: screen, problems: omitted)
                throw Obstacle(problem: wanting.problem, remedy: wanting.remedy)
            }
            if case .requestType = screen.owner, fields["description"] == nil {
                throw Obstacle(
                    problem: "\(screen.title) has no description on its form, where a request is known again by",
                    remedy: "Add the field Description to the form of the request type.")
            }
            return IssueRequest(fields: fields, omitted: omitted, mark: mark, owner: screen.owner)
        case .obstacle(let problem, let remedy):
            throw Obstacle(problem: problem, remedy: remedy)
        case .unknown:
            return try await requestWithoutScreen()
        }
    }

    private func requestWithoutScreen() async throws -> IssueRequest {
        var fields = draft.createFields(for: asker.connection.deployment)
        var omitted: [String: String] = [:]
        if let assignee = try await assignee() {
            switch assignee {
            case .found(let id): fields["assignee"] = asker.connection.deployment.person(id)
            case .missing(let why):
                fields["assignee"] = nil
                omitted["assignee"] = why
            }
        }
        return IssueRequest(fields: fields, omitted: omitted, mark: mark)
    }

    private func people(on screen: CreateScreen) async throws -> [String: PersonLookup] {
        var people: [String: PersonLookup] = [:]
        for name in draft.peoplesNames(on: screen) {
            people[name] = try await services.people.lookup(name, assignableIn: nil, asker)
        }
        return people
    }

    /// Nil if the settings name an account as Jira itself does.
    private func assignee() async throws -> PersonLookup? {
        guard let assignee = draft.assignee, assignee.contains("@") else { return nil }
        return try await services.people.lookup(assignee, assignableIn: draft.project, asker)
    }
}
