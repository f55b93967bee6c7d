package import HTTP

/// Where a Jira is and as whom it is spoken to.
package struct JiraConnection: Sendable {
    package enum Deployment: String, Sendable, Hashable {
        /// Hosted by Atlassian: REST API v3, rich text as ADF.
        case cloud
        /// Jira Data Center, and Server before it: REST API v2, rich text as wiki markup. There is no v3.
        case dataCenter
    }

    package var deployment: Deployment

    /// The site's or the gateway's root without trailing slash, context path included; `/rest/api/...` follows.
    package var baseURL: String

    /// The root of the site as people see it; `/browse/KEY` follows. Never taken from `self` in an answer, which names
    /// the gateway for some callers.
    package var browseURL: String

    package var credentials: JiraCredentials

    package var settings: AddressSettings

    /// Whether `baseURL` may be `http://`: on loopback, or where the operator said so.
    package var allowsPlainHTTP: Bool

    /// `.publicOnly` for a base URL that a customer gave.
    package var addressPolicy: AddressPolicy

    /// For one request, from sending to the last byte of the answer.
    package var timeout: Duration

    package init(
        deployment: Deployment, baseURL: String, browseURL: String, credentials: JiraCredentials,
        settings: AddressSettings = AddressSettings(), allowsPlainHTTP: Bool = false,
        addressPolicy: AddressPolicy = .any, timeout: Duration = .seconds(30)
    ) {
        self.deployment = deployment
        self.baseURL = baseURL
        self.browseURL = browseURL
        self.credentials = credentials
        self.settings = settings
        self.allowsPlainHTTP = allowsPlainHTTP
        self.addressPolicy = addressPolicy
        self.timeout = timeout
    }

    /// Whether requests go through Atlassian's gateway, the only way in for tokens with scopes and service accounts.
    package var usesGateway: Bool {
        baseURL.contains(JiraAddress.gatewayPath)
    }

    /// The page of an issue for a person's browser.
    package func browseURL(issueKey: String) -> String {
        "\(browseURL)/browse/\(PercentEncoding.pathSegment(issueKey))"
    }
}
