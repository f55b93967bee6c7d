import HTTP

/// How issues can be closed, one page: on Cloud in pages, on Data Center all at once.
/// Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-resolutions/,
/// https://developer.atlassian.com/server/jira/platform/rest/v10000/api-group-resolution/
package struct ListResolutions: PagedEndpoint {
    package typealias Item = String

    package var cursor: PageCursor?

    package static let operation = "list_resolutions"
    package static let absenceIsConclusive = true

    package init() {}

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        switch deployment {
        case .cloud:
            .get(
                "/resolution/search", query: [("startAt", String(cursor?.offset ?? 0)), ("maxResults", "100")])
        case .dataCenter: .get("/resolution")
        }
    }

    /// Their names.
    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Page<String> {
        try Page(answer.body, from: cursor, listedUnder: ["values"]) { item throws(UnreadableAnswer) in
            try item.requiredString("name")
        }
    }
}
