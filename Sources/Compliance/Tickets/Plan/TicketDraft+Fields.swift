package import Jira

extension TicketDraft {
    /// The `fields` of the create request, where nothing is known of the project. Optional fields without a value are left
    /// out: a create screen need not have them.
    /// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post
    package func createFields(for deployment: JiraConnection.Deployment) -> [String: JSONValue] {
        var result = fields.compactMapValues(\.withoutType)
        if !labels.isEmpty { result["labels"] = .array(labels.map(JSONValue.string)) }
        if let priority { result["priority"] = ["name": .string(priority)] }
        if !components.isEmpty { result["components"] = .array(components.map { ["name": .string($0)] }) }
        if let dueDate { result["duedate"] = .string(dueDate) }
        if let parent { result["parent"] = ["key": .string(parent)] }
        if let assignee, !assignee.isEmpty, !assigneeMustBeLookedUp(for: deployment) {
            result["assignee"] = deployment.person(assignee)
        }
        for (id, value) in everyTicketsFields(for: deployment) { result[id] = value }
        return result
    }

    /// The assignee is an e-mail address, and Cloud takes account ids only: without knowing whose it is, the ticket is made
    /// without assignee.
    package func assigneeMustBeLookedUp(for deployment: JiraConnection.Deployment) -> Bool {
        deployment == .cloud && assignee?.contains("@") == true
    }

    /// The same for a project whose create screen is known: each field as its type wants it, and nothing that the screen does
    /// not have.
    /// - Parameters:
    ///   - assignee: whom the assignee's name means, where that was looked up: not everybody can be assigned everywhere.
    ///   - people: the same for other fields, by what they are called in the settings or the payload.
    package func createFields(
        for deployment: JiraConnection.Deployment, on screen: CreateScreen, assignee: PersonLookup? = nil,
        people: [String: PersonLookup] = [:]
    ) -> (fields: [String: JSONValue], omitted: [String: String]) {
        var result: [String: JSONValue] = [:]
        var omitted: [String: String] = [:]
        let assignees = assignee.map { [self.assignee ?? "": $0] } ?? [:]
        for (id, content) in contents {
            guard let field = screen.fields[id] else {
                // Which parents an issue can have is no matter of the screen, and the labels carry the mark: Jira may say.
                if id == "parent" || id == "labels" {
                    result[id] = content.withoutType
                } else {
                    omitted[id] = "not on the create screen of \(screen.issueType.name) in \(screen.projectKey)"
                }
                continue
            }
            let fitted =
                switch content {
                case .json(let value): FittedValue(value)
                case .words(let words, _):
                    field.value(of: words, for: deployment, people: id == "assignee" ? assignees : people)
                }
            result[id] = fitted.value
            if let problem = fitted.problem { omitted[id] = problem }
        }
        for (id, value) in everyTicketsFields(for: deployment) {
            if id == "description", screen.fields[id] == nil {
                omitted[id] = "not on the create screen of \(screen.issueType.name) in \(screen.projectKey)"
            } else {
                result[id] = value
            }
        }
        result["issuetype"] = ["id": .string(screen.issueType.id)]
        return (result, omitted)
    }

    /// What is said of people in fields that may hold them.
    func peoplesNames(on screen: CreateScreen) -> [String] {
        fields.filter { screen.fields[$0.key]?.kind.holdsPeople == true }.flatMap(\.value.addresses)
    }

    /// All that a ticket need not have.
    private var contents: [String: FieldContent] {
        var contents = fields
        if !labels.isEmpty { contents["labels"] = .words(labels, .list) }
        contents["priority"] = priority.map { .words([$0], .untyped) } ?? contents["priority"]
        if !components.isEmpty { contents["components"] = .words(components, .list) }
        contents["duedate"] = dueDate.map { .json(.string($0)) } ?? contents["duedate"]
        contents["parent"] = parent.map { .json(["key": .string($0)]) } ?? contents["parent"]
        if let assignee, !assignee.isEmpty { contents["assignee"] = .words([assignee], .untyped) }
        for id in ["project", "issuetype", "summary", "description"] { contents[id] = nil }
        return contents
    }

    private func everyTicketsFields(for deployment: JiraConnection.Deployment) -> [String: JSONValue] {
        [
            "project": ["key": .string(project)], "issuetype": ["name": .string(issueType)],
            "summary": .string(summary),
            "description": deployment == .cloud ? description.adf() : .string(description.wikiMarkup()),
        ]
    }
}
