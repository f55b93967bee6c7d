import HTTP

/// What must be known of a request to say what its refusal means.
struct RequestContext: Sendable {
    enum SignIn: Sendable, Hashable { case none, apiToken, personalAccessToken, password }

    /// What is the same for every request of a connection.
    struct Circumstances: Sendable {
        var deployment: JiraConnection.Deployment
        var site: String
        var usesGateway: Bool
        var signIn: SignIn
        var settings: AddressSettings
    }

    var operation: String
    var hasEffect: Bool
    var api: JiraAPI
    var circumstances: Circumstances
    var scrubber: SecretScrubber
    /// As `Endpoint.sentFields`.
    var sentFields: Set<String>?
}

extension RequestContext.Circumstances {
    init(_ connection: JiraConnection) {
        deployment = connection.deployment
        site = connection.browseURL
        usesGateway = connection.usesGateway
        settings = connection.settings
        signIn =
            switch connection.credentials {
            case .apiToken: .apiToken
            case .personalAccessToken: .personalAccessToken
            case .basic: .password
            }
    }
}
