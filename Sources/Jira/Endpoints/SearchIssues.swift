/// One page of the issues that a query finds.
///
/// The index lags behind on Cloud, by seconds to minutes: an issue just made may be missing. `JiraClient.all` gives all
/// pages.
package struct SearchIssues: PagedEndpoint {
    package typealias Item = JiraIssue

    package var jql: String
    package var fields: [String]
    /// Keys of entity properties to bring along, five at most. Cloud only: Data Center's search knows none.
    package var properties: [String]
    /// Ids of issues (50 at most) that must be fresh in the answer. Cloud only.
    package var reconciled: [Int64]
    /// Jira may give fewer.
    package var pageSize: Int
    package var cursor: PageCursor?

    package static let operation = "search_issues"
    package static let absenceIsConclusive = true

    package init(
        jql: String, fields: [String] = JiraIssue.standardFields, properties: [String] = [], reconciled: [Int64] = [],
        pageSize: Int = 100, cursor: PageCursor? = nil
    ) {
        self.jql = jql
        self.fields = fields
        self.properties = properties
        self.reconciled = reconciled
        self.pageSize = pageSize
        self.cursor = cursor
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        var body: [String: JSONValue] = [
            "jql": .string(jql), "maxResults": .integer(Int64(pageSize)), "fields": .array(fields.map { .string($0) }),
        ]
        switch deployment {
        case .cloud:
            if !properties.isEmpty { body["properties"] = .array(properties.map { .string($0) }) }
            if !reconciled.isEmpty { body["reconcileIssues"] = .array(reconciled.map { .integer($0) }) }
            if case .token(let token) = cursor { body["nextPageToken"] = .string(token) }
            return .post("/search/jql", body: .object(body))
        case .dataCenter:
            body["startAt"] = .integer(Int64(cursor?.offset ?? 0))
            body["validateQuery"] = true
            return .post("/search", body: .object(body))
        }
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Page<JiraIssue> {
        var page = try Page(answer.body, from: cursor, listedUnder: ["issues"], read: JiraIssue.init)
        switch answer.deployment {
        case .cloud:
            // Short and even empty pages are no end; a missing token is.
            let token = answer.body["nextPageToken"]?.stringValue ?? ""
            page.next = token.isEmpty || answer.body["isLast"]?.boolValue == true ? nil : .token(token)
        case .dataCenter:
            guard answer.body["total"]?.integerValue != nil else { throw UnreadableAnswer(missing: "total") }
        }
        return page
    }
}
