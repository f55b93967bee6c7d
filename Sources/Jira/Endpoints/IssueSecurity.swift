import HTTP

/// Whether a project has an issue security scheme, by which single issues can be hidden. Only who administers the project is told.
package struct GetSecurityScheme: Endpoint {
    package var projectKey: String

    package static let operation = "get_security_scheme"
    package static let absenceIsConclusive = true

    package init(_ projectKey: String) {
        self.projectKey = projectKey
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .get("/project/\(PercentEncoding.pathSegment(projectKey))/issuesecuritylevelscheme")
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Bool {
        answer.body["id"].map { !$0.isNull } ?? false
    }
}
