import Logging
import Metrics

@testable import HTTP
@testable import Jira

/// A client that talks to loopback, and what it needs.
struct TestClient {
    static let token = "ATATT3xFfGF0-test/token+with=odd&signs"

    let server: ScriptedJira
    let http = HTTPClient(userAgent: "kushim-jira/test", logger: .silent)
    let jira: JiraClient

    init(
        _ server: ScriptedJira, _ deployment: JiraConnection.Deployment = .cloud, gateway: Bool = false,
        basic: Bool = false, metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.server = server
        let credentials: JiraCredentials =
            switch deployment {
            case .cloud: .apiToken(email: "bot@acme.example", token: Secret(Self.token))
            case .dataCenter where basic: .basic(username: "bot", password: Secret(Self.token))
            case .dataCenter: .personalAccessToken(Secret(Self.token))
            }
        let connection = JiraConnection(
            deployment: deployment, baseURL: server.url + (gateway ? "/ex/jira/11-22" : ""), browseURL: server.url,
            credentials: credentials, allowsPlainHTTP: true)
        jira = JiraClient(connection: connection, http: http, logger: .silent, metrics: metrics, now: now)
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// The error that the request ends with, or an issue recorded by the test if it ends well.
func failure<E: Endpoint>(of endpoint: E, _ client: JiraClient) async -> JiraError? {
    do {
        _ = try await client.send(endpoint)
        return nil
    } catch {
        return error
    }
}
