/// Who we are to Jira. Never answered to the anonymous.
package struct Myself: Endpoint {
    package struct Response: Sendable, Hashable {
        /// Cloud: the account id. Data Center: the user name.
        package var id: String
        package var displayName: String
        /// Hidden by many Cloud accounts' privacy settings.
        package var email: String?
        package var timeZone: String?
        package var isActive: Bool
    }

    package static let operation = "myself"

    package init() {}

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .get("/myself")
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Response {
        let body = answer.body
        let id = try body.requiredString(answer.deployment == .cloud ? "accountId" : "name")
        return Response(
            id: id, displayName: body["displayName"]?.stringValue ?? id, email: body["emailAddress"]?.stringValue,
            timeZone: body["timeZone"]?.stringValue, isActive: body["active"]?.boolValue ?? true)
    }
}
