package import HTTP
package import Logging

/// What an operator wrote about a Jira, as text. An empty text is as good as none.
package struct JiraSettings: Sendable {
    /// `JIRA_TYPE`: `cloud` or `server`.
    package var type: String?
    /// `JIRA_DOMAIN`: a host name; a whole URL is understood too.
    package var domain: String?
    /// `JIRA_BASE_URL`: with port and context path; overrides the domain.
    package var baseURL: String?
    /// `JIRA_CLOUD_ID`: go through Atlassian's gateway.
    package var cloudID: String?
    package var email: String?
    package var apiToken: Secret?
    package var personalAccessToken: Secret?
    package var username: String?
    package var password: Secret?
    /// `jira.allow_http`: plain HTTP to other hosts than loopback.
    package var allowsPlainHTTP: Bool
    package var addressPolicy: AddressPolicy

    package init(
        type: String? = nil, domain: String? = nil, baseURL: String? = nil, cloudID: String? = nil,
        email: String? = nil, apiToken: Secret? = nil, personalAccessToken: Secret? = nil,
        username: String? = nil, password: Secret? = nil,
        allowsPlainHTTP: Bool = false, addressPolicy: AddressPolicy = .any
    ) {
        self.type = type
        self.domain = domain
        self.baseURL = baseURL
        self.cloudID = cloudID
        self.email = email
        self.apiToken = apiToken
        self.personalAccessToken = personalAccessToken
        self.username = username
        self.password = password
        self.allowsPlainHTTP = allowsPlainHTTP
        self.addressPolicy = addressPolicy
    }
}

extension JiraConnection {
    /// The connection that the settings describe. Where neither type nor address tells what kind of Jira it is, the
    /// server is asked, without credentials.
    package static func resolve(
        _ settings: JiraSettings, http: HTTPClient, logger: Logger
    ) async throws(JiraConnectionError) -> JiraConnection {
        let address: JiraAddress
        do { address = try JiraAddress(settings) } catch { throw .configuration(error) }
        let deployment: Deployment
        if let known = address.deployment {
            deployment = known
        } else {
            let anonymous = Exchange(
                address: address, addressPolicy: settings.addressPolicy, http: http, logger: logger)
            do { deployment = try await anonymous.send(ServerInfo()).response.deployment } catch {
                throw .server(error)
            }
        }
        do {
            return try JiraConnection(settings, at: address, deployment: deployment)
        } catch {
            throw .configuration(error)
        }
    }

    /// The same where the kind of Jira is known: nothing is sent.
    package init(
        _ settings: JiraSettings, at address: JiraAddress, deployment: Deployment
    ) throws(JiraConfigurationError) {
        self.init(
            deployment: deployment, baseURL: address.baseURL, browseURL: address.browseURL,
            credentials: try settings.credentials(for: deployment), settings: address.settings,
            allowsPlainHTTP: address.allowsPlainHTTP, addressPolicy: settings.addressPolicy)
    }
}

extension JiraSettings {
    /// The credentials that fit; those for the other kind of Jira are not looked at unless nothing else is there.
    package func credentials(for deployment: JiraConnection.Deployment) throws(JiraConfigurationError)
        -> JiraCredentials
    {
        switch deployment {
        case .cloud: try cloudCredentials()
        case .dataCenter: try dataCenterCredentials()
        }
    }

    private func cloudCredentials() throws(JiraConfigurationError) -> JiraCredentials {
        let remedy =
            "On Jira Cloud make an API token at https://id.atlassian.com/manage-profile/security/api-tokens and set"
            + " JIRA_EMAIL and JIRA_API_TOKEN."
        guard let token = try Self.headerSafe(apiToken, "JIRA_API_TOKEN") else {
            if try Self.headerSafe(personalAccessToken, "JIRA_PAT") != nil {
                throw JiraConfigurationError(
                    setting: "JIRA_PAT", problem: "is a Data Center token, but this Jira is Cloud", remedy: remedy)
            }
            if let password, !password.isEmpty {
                throw JiraConfigurationError(
                    setting: "JIRA_PASSWORD", problem: "cannot be used: Jira Cloud refuses account passwords",
                    remedy: remedy)
            }
            throw JiraConfigurationError(setting: "JIRA_API_TOKEN", problem: "is not set", remedy: remedy)
        }
        guard let email = email?.trimmedOfSpace, !email.isEmpty else {
            throw JiraConfigurationError(
                setting: "JIRA_EMAIL", problem: "is not set",
                remedy: "Set it to the e-mail address of the account that the API token belongs to.")
        }
        return .apiToken(email: email, token: token)
    }

    private func dataCenterCredentials() throws(JiraConfigurationError) -> JiraCredentials {
        let remedy =
            "On Jira Data Center make a token under Profile > Personal Access Tokens and set JIRA_PAT"
            + " (before Jira 8.14: JIRA_USERNAME and JIRA_PASSWORD)."
        if let token = try Self.headerSafe(personalAccessToken, "JIRA_PAT") {
            return .personalAccessToken(token)
        }
        let username = username?.trimmedOfSpace ?? ""
        if let password, !password.isEmpty {
            guard !username.isEmpty else {
                throw JiraConfigurationError(
                    setting: "JIRA_USERNAME", problem: "is not set, though JIRA_PASSWORD is",
                    remedy: "Set it to the name that you log in with.")
            }
            // Not trimmed but for the line end that files have: a password may begin or end with a space.
            return .basic(username: username, password: Secret(password.reveal().withoutLineEnd))
        }
        if try Self.headerSafe(apiToken, "JIRA_API_TOKEN") != nil {
            throw JiraConfigurationError(
                setting: "JIRA_API_TOKEN", problem: "is a Cloud token, but this Jira is Data Center", remedy: remedy)
        }
        throw JiraConfigurationError(
            setting: username.isEmpty ? "JIRA_PAT" : "JIRA_PASSWORD", problem: "is not set", remedy: remedy)
    }

    /// A token without the space around it that copying adds; nil for an empty one.
    private static func headerSafe(_ token: Secret?, _ setting: String) throws(JiraConfigurationError) -> Secret? {
        guard let text = token?.reveal().trimmedOfSpace, !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw JiraConfigurationError(
                setting: setting, problem: "holds a space, a line break or a character outside ASCII",
                remedy: "Copy the token again, whole and alone.")
        }
        return Secret(text)
    }
}

extension String {
    /// Without spaces, tabs and line breaks at both ends.
    var trimmedOfSpace: String {
        var text = self[...]
        while text.first?.isWhitespace ?? false { text.removeFirst() }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }

    var withoutLineEnd: String {
        var text = self[...]
        while text.last?.isNewline ?? false { text.removeLast() }
        return String(text)
    }
}
