import Jira

/// Says a draft as its project takes it, by what Jira tells of the project.
struct RequestFitting {
    let draft: TicketDraft
    let deployment: JiraConnection.Deployment
    /// Whom an address means; with a project, as somebody who can be assigned there.
    let person: (_ address: String, _ project: String?) async throws -> PersonLookup

    struct Fitted {
        var fields: [String: JSONValue]
        /// What was left out, and why.
        var omitted: [String: String] = [:]
        var owner: CreateScreen.Owner?
        /// What Jira demands, as far as it tells.
        var required: Set<String> = []
        /// Why Jira would refuse it.
        var obstacle: RequestPreparation.Obstacle?
    }

    func fitted(to answer: CreateScreenAnswer) async throws -> Fitted {
        switch answer {
        case .screen(let screen): try await fitted(to: screen)
        case .obstacle(let problem, let remedy):
            Fitted(fields: [:], obstacle: RequestPreparation.Obstacle(problem: problem, remedy: remedy))
        case .unknown: try await fittedToNothingKnown()
        }
    }

    private func fitted(to screen: CreateScreen) async throws -> Fitted {
        let (fields, omitted) = draft.createFields(
            for: deployment, on: screen,
            assignee: screen.fields["assignee"] == nil ? nil : try await assignee(),
            people: try await people(on: screen))
        var fitted = Fitted(fields: fields, omitted: omitted, owner: screen.owner, required: screen.requiredFields)
        let missing = screen.missing(from: Set(fields.keys))
        if !missing.isEmpty, missing.allSatisfy({ draft.changingFields.contains($0.id) }) {
            fitted.obstacle = ofThisFailure(missing, on: screen, problems: omitted)
        } else if !missing.isEmpty {
            let wanting = MissingFields(missing, on: screen, problems: omitted)
            fitted.obstacle = RequestPreparation.Obstacle(problem: wanting.problem, remedy: wanting.remedy)
        } else if case .requestType = screen.owner, fields["description"] == nil {
            fitted.obstacle = RequestPreparation.Obstacle(
                problem: "\(screen.title) has no description on its form, where a request is known again by",
                remedy: "Add the field Description to the form of the request type.")
        }
        return fitted
    }

    /// The settings fill them for other failures.
    private func ofThisFailure(
        _ missing: [JiraCreateField], on screen: CreateScreen, problems: [String: String]
    ) -> RequestPreparation.Obstacle {
        var problems = problems
        for field in missing where problems[field.id] == nil { problems[field.id] = "this failure has no value for it" }
        let ids = missing.map(\.id).joined(separator: ", ")
        return RequestPreparation.Obstacle(
            problem: MissingFields(missing, on: screen, problems: problems).problem,
            remedy: "Give the template of \(ids) in tickets.fields something to say of such failures, as in"
                + " \"{name|\(missing[0].choices.first ?? "unknown")}\", or make it optional in Jira.",
            isOfOneFailure: true)
    }

    private func fittedToNothingKnown() async throws -> Fitted {
        var fitted = Fitted(fields: draft.createFields(for: deployment))
        switch try await assignee() {
        case .found(let id): fitted.fields["assignee"] = deployment.person(id)
        case .missing(let why):
            fitted.fields["assignee"] = nil
            fitted.omitted["assignee"] = why
        case nil: break
        }
        return fitted
    }

    private func people(on screen: CreateScreen) async throws -> [String: PersonLookup] {
        var people: [String: PersonLookup] = [:]
        for name in draft.peoplesNames(on: screen) {
            people[name] = try await person(name, nil)
        }
        return people
    }

    /// Nil if the settings name an account as Jira itself does.
    private func assignee() async throws -> PersonLookup? {
        guard let assignee = draft.assignee, assignee.contains("@") else { return nil }
        return try await person(assignee, draft.project)
    }
}
