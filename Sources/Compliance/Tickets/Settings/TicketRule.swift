/// One of `tickets.rules`: failures that match it get a project, an assignee and so on of their own. What it does not name
/// stays as the settings have it; the lists it names replace those of the settings.
package struct TicketRule: Sendable, Hashable {
    /// All that is named must match; globs (`*`, `?`) that take no notice of case. Without any, everything matches.
    package struct Match: Sendable, Hashable {
        package var control: [Glob]?
        package var integration: [Glob]?
        package var severity: [Severity]?
        package var framework: [Glob]?

        package init(
            control: [Glob]? = nil, integration: [Glob]? = nil, severity: [Severity]? = nil,
            framework: [Glob]? = nil
        ) {
            self.control = control
            self.integration = integration
            self.severity = severity
            self.framework = framework
        }
    }

    package var match = Match()
    package var project: String?
    /// Also instead of a request type that the settings name.
    package var issueType: String?
    package var requestType: String?
    package var priority: String?
    package var assignee: String?
    package var components: [String]?
    package var labels: [String]?

    package init(match: Match = Match()) {
        self.match = match
    }
}

extension TicketRule.Match {
    package func matches(_ failure: ComplianceFailure) -> Bool {
        Self.matches(control, failure.controlID) && Self.matches(integration, failure.integration)
            && Self.matches(framework, failure.framework) && severity?.contains(failure.severity) ?? true
    }

    private static func matches(_ globs: [Glob]?, _ text: String?) -> Bool {
        guard let globs else { return true }
        guard let text else { return false }
        return globs.contains { $0.matches(text) }
    }
}

extension TicketRule.Match: CustomStringConvertible {
    /// As the settings would have it: `integration: AWS, severity: high|critical`.
    package var description: String {
        let parts = [
            ("control", control?.map(\.text)), ("integration", integration?.map(\.text)),
            ("severity", severity?.map(\.rawValue)), ("framework", framework?.map(\.text)),
        ]
        let named = parts.compactMap { name, values in values.map { "\(name): \($0.joined(separator: "|"))" } }
        return named.isEmpty ? "any failure" : named.joined(separator: ", ")
    }
}

// MARK: - Codable

extension TicketRule: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case match, project
        case issueType = "issue_type"
        case requestType = "request_type"
        case priority, assignee, components, labels
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try container.take(.match, &match)
        try container.takeName(.project, &project)
        try container.takeName(.issueType, &issueType)
        try container.take(.requestType, &requestType)
        try container.take(.priority, &priority)
        try container.take(.assignee, &assignee)
        components = try container.oneOrMany(.components)
        labels = try container.oneOrMany(.labels)
    }
}

extension TicketRule.Match: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case control, integration, severity, framework
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            control: try container.oneOrMany(.control), integration: try container.oneOrMany(.integration),
            severity: try container.oneOrMany(.severity), framework: try container.oneOrMany(.framework))
    }
}
