import HTTP

/// One issue, by id or key. Not read from the search index, so not late; a moved issue answers under its old key.
package struct GetIssue: Endpoint {
    package var idOrKey: String
    package var fields: [String]
    package var properties: [String]
    /// Whether to tell since when it has its status.
    package var withChangelog: Bool

    package static let operation = "get_issue"
    package static let absenceIsConclusive = true

    package init(
        _ idOrKey: String, fields: [String] = JiraIssue.standardFields, properties: [String] = [],
        withChangelog: Bool = false
    ) {
        self.idOrKey = idOrKey
        self.fields = fields
        self.properties = properties
        self.withChangelog = withChangelog
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        // Without any, Jira sends all.
        var query = [("fields", fields.isEmpty ? "summary" : fields.joined(separator: ","))]
        if !properties.isEmpty {
            query.append(("properties", properties.joined(separator: ",")))
        }
        if withChangelog { query.append(("expand", "changelog")) }
        return .get("/issue/\(PercentEncoding.pathSegment(idOrKey))", query: query)
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> JiraIssue {
        var issue = try JiraIssue(answer.body)
        issue.serverTime = answer.time
        return issue
    }
}
