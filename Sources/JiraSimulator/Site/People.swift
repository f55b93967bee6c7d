/// Somebody with an account. Cloud knows people by account id, Data Center by name.
package struct SimulatedUser: Sendable, Hashable {
    package var accountID: String
    package var name: String
    package var displayName: String
    package var email: String
    /// Whether issues can be assigned to this account.
    package var isAssignable: Bool
    package var isActive: Bool

    package init(
        accountID: String, name: String, displayName: String, email: String, isAssignable: Bool = true,
        isActive: Bool = true
    ) {
        self.accountID = accountID
        self.name = name
        self.displayName = displayName
        self.email = email
        self.isAssignable = isAssignable
        self.isActive = isActive
    }

    package static let administrator = SimulatedUser(
        accountID: "5b10ac8d82e05b22cc7d4ef5", name: "kushim", displayName: "Kushim Integration",
        email: "admin@acme-corp.com")
    package static let jane = SimulatedUser(
        accountID: "5b109f2e9729b51b54dc274d", name: "jane.doe", displayName: "Jane Doe",
        email: "jane.doe@acme-corp.com")
    package static let visitor = SimulatedUser(
        accountID: "5b10a0effa615349cb016cd8", name: "visitor", displayName: "Vic Visitor",
        email: "visitor@acme-corp.com", isAssignable: false)
    package static let leaver = SimulatedUser(
        accountID: "5b10a1f4fb8c1a2d3e4f5a6b", name: "lee.aver", displayName: "Lee Aver",
        email: "lee.aver@acme-corp.com",
        isActive: false)
}

/// A way to sign in and whom it signs in.
package struct SimulatedCredential: Sendable, Hashable {
    package enum Kind: String, Sendable {
        /// Cloud, Basic `email:token`, on the site's own address only.
        case apiToken
        /// Cloud, Basic `email:token`, through the gateway `/ex/jira/{cloudId}` only.
        case scopedToken
        /// Cloud, Bearer (OAuth 2.0), through the gateway only.
        case accessToken
        /// Data Center, Bearer.
        case personalAccessToken
        /// Data Center, Basic `name:password`.
        case password
    }

    package var kind: Kind
    package var secret: String
    package var user: SimulatedUser
    /// OAuth scopes; nil is all of them. Only the gateway looks at them.
    package var scopes: Set<String>?

    package init(_ kind: Kind, _ secret: String, user: SimulatedUser = .administrator, scopes: Set<String>? = nil) {
        self.kind = kind
        self.secret = secret
        self.user = user
        self.scopes = scopes
    }

    /// What the quick start and the tests sign in with.
    package static let defaults = [
        SimulatedCredential(.apiToken, "simulator-token"),
        SimulatedCredential(.scopedToken, "simulator-scoped-token"),
        SimulatedCredential(.accessToken, "simulator-access-token"),
        SimulatedCredential(.personalAccessToken, "simulator-pat"),
        SimulatedCredential(.password, "simulator-password"),
    ]
}
