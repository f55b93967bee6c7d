/// What kind of Jira answers, and its version. Anybody may ask.
package struct ServerInfo: Endpoint {
    package struct Response: Sendable, Hashable {
        package var deployment: JiraConnection.Deployment
        /// Such as `10.3.19`; on Cloud a snapshot's name.
        package var version: String
        package var title: String?
        /// The address as Jira itself believes it to be.
        package var baseURL: String?
    }

    package static let operation = "server_info"

    package init() {}

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        // Of the version that every Jira has, whatever it was taken for.
        var request = EndpointRequest.get("/serverInfo")
        request.root = JiraAPI.platform.root(for: .dataCenter)
        return request
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Response {
        Response(
            // Real Data Center says "Server", older ones nothing.
            deployment: answer.body["deploymentType"]?.stringValue == "Cloud" ? .cloud : .dataCenter,
            version: try answer.body.requiredString("version"), title: answer.body["serverTitle"]?.stringValue,
            baseURL: answer.body["baseUrl"]?.stringValue)
    }
}
