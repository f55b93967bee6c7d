import FoundationEssentials

/// What signing in came to, and the headers that tell it.
struct SignIn: Sendable {
    var caller: Caller
    var headers: [(name: String, value: String)] = []
}

extension Site {
    /// Judges the `Authorization` header by the rules of this product and entry.
    mutating func signIn(_ request: SimulatedRequest, _ route: Route, _ wording: Wording) throws(Refusal) -> SignIn {
        let authorization = request.header("authorization")
        let presented = authorization.flatMap(PresentedCredential.init(header:))
        switch (mode, route.entry) {
        case (.cloud, .gateway(let cloudID)):
            return try throughGateway(presented, cloudID, route)
        case (.cloud, .site), (.dataCenter, _):
            return try onSite(presented, authorizationIsSent: authorization != nil, route, wording)
        }
    }

    private func throughGateway(
        _ presented: PresentedCredential?, _ cloudID: String, _ route: Route
    ) throws(Refusal) -> SignIn {
        guard cloudID == self.cloudID else { throw Refusal(404, body: ["code": 404, "message": "Not Found"]) }
        let found = presented.flatMap { presented in
            credentials.first { presented.matches($0, among: [.scopedToken, .accessToken]) }
        }
        guard let found else { throw Refusal(401, body: ["code": 401, "message": "Unauthorized"]) }
        if let scopes = found.scopes, !scopes.contains(route.operation.scope) {
            throw Refusal(401, body: ["code": 401, "message": "Unauthorized; scope does not match"])
        }
        return SignIn(caller: .user(found.user), headers: identityHeaders(found.user))
    }

    private mutating func onSite(
        _ presented: PresentedCredential?, authorizationIsSent: Bool, _ route: Route, _ wording: Wording
    ) throws(Refusal) -> SignIn {
        let isBasic = presented?.isBasic == true
        if mode == .dataCenter, isBasic, settings.basicIsDisabled {
            throw Refusal(403, body: ["message": "Basic Authentication has been disabled on this instance."])
        }
        if isBasic, settings.captchaIsShown { throw captcha() }
        let kinds: Set<SimulatedCredential.Kind> =
            mode == .cloud ? [.apiToken] : [.personalAccessToken, .password]
        if let presented, let found = credentials.first(where: { presented.matches($0, among: kinds) }) {
            failedSignIns = 0
            let headers = identityHeaders(found.user) + [("X-Seraph-LoginReason", "OK")]
            return SignIn(caller: .user(found.user), headers: headers)
        }
        var headers: [(name: String, value: String)] = mode == .dataCenter ? [("X-AUSERNAME", "anonymous")] : []
        if authorizationIsSent {
            counters.refusedSignIns += 1
            if isBasic { failedSignIns += 1 }
            if let limit = settings.captchaAfterFailures, failedSignIns >= limit {
                settings.captchaIsShown = true
                throw captcha()
            }
            headers.append(("X-Seraph-LoginReason", "AUTHENTICATED_FAILED"))
            // A scoped token on the site's own address is told apart from an expired one.
            let isScoped = credentials.contains { presented?.matches($0, among: [.scopedToken, .accessToken]) == true }
            if settings.badCredentials == .unauthorized || isScoped || (mode == .dataCenter && !isBasic) {
                var refusal = Refusal.unauthenticated(wording)
                refusal.headers = headers
                throw refusal
            }
        }
        if route.operation.needsUser {
            var refusal = Refusal.unauthenticated(wording)
            refusal.headers = headers
            throw refusal
        }
        return SignIn(caller: .anonymous, headers: headers)
    }

    private func captcha() -> Refusal {
        var headers = [("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")]
        if mode == .dataCenter {
            let challenge = "CAPTCHA_CHALLENGE; login-url=\(siteURL)/login.jsp"
            headers.insert(("X-Authentication-Denied-Reason", challenge), at: 0)
        }
        return Refusal(403, body: ["message": "Login denied."], headers: headers)
    }

    private func identityHeaders(_ user: SimulatedUser) -> [(name: String, value: String)] {
        switch mode {
        case .cloud: [("X-AAccountId", user.accountID)]
        case .dataCenter: [("X-AUSERNAME", user.name), ("X-ANODEID", "node1")]
        }
    }
}

/// What an `Authorization` header holds.
private enum PresentedCredential {
    case basic(name: String, secret: String)
    case bearer(String)

    init?(header: String) {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer": self = .bearer(String(parts[1]))
        case "basic":
            guard let bytes = Data(base64Encoded: String(parts[1])),
                let text = String(validating: bytes, as: UTF8.self),
                let colon = text.firstIndex(of: ":")
            else { return nil }
            self = .basic(name: String(text[..<colon]), secret: String(text[text.index(after: colon)...]))
        default: return nil
        }
    }

    var isBasic: Bool {
        if case .basic = self { true } else { false }
    }

    func matches(_ credential: SimulatedCredential, among kinds: Set<SimulatedCredential.Kind>) -> Bool {
        guard kinds.contains(credential.kind) else { return false }
        return switch (self, credential.kind) {
        case (.bearer(let token), .accessToken), (.bearer(let token), .personalAccessToken): token == credential.secret
        case (.basic(let name, let secret), .apiToken), (.basic(let name, let secret), .scopedToken):
            name.lowercased() == credential.user.email.lowercased() && secret == credential.secret
        case (.basic(let name, let secret), .password): name == credential.user.name && secret == credential.secret
        default: false
        }
    }
}

extension SimulatedJira.Operation {
    /// Whether an anonymous visitor is turned away at the door rather than shown nothing.
    var needsUser: Bool {
        switch self {
        case .myself, .createIssue, .bulkCreateIssues, .addComment, .createMetaIssueTypes, .createMetaFields,
            .findAssignableUsers, .priorities, .listResolutions, .listServiceDesks, .listRequestTypes, .getRequestForm,
            .createRequest:
            true
        default: false
        }
    }

    /// The OAuth scope the gateway asks for.
    var scope: String {
        switch self {
        case .createIssue, .bulkCreateIssues, .addComment: "write:jira-work"
        case .createRequest: "write:servicedesk-request"
        case .listServiceDesks, .listRequestTypes, .getRequestForm: "read:servicedesk-request"
        case .myself, .findUsers, .findAssignableUsers: "read:jira-user"
        default: "read:jira-work"
        }
    }
}
