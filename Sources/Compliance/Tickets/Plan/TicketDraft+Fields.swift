package import Jira

extension TicketDraft {
    /// What was learnt of a site, and makes the fields more certain than names alone.
    package struct Resolution: Sendable, Hashable {
        /// From createmeta: names repeat and are translated.
        package var issueTypeID: String?
        package var priorityID: String?
        /// Of the assignee, whom Cloud knows by account id only.
        package var assigneeAccountID: String?
        /// Fields that this project does not take. Project, issue type, summary and description cannot be omitted.
        package var omitted: Set<String> = []

        package init() {
        }
    }

    /// The assignee is an e-mail address, and Cloud takes account ids only: without `Resolution.assigneeAccountID` the
    /// ticket is made without assignee.
    package func assigneeMustBeLookedUp(for deployment: JiraConnection.Deployment) -> Bool {
        deployment == .cloud && assignee?.contains("@") == true
    }

    /// The `fields` of the create request. Optional fields without a value are left out: a create screen need not have them.
    /// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post
    package func createFields(
        for deployment: JiraConnection.Deployment, _ resolution: Resolution = Resolution()
    ) -> [String: JSONValue] {
        var result = fields
        if !labels.isEmpty { result["labels"] = .array(labels.map(JSONValue.string)) }
        if let priority {
            result["priority"] = resolution.priorityID.map { ["id": .string($0)] } ?? ["name": .string(priority)]
        }
        if !components.isEmpty { result["components"] = .array(components.map { ["name": .string($0)] }) }
        if let dueDate { result["duedate"] = .string(dueDate) }
        if let parent { result["parent"] = ["key": .string(parent)] }
        if let assignee = assigneeField(for: deployment, resolution) { result["assignee"] = assignee }
        for field in resolution.omitted { result[field] = nil }

        result["project"] = ["key": .string(project)]
        result["issuetype"] = resolution.issueTypeID.map { ["id": .string($0)] } ?? ["name": .string(issueType)]
        result["summary"] = .string(summary)
        switch deployment {
        case .cloud: result["description"] = description.adf()
        case .dataCenter: result["description"] = .string(description.wikiMarkup())
        }
        return result
    }

    private func assigneeField(
        for deployment: JiraConnection.Deployment, _ resolution: Resolution
    ) -> JSONValue? {
        guard let assignee, !assignee.isEmpty else { return nil }
        switch deployment {
        case .dataCenter:
            return ["name": .string(assignee)]
        case .cloud:
            let accountID = assigneeMustBeLookedUp(for: deployment) ? resolution.assigneeAccountID : assignee
            return (resolution.assigneeAccountID ?? accountID).map { ["accountId": .string($0)] }
        }
    }
}
