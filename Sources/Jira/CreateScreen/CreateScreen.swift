/// What an issue of some kind in a project can and must be made with.
package struct CreateScreen: Sendable {
    /// What the screen belongs to, as Jira has it.
    package enum Owner: Sendable, Hashable {
        /// As createmeta tells.
        case issueType(JiraIssueType)
        /// The form of a request type, as the service desk tells.
        case requestType(RequestType, serviceDeskID: String)
    }

    package let projectKey: String
    package let owner: Owner
    /// By id.
    package let fields: [String: JiraCreateField]

    package init(projectKey: String, owner: Owner, fields: [JiraCreateField]) {
        self.projectKey = projectKey
        self.owner = owner
        self.fields = Dictionary(fields.map { ($0.id, $0) }) { first, _ in first }
    }

    /// `Task in COMP`, `request type Get IT help in IT`
    package var title: String {
        switch owner {
        case .issueType(let type): "\(type.name) in \(projectKey)"
        case .requestType(let type, _): "request type \(type.name) in \(projectKey)"
        }
    }

    /// Why something was left out that only other screens have.
    package var absence: String {
        switch owner {
        case .issueType: "not on the create screen of \(title)"
        case .requestType: "not on the form of \(title)"
        }
    }

    /// The same of a field, with the one that was perhaps meant: people see its name, and the id is part of an address.
    package func absence(of id: String) -> String {
        let written = id.lowercased()
        let meant = fields.values.filter {
            [$0.name.lowercased(), $0.id.lowercased(), $0.id.replacing("customfield_", with: "")].contains(written)
        }
        guard let field = meant.first, meant.count == 1 else { return absence }
        return "\(absence); did you mean \(field.id), \(field.name)?"
    }

    /// Ids of the fields that must be sent: where Jira has a default, it fills in what is not.
    package var requiredFields: Set<String> { Set(fields.values.filter { $0.isRequired && !$0.hasDefault }.map(\.id)) }

    /// The fields that Jira would refuse an issue for, if no more than these were sent.
    package func missing(from supplied: Set<String>) -> [JiraCreateField] {
        fields.values.filter { $0.mustBeConfigured(given: supplied) }.sorted { $0.id < $1.id }
    }
}

/// What keeps issues from being made, and the settings that cure it.
package struct MissingFields: Sendable {
    package var problem: String
    package var remedy: String

    /// - Parameter problems: of fields that were to be filled and could not: why, by id.
    package init(
        _ missing: [JiraCreateField], on screen: CreateScreen, problems: [String: String] = [:]
    ) {
        let names = missing.map { field in
            "\(field.name) (\(field.id))" + (problems[field.id].map { ", but \($0)" } ?? "")
        }
        problem = "\(screen.title) requires \(names.joined(separator: "; "))"
        remedy =
            "Put into the configuration, for example, `\(Self.cure(missing))`, or make"
            + " \(missing.count == 1 ? "it" : "them") optional in Jira."
    }

    /// In YAML, on one line, since it stands in errors and in the audit log too.
    private static func cure(_ missing: [JiraCreateField]) -> String {
        let own = missing.compactMap { field in field.ownSetting.map { "\($0): \(field.exampleValue)" } }
        let others = missing.filter { $0.ownSetting == nil }.map { "\($0.id): \($0.exampleValue)" }
        let settings = own + (others.isEmpty ? [] : ["fields: {\(others.joined(separator: ", "))}"])
        return "tickets: {\(settings.joined(separator: ", "))}"
    }
}

extension JiraCreateField {
    /// Whether no ticket can be made unless the operator gives a value. Every ticket has a summary; Jira itself fills in
    /// the reporter, though it calls it required.
    package func mustBeConfigured(given supplied: Set<String>) -> Bool {
        let everyTicketHas: Set<String> = ["project", "issuetype", "summary", "reporter"]
        return isRequired && !hasDefault && !everyTicketHas.contains(id) && !supplied.contains(id)
    }

    /// The setting of `tickets` for what is no custom field.
    fileprivate var ownSetting: String? {
        switch id {
        case "components", "assignee", "labels", "parent", "description": id
        case "priority": "priorities"
        default: nil
        }
    }

    /// For a configuration file.
    fileprivate var exampleValue: String {
        if id == "priority" {
            let name = choices.first ?? "High"
            return "{critical: \(name), high: \(name), medium: \(name), low: \(name)}"
        }
        let example =
            switch kind {
            case .number: "1"
            case .date, .dateTime: "\"{timestamp|date}\""
            case .url: "\"{evidenceUrl}\""
            case .user, .users: "\"someone@example.com\""
            case .issue: "\(id == "parent" ? "COMP-1" : "\"...\"")"
            case .line, .richText: "\"{controlId}\""
            default: choices.first.map { "\"\($0)\"" } ?? "\"...\""
            }
        return id == "components" || id == "labels" ? "[\(example)]" : example
    }
}
