/// Several issues by id or key, past the search index. Cloud only: `JiraClient.issues` does it on both.
package struct BulkFetchIssues: Endpoint {
    package static let maximumCount = 100

    package var idsOrKeys: [String]
    package var fields: [String]
    package var properties: [String]

    package static let operation = "bulk_fetch_issues"
    package static let absenceIsConclusive = true

    package init(_ idsOrKeys: [String], fields: [String] = JiraIssue.standardFields, properties: [String] = []) {
        self.idsOrKeys = idsOrKeys
        self.fields = fields
        self.properties = properties
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        var body: [String: JSONValue] = [
            "issueIdsOrKeys": .array(idsOrKeys.map { .string($0) }), "fields": .array(fields.map { .string($0) }),
        ]
        if !properties.isEmpty {
            body["properties"] = .array(properties.map { .string($0) })
        }
        return .post("/issue/bulkfetch", body: .object(body))
    }

    /// Those that exist and are visible, in ascending order of id; the others are left out.
    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> [JiraIssue] {
        var issues: [JiraIssue] = []
        for issue in try answer.body.requiredArray("issues") {
            issues.append(try JiraIssue(issue))
        }
        return issues
    }
}

extension JiraClient {
    /// Those of the issues that exist and are visible to the account, surely: an issue is left out only if Jira, knowing
    /// who asks, says that it is not there.
    ///
    /// Cloud is asked for up to a hundred at a time, Data Center, which has no such endpoint, one by one.
    package func issues(
        _ idsOrKeys: [String], fields: [String] = JiraIssue.standardFields, properties: [String] = []
    ) async throws(JiraError) -> [JiraIssue] {
        var found: [JiraIssue] = []
        switch connection.deployment {
        case .cloud:
            var rest = idsOrKeys[...]
            while !rest.isEmpty {
                let some = Array(rest.prefix(JiraIssue.mostInAnswer(with: fields)))
                found += try await send(BulkFetchIssues(some, fields: fields, properties: properties))
                rest = rest.dropFirst(some.count)
            }
        case .dataCenter:
            for idOrKey in idsOrKeys {
                do {
                    found.append(try await send(GetIssue(idOrKey, fields: fields, properties: properties)))
                } catch {
                    guard case .notFound = error.kind else { throw error }
                }
            }
        }
        return found
    }
}
