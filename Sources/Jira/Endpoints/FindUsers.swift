/// Somebody with an account.
package struct JiraUser: Sendable, Hashable {
    /// Cloud: the account id. Data Center: the user name.
    package var id: String
    package var displayName: String
    /// Hidden by many Cloud accounts' privacy settings.
    package var email: String?
    package var isActive: Bool

    init(_ body: JSONValue, _ deployment: JiraConnection.Deployment) throws(UnreadableAnswer) {
        id = try body.requiredString(deployment == .cloud ? "accountId" : "name")
        displayName = body["displayName"]?.stringValue ?? id
        email = body["emailAddress"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        isActive = body["active"]?.boolValue ?? true
    }
}

/// The accounts that a text may mean, by e-mail address, user name (Data Center) or account id (Cloud); with a project, those that
/// can be assigned its issues.
///
/// Without the permission Browse Users and Groups the list is empty.
package struct FindUsers: Endpoint {
    package var text: String
    /// The key of a project.
    package var assignableIn: String?

    package static let operation = "find_users"
    package static let absenceIsConclusive = true

    package init(_ text: String, assignableIn project: String? = nil) {
        self.text = text
        assignableIn = project
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        // Cloud's `query` looks at names and addresses alone.
        let named = (deployment == .dataCenter ? "username" : text.contains("@") ? "query" : "accountId", text)
        guard let assignableIn else { return .get("/user/search", query: [named, ("maxResults", "50")]) }
        return .get("/user/assignable/search", query: [("project", assignableIn), named, ("maxResults", "50")])
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> [JiraUser] {
        guard let list = answer.body.arrayValue else { throw UnreadableAnswer(missing: "a list of users") }
        var users: [JiraUser] = []
        for user in list { users.append(try JiraUser(user, answer.deployment)) }
        return users
    }
}

/// Whether a text means an account.
package enum PersonLookup: Sendable, Hashable {
    case found(id: String)
    /// Why not, as a clause.
    case missing(String)

    /// Whom of those that Jira lists a text means: Jira also lists whose name merely begins so.
    package init(_ text: String, among users: [JiraUser], assignableIn project: String?) {
        let wanted = text.lowercased()
        let exact = users.filter { [$0.email, $0.id].contains { $0?.lowercased() == wanted } }
        // Cloud finds hidden addresses only where they match exactly, and does not show them.
        let hidden = users.count == 1 && wanted.contains("@") ? users.filter { $0.email == nil } : []
        guard let user = exact.first(where: \.isActive) ?? exact.first ?? hidden.first else {
            let place = project.map { "who can be assigned issues in \($0)" } ?? "in Jira"
            self = .missing("there is nobody \(place) with the address or name \(text.singleLine(limit: 100))")
            return
        }
        self =
            user.isActive
            ? .found(id: user.id) : .missing("the account \(text.singleLine(limit: 100)) is deactivated")
    }
}
