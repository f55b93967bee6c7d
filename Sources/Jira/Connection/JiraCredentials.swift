import FoundationEssentials
package import HTTP

/// As whom Jira is spoken to.
package enum JiraCredentials: Sendable {
    /// Cloud: an Atlassian account's e-mail address and an API token of it, as HTTP basic.
    case apiToken(email: String, token: Secret)
    /// Data Center 8.14 and later: as HTTP bearer.
    case personalAccessToken(Secret)
    /// Data Center; off by default from Jira 11 on.
    case basic(username: String, password: Secret)
}

extension JiraCredentials {
    /// The value of the `Authorization` header.
    var authorization: Secret {
        switch self {
        case .apiToken(let name, let secret), .basic(let name, let secret):
            Secret("Basic \(Self.base64(name: name, secret: secret))")
        case .personalAccessToken(let token):
            Secret("Bearer \(token.reveal())")
        }
    }

    /// All that must never be printed, should Jira or a proxy echo it.
    var secrets: [Secret] {
        switch self {
        case .apiToken(let name, let secret), .basic(let name, let secret):
            [Secret(Self.base64(name: name, secret: secret)), secret]
        case .personalAccessToken(let token):
            [token]
        }
    }

    private static func base64(name: String, secret: Secret) -> String {
        Data("\(name):\(secret.reveal())".utf8).base64EncodedString()
    }
}
