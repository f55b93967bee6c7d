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
        guard cloudID == self.cloudID else {
            throw Refusal(
                404,
                body: [
                    "timestamp": "2026-11-23T09:30:00.000+00:00", "status": 404, "error": "Not Found",
                    "path": .string("/ex/jira/\(cloudID)"),
                ])
        }
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
            return SignIn(caller: .user(found.user), headers: identityHeaders(found.user))
        }
        if authorizationIsSent {
            counters.refusedSignIns += 1
            if isBasic { failedSignIns += 1 }
            if let limit = settings.captchaAfterFailures, failedSignIns >= limit {
                settings.captchaIsShown = true
                throw captcha()
            }
        }
        return switch mode {
        case .cloud: try asStrangerOnCloud(presented, authorizationIsSent: authorizationIsSent, route, wording)
        case .dataCenter:
            try asStrangerOnDataCenter(isBasic, authorizationIsSent: authorizationIsSent, route, wording)
        }
    }

    /// Cloud goes on with the request of whom it does not know, and tells so in a header at best.
    private func asStrangerOnCloud(
        _ presented: PresentedCredential?, authorizationIsSent: Bool, _ route: Route, _ wording: Wording
    ) throws(Refusal) -> SignIn {
        // A scoped token on the site's own address is told apart from an expired one.
        let isScoped = credentials.contains { presented?.matches($0, among: [.scopedToken, .accessToken]) == true }
        let told = authorizationIsSent ? [(name: "X-Seraph-LoginReason", value: "AUTHENTICATED_FAILED")] : []
        guard authorizationIsSent, !isScoped else {
            if isScoped || route.operation.needsUser { throw .unauthenticated(wording) }
            return SignIn(caller: .anonymous)
        }
        if settings.badCredentials == .unauthorized || route.operation == .myself {
            throw Refusal(
                .text(
                    401,
                    "Basic authentication with passwords is deprecated.  For more information, see: "
                        + "https://developer.atlassian.com/cloud/confluence/deprecation-notice-basic-auth/\n",
                    contentType: "text/plain"))
        }
        switch route.operation {
        case .createIssue, .bulkCreateIssues: throw Refusal(400, fields: ["project": wording.projectUnknown], told)
        // As a transition was answered; how a comment is, no recording tells.
        case .addComment: throw Refusal(SimulatedResponse(status: 404), headers: told)
        case _ where route.operation.needsUser:
            var refusal = Refusal.unauthenticated(wording)
            refusal.headers = told
            throw refusal
        default: return SignIn(caller: .anonymous, headers: told)
        }
    }

    /// Data Center refuses a bad credential, and goes on with a request that has none.
    private func asStrangerOnDataCenter(
        _ isBasic: Bool, authorizationIsSent: Bool, _ route: Route, _ wording: Wording
    ) throws(Refusal) -> SignIn {
        let anonymous = [(name: "X-AUSERNAME", value: "anonymous")]
        guard authorizationIsSent || route.operation.needsUser else {
            return SignIn(caller: .anonymous, headers: anonymous)
        }
        var refusal =
            isBasic ? Refusal(.unauthorizedPage(reason: "AUTHENTICATED_FAILED")) : Refusal.unauthenticated(wording)
        refusal.headers = [("WWW-Authenticate", "OAuth realm=\"\(percentEncoded(siteURL))\""), ("X-ANODEID", "node1")]
        if isBasic { refusal.headers.append(("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")) }
        if !authorizationIsSent { refusal.headers += anonymous }
        throw refusal
    }

    /// Whether its credential is good on Data Center.
    func isSignedIn(_ request: SimulatedRequest) -> Bool {
        guard let presented = request.header("authorization").flatMap(PresentedCredential.init(header:)) else {
            return false
        }
        return credentials.contains { presented.matches($0, among: [.personalAccessToken, .password]) }
    }

    private func captcha() -> Refusal {
        var headers = [("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")]
        if mode == .dataCenter {
            let challenge = "CAPTCHA_CHALLENGE; login-url=\(siteURL)/login.jsp"
            headers.insert(("X-Authentication-Denied-Reason", challenge), at: 0)
        }
        if mode == .dataCenter { return Refusal(.forbiddenPage(reason: "AUTHENTICATION_DENIED"), headers: headers) }
        return Refusal(403, body: ["message": "Login denied."], headers: headers)
    }

    private func identityHeaders(_ user: SimulatedUser) -> [(name: String, value: String)] {
        switch mode {
        case .cloud: [("X-AAccountId", percentEncoded(user.accountID))]
        case .dataCenter:
            [
                ("X-AUSERNAME", percentEncoded(user.name)), ("X-ANODEID", "node1"), ("X-Seraph-LoginReason", "OK"),
            ]
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

extension SimulatedResponse {
    /// Data Center's page for a wrong user or password.
    fileprivate static func unauthorizedPage(reason: String) -> SimulatedResponse {
        .errorPage(401, "Unauthorized", reason)
    }

    fileprivate static func forbiddenPage(reason: String) -> SimulatedResponse { .errorPage(403, "Forbidden", reason) }

    private static func errorPage(_ status: Int, _ phrase: String, _ reason: String) -> SimulatedResponse {
        .html(
            status,
            """
            <html>
            <head>
                <title>\(phrase) (\(status))</title>
            </head>
            <body>
                <h1>\(phrase) (\(status))</h1>
                <p>Encountered a &quot;\(status) - \(phrase)&quot; error while loading this page.</p>
                <p>Basic Authentication Failure - Reason : \(reason)</p>
                <p><a href="/secure/MyJiraHome.jspa">Go to Jira home</a></p>
            </body>
            </html>

            """)
    }
}
