import HTTP

/// One issue, by id or key. Not read from the search index, so not late; a moved issue answers under its old key.
package struct GetIssue: Endpoint {
    package var idOrKey: String
    package var fields: [String]
    package var properties: [String]

    package static let operation = "get_issue"
    package static let absenceIsConclusive = true

    package init(_ idOrKey: String, fields: [String] = JiraIssue.standardFields, properties: [String] = []) {
        self.idOrKey = idOrKey
        self.fields = fields
        self.properties = properties
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        // Without any, Jira sends all.
        var query = [("fields", fields.isEmpty ? "summary" : fields.joined(separator: ","))]
        if !properties.isEmpty {
            query.append(("properties", properties.joined(separator: ",")))
        }
        return .get("/issue/\(PercentEncoding.pathSegment(idOrKey))", query: query)
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> JiraIssue {
        try JiraIssue(answer.body)
    }
}
