package import FoundationEssentials
import HTTP

/// A comment on an issue.
package struct JiraComment: Sendable, Hashable {
    package var id: String
    /// ADF on Cloud, a string of wiki markup on Data Center.
    package var body: JSONValue
    package var created: Date?

    package init(_ value: JSONValue) throws(UnreadableAnswer) {
        id = try value.requiredString("id")
        body = value["body"] ?? .null
        created = (value["created"]?.stringValue).flatMap(JiraTimestamp.iso8601)
    }

    /// All its words without markup (of wiki markup: with), in which to look for a mark.
    package var text: String { body.richTextWords }
}

/// Adds a comment. Not idempotent either; 413 when the issue can take no more.
package struct AddComment: Endpoint {
    package var issueIDOrKey: String
    /// ADF for Cloud, a string of wiki markup for Data Center.
    package var body: JSONValue
    package var properties: [String: JSONValue]

    package static let operation = "add_comment"
    package static let hasEffect = true

    package init(to issueIDOrKey: String, body: JSONValue, properties: [String: JSONValue] = [:]) {
        self.issueIDOrKey = issueIDOrKey
        self.body = body
        self.properties = properties
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        var comment: [String: JSONValue] = ["body": body]
        if !properties.isEmpty {
            comment["properties"] = .entityProperties(properties)
        }
        return .post("/issue/\(PercentEncoding.pathSegment(issueIDOrKey))/comment", body: .object(comment))
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> JiraComment {
        _ = try answer.body.idOfSomethingMade("id")
        guard answer.body["body"] != nil else { throw UnreadableAnswer(missing: "body") }
        return try JiraComment(answer.body)
    }
}

/// One page of an issue's comments; on Cloud the newest first.
package struct ListComments: PagedEndpoint {
    package typealias Item = JiraComment

    package var issueIDOrKey: String
    package var cursor: PageCursor?

    package static let operation = "list_comments"
    package static let absenceIsConclusive = true

    package init(of issueIDOrKey: String) {
        self.issueIDOrKey = issueIDOrKey
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        var query = [("startAt", String(cursor?.offset ?? 0)), ("maxResults", "100")]
        if deployment == .cloud {
            query.append(("orderBy", "-created"))
        }
        return .get("/issue/\(PercentEncoding.pathSegment(issueIDOrKey))/comment", query: query)
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Page<JiraComment> {
        try Page(answer.body, from: cursor, listedUnder: ["comments"], read: JiraComment.init)
    }
}

/// All comments of an issue, as far as they could be read.
package struct CommentList: Sendable, Hashable {
    package var comments: [JiraComment]
    /// Whether none can be missing: some may be if the list changed while its pages were read.
    package var isComplete: Bool
}

extension JiraClient {
    /// All comments of an issue, however many.
    ///
    /// Each page begins with the last comment of the one before. Where it does not, comments were removed meanwhile and those
    /// behind them moved up, one of them perhaps out of the page that was asked for.
    package func comments(of issueIDOrKey: String) async throws(JiraError) -> CommentList {
        var endpoint = ListComments(of: issueIDOrKey)
        var page = try await send(endpoint)
        var list = CommentList(comments: page.items, isComplete: true)
        while let next = page.next {
            endpoint.cursor = .offset(next.offset - 1)
            page = try await send(endpoint)
            guard page.items.count > 1, page.items.first?.id == list.comments.last?.id else {
                list.isComplete = false
                return list
            }
            list.comments += page.items.dropFirst()
        }
        return list
    }
}
