package import Jira

extension TicketDraft {
    /// The `fields` of the create request, where nothing is known of the project. Optional fields without a value are left
    /// out: a create screen need not have them.
    /// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post
    package func createFields(for deployment: JiraConnection.Deployment) -> [String: JSONValue] {
        var result = [String: JSONValue](minimumCapacity: fields.count + 10)
        for (id, content) in fields { result[id] = content.withoutType }
        if !labels.isEmpty { result["labels"] = .array(labels.map(JSONValue.string)) }
        if let priority { result["priority"] = ["name": .string(priority)] }
        if !components.isEmpty { result["components"] = .array(components.map { ["name": .string($0)] }) }
        if let dueDate { result["duedate"] = .string(dueDate) }
        if let parent { result["parent"] = ["key": .string(parent)] }
        if let assignee, !assignee.isEmpty, !assigneeMustBeLookedUp(for: deployment) {
            result["assignee"] = deployment.person(assignee)
        }
        let reference = isRequest ? fingerprint?.reference : nil
        for (id, value) in everyTicketsFields(for: deployment, reference: reference) { result[id] = value }
        if isRequest { Self.namesOfIssues.forEach { result[$0] = nil } }
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
                if id == "parent", screen.keepsEpicsApart(on: deployment) {
                    if let epicLink = screen.epicLink {
                        result[epicLink.id] = result[epicLink.id] ?? content.issueKey.map { .string($0) }
                    } else {
                        omitted[id] = "only sub-tasks have parents here, and Epic Link is \(screen.absence)"
                    }
                } else if !screen.isForm, id == "parent" || id == "labels" {
                    // Which parents an issue can have is no matter of the screen, and the labels carry the mark: Jira may say.
                    result[id] = content.withoutType
                } else {
                    omitted[id] = screen.absence(of: id)
                }
                continue
            }
            let fitted =
                switch content {
                case .json(let value): FittedValue(value)
                case .words(_, .value(let value)) where field.kind == .other: FittedValue(value)
                case .words(let words, _):
                    field.value(of: words, for: deployment, people: id == "assignee" ? assignees : people)
                }
            result[id] = fitted.value
            if let problem = fitted.problem { omitted[id] = problem }
        }
        let everyTickets = everyTicketsFields(for: deployment, reference: screen.isForm ? fingerprint?.reference : nil)
        for (id, value) in everyTickets {
            if screen.fields[id] == nil, screen.isForm || id == "description" {
                omitted[id] = screen.absence
            } else {
                result[id] = value
            }
        }
        switch screen.owner {
        case .issueType(let type): result["issuetype"] = ["id": .string(type.id)]
        case .requestType: Self.namesOfIssues.forEach { (result[$0], omitted[$0]) = (nil, nil) }
        }
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

    /// What a request says by the ids of its service desk and type.
    private static let namesOfIssues = ["project", "issuetype"]

    /// - Parameter limit: in UTF-16 units, of ADF serialized.
    func descriptionField(for deployment: JiraConnection.Deployment, limit: Int) -> JSONValue {
        deployment == .cloud
            ? description.adf(limit: limit) : .string(description.wikiMarkup(limit: limit))
    }

    /// - Parameter reference: what the description ends with, where nothing else can carry the ticket's mark.
    private func everyTicketsFields(
        for deployment: JiraConnection.Deployment, reference: String? = nil
    ) -> KeyValuePairs<String, JSONValue> {
        let closing = reference.map { [Document.Block.paragraph([.text("Kushim reference: \($0)")])] } ?? []
        return [
            "project": ["key": .string(project)], "issuetype": ["name": .string(kind.name)],
            "summary": .string(summary),
            "description": deployment == .cloud
                ? description.adf(closing: closing) : .string(description.wikiMarkup(closing: closing)),
        ]
    }
}

extension FieldContent {
    /// Of a parent.
    fileprivate var issueKey: String? {
        switch self {
        case .words(let words, _): words.first
        case .json(let value): value["key"]?.stringValue
        }
    }
}

extension CreateScreen {
    /// Takes what is on it and nothing else.
    fileprivate var isForm: Bool {
        if case .requestType = owner { true } else { false }
    }

    /// Data Center refuses a parent for whatever is no sub-task: of an epic such an issue says by a field of its own.
    fileprivate func keepsEpicsApart(on deployment: JiraConnection.Deployment) -> Bool {
        guard deployment == .dataCenter, case .issueType(let type) = owner else { return false }
        return !type.isSubtask
    }

    fileprivate var epicLink: JiraCreateField? {
        fields.values.first { $0.custom == "com.pyxis.greenhopper.jira:gh-epic-link" }
    }
}
