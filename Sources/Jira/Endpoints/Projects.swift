import HTTP

/// A project (a "space" in Cloud's newer words).
package struct JiraProject: Sendable, Hashable {
    package var id: String
    package var key: String
    package var name: String
    package var isArchived: Bool
    /// `software`, `business`, `service_desk`.
    package var type: String?
    /// Only of a single project that was asked for.
    package var issueTypes: [JiraIssueType]
    /// Names; only of a single project that was asked for.
    package var components: [String]

    init(_ body: JSONValue) throws(UnreadableAnswer) {
        id = try body.requiredString("id")
        key = try body.requiredString("key")
        name = body["name"]?.stringValue ?? key
        isArchived = body["archived"]?.boolValue ?? false
        type = body["projectTypeKey"]?.stringValue
        issueTypes = (body["issueTypes"]?.arrayValue ?? []).compactMap { try? JiraIssueType($0) }
        components = (body["components"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    }
}

/// One page of the projects: on Cloud those in which the account can create issues, on Data Center all that it sees,
/// at once.
package struct ListProjects: PagedEndpoint {
    package typealias Item = JiraProject

    package var cursor: PageCursor?

    package static let operation = "list_projects"
    package static let absenceIsConclusive = true

    package init() {}

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        switch deployment {
        case .cloud:
            .get(
                "/project/search",
                query: [
                    ("startAt", String(cursor?.offset ?? 0)), ("maxResults", "100"), ("action", "create"),
                    ("status", "live"),
                ])
        case .dataCenter: .get("/project")
        }
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Page<JiraProject> {
        try Page(answer.body, from: cursor, listedUnder: ["values"], read: JiraProject.init)
    }
}

/// One project with its issue types and components.
package struct GetProject: Endpoint {
    package var idOrKey: String

    package static let operation = "get_project"
    package static let absenceIsConclusive = true

    package init(_ idOrKey: String) {
        self.idOrKey = idOrKey
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .get("/project/\(PercentEncoding.pathSegment(idOrKey))")
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> JiraProject {
        try JiraProject(answer.body)
    }
}
