package import FoundationEssentials
package import HTTP

/// A request to Jira is a type: what it asks, whether it changes anything, and how its answer reads.
package protocol Endpoint: Sendable {
    associatedtype Response: Sendable

    /// For messages and metrics: one of few names, such as `create_issue`.
    static var operation: String { get }

    /// Whether Jira is changed. Such a request is sent at most once, and its errors say whether it may have happened.
    static var hasEffect: Bool { get }

    static var api: JiraAPI { get }

    /// Whether somebody concludes from what the answer does not contain. Jira answers a rejected credential with an
    /// anonymous view in which everything is absent, so the client then makes sure who was asking before it believes.
    static var absenceIsConclusive: Bool { get }

    /// The ids of the fields that the request fills in, to tell a field that was refused from one that is demanded. Nil for what is
    /// about no fields.
    var sentFields: Set<String>? { get }

    func request(for deployment: JiraConnection.Deployment) -> EndpointRequest

    /// Whether an answer of that status is one to `decode`, not a refusal.
    func isAnswer(status: Int, body: JSONValue) -> Bool

    func decode(_ answer: Answer) throws(UnreadableAnswer) -> Response
}

extension Endpoint {
    package static var hasEffect: Bool { false }
    package static var api: JiraAPI { .platform }
    package static var absenceIsConclusive: Bool { false }
    package var sentFields: Set<String>? { nil }

    package func isAnswer(status: Int, body: JSONValue) -> Bool {
        (200..<300).contains(status)
    }
}

/// The REST APIs of a Jira.
package enum JiraAPI: Sendable, Hashable {
    case platform
    /// Of Jira Service Management, the same on Cloud and Data Center.
    /// Source: https://developer.atlassian.com/cloud/jira/service-desk/rest/intro/
    case serviceDesk

    package func root(for deployment: JiraConnection.Deployment) -> String {
        switch (self, deployment) {
        case (.platform, .cloud): "/rest/api/3"
        case (.platform, .dataCenter): "/rest/api/2"
        case (.serviceDesk, _): "/rest/servicedeskapi"
        }
    }
}

/// What an endpoint asks for: below the REST API's root.
package struct EndpointRequest: Sendable {
    package var method: HTTPRequest.Method
    /// From the slash on; segments that come from outside are percent-encoded.
    package var path: String
    package var query: [(String, String)]
    package var body: JSONValue?
    /// Instead of the root that the API has for that deployment.
    package var root: String?

    package static func get(_ path: String, query: [(String, String)] = []) -> EndpointRequest {
        EndpointRequest(method: .get, path: path, query: query, body: nil)
    }

    package static func post(_ path: String, body: JSONValue) -> EndpointRequest {
        EndpointRequest(method: .post, path: path, query: [], body: body)
    }
}

/// An answer that is JSON.
package struct Answer: Sendable {
    package var status: Int
    package var body: JSONValue
    package var deployment: JiraConnection.Deployment
    /// To read a refusal within the answer as an error.
    var context: RequestContext
    /// Nil if the answer does not say what the server's clock showed.
    package var time: ServerTime?
}

/// What a server's clock showed, so that its other times can be told from it: both ends err to the past.
package struct ServerTime: Sendable, Hashable {
    /// The end of the second that the answer names.
    package var latest: Date
    /// When it was asked, by this process's clock.
    package var askedAt: ContinuousClock.Instant

    init?(_ response: HTTPResponse, askedAt: ContinuousClock.Instant) {
        guard let date = response.headers["Date"].flatMap(JiraTimestamp.httpDate) else { return nil }
        latest = date.addingTimeInterval(1)
        self.askedAt = askedAt
    }
}

/// Not what the documentation of the endpoint promises.
package struct UnreadableAnswer: Error, Sendable, CustomStringConvertible {
    package var missing: String
    package var description: String { "Jira's answer lacks \(missing)" }

    package init(missing: String) {
        self.missing = missing
    }
}

extension JSONValue {
    /// A text that must be there and not be empty.
    func requiredString(_ key: String) throws(UnreadableAnswer) -> String {
        guard let text = self[key]?.stringValue, !text.isEmpty else { throw UnreadableAnswer(missing: key) }
        return text
    }

    /// The id of something that was made: Jira's are numbers. A gateway's answer may have an id too.
    func idOfSomethingMade(_ key: String) throws(UnreadableAnswer) -> String {
        let id = self[key]?.integerValue.map { String($0) } ?? self[key]?.stringValue ?? ""
        guard (1...19).contains(id.utf8.count), id.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw UnreadableAnswer(missing: key)
        }
        return id
    }

    func requiredArray(_ key: String) throws(UnreadableAnswer) -> [JSONValue] {
        guard let elements = self[key]?.arrayValue else { throw UnreadableAnswer(missing: key) }
        return elements
    }
}
