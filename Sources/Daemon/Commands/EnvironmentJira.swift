import Compliance
import Jira

/// The Jira of the environment as it can be described without asking it.
struct EnvironmentJira: Codable, Sendable {
    /// As people see it.
    private(set) var browseURL: String?
    private(set) var baseURL: String?
    /// What kind of Jira it is.
    private(set) var kind: String?
    /// As whom it is spoken to, the secret masked.
    private(set) var account: String?
    private(set) var hindrances: [ConnectionHindrance] = []
    private static let mask = "•••"

    /// - Parameter connection: what a server that was asked has said.
    init(_ configuration: Configuration, connection: JiraConnection? = nil) {
        guard let settings = configuration.jira.connection else {
            hindrances = [
                ConnectionHindrance(
                    scope: "jira", cause: "no_jira", reason: "No Jira is configured.",
                    remedy: "Set JIRA_DOMAIN (or JIRA_BASE_URL) and credentials.")
            ]
            return
        }
        guard let address = try? JiraAddress(settings) else { return }
        browseURL = address.browseURL
        baseURL = address.baseURL
        let deployment = connection?.deployment ?? address.deployment
        kind = deployment?.name ?? "the server is asked whether it is Cloud or Data Center"
        let credentials =
            deployment.map { try? settings.credentials(for: $0) }
            ?? (try? settings.credentials(for: .cloud)) ?? (try? settings.credentials(for: .dataCenter))
        switch credentials {
        case .apiToken(let email, _):
            let way = address.baseURL == address.browseURL ? "" : " through Atlassian's gateway"
            account = "\(email), API token \(Self.mask)\(way)"
        case .personalAccessToken: account = "personal access token \(Self.mask)"
        case .basic(let username, _): account = "\(username), password \(Self.mask)"
        case nil: break
        }
    }
}
