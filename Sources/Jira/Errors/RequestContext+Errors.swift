import HTTP

extension RequestContext {
    /// The request ended without an answer.
    func noAnswer(_ error: HTTPError) -> JiraError {
        var error = error
        error.message = presentable(error.message)
        return JiraError(
            kind: .transport(error), messages: [], operation: operation,
            outcome: hasEffect && error.requestMayHaveReachedServer ? .unknown : .notDone,
            remedy: remedy(for: error), isAuthenticated: false)
    }

    /// Jira agreed, but not in words we understand.
    func unreadable(missing: String, status: Int) -> JiraError {
        JiraError(
            kind: .unreadableAnswer, status: status, messages: ["missing in the answer: \(missing)"],
            operation: operation, outcome: hasEffect ? .unknown : .notDone,
            remedy:
                "Check what stands between kushim-jira and \(circumstances.site); if it is Jira itself, report this.",
            isAuthenticated: false)
    }

    /// The answer names no account, though answers to this request do: it was given to a stranger.
    func answeredToNobody() -> JiraError {
        JiraError(
            kind: .anonymous, status: 200, messages: ["the answer does not name the account that asked"],
            operation: operation, outcome: .notDone,
            remedy: remedy(for: .anonymous), isAuthenticated: false)
    }

    /// No answer names the account, although the credentials are good: something between takes the header away.
    func namesTakenAway() -> JiraError {
        JiraError(
            kind: .unreadableAnswer, status: 200,
            messages: ["the header X-AAccountId is missing, with which Jira says whom it answers"],
            operation: operation, outcome: .notDone, remedy: Self.remedyForMissingName, isAuthenticated: false)
    }

    /// An answer that is not the one hoped for.
    ///
    /// - Parameter body: nil if it is not JSON.
    func refusal(_ response: HTTPResponse, body: JSONValue?) -> JiraError {
        let raw = presentable(String(decoding: response.body.prefix(65_536), as: UTF8.self))
        let text = RefusalText(body, text: raw, clean: presentable)
        let identity = CallerIdentity(response.headers)
        let whose = WhoseAnswer(response: response, body: body, context: self)
        let kind = kind(response, text, whose, identity: identity)
        return JiraError(
            kind: kind, status: response.status, messages: text.lines, operation: operation,
            retryAfter: RateLimitHints.retryAfter(response.headers, status: response.status),
            rateLimitReason: response.headers["RateLimit-Reason"].map(presentable),
            outcome: hasEffect && !whose.provesThatNothingWasDone ? .unknown : .notDone,
            remedy: remedy(for: kind, status: response.status, isScopeMissing: text.isScopeMissing),
            rawBody: raw.isEmpty ? nil : RefusalText.cut(raw, to: 2_000), isAuthenticated: identity == .account)
    }

    /// A refusal within an answer, as for one issue of a bulk create.
    func refusal(status: Int, _ body: JSONValue) -> JiraError {
        refusal(HTTPResponse(status: status, headers: [:], body: body.serialized(), duration: .zero), body: body)
    }

    private func kind(
        _ response: HTTPResponse, _ text: RefusalText, _ whose: WhoseAnswer, identity: CallerIdentity
    ) -> JiraError.Kind {
        if whose.isCaptcha { return .captcha }
        switch response.status {
        // The credentials are good for everything else.
        case 401 where api == .serviceDesk && text.isScopeMissing: return .forbidden
        case 401: return .credentialsRefused
        case 200..<300, 400, 403, 404:
            if identity == .anonymous { return .anonymous }
        default: break
        }
        switch response.status {
        case 300..<400: return .redirected(to: Self.origin(response.headers["Location"]))
        case 403 where isBasicDisabled(text): return .credentialsRefused
        case 429: return .rateLimited
        case 408, 425, 500...: return .unavailable(status: response.status)
        case 410: return .removedEndpoint
        // Not every Jira has Jira Service Management.
        case 404 where text.isUnknownPath: return api == .platform ? .removedEndpoint : .notFound
        default: break
        }
        // From here on it matters that Jira speaks: a proxy's "not found" says nothing about an issue.
        let shape = RefusalShape(whose.body, api: api)
        switch response.status {
        case _ where shape == .foreign: return .unreadableAnswer
        case 403: return .forbidden
        case 404 where shape == .whole: return .notFound
        case 404: return .unreadableAnswer
        case 413: return .tooLarge
        case 409: return .conflict
        case 400..<500: return .invalid(fields: text.fields)
        default: return .unreadableAnswer
        }
    }

    private func isBasicDisabled(_ text: RefusalText) -> Bool {
        text.messages.contains {
            let line = $0.lowercased()
            return line.contains("basic auth") && line.contains("disabled")
        }
    }

    /// Without secrets, and without control characters, which neither terminals nor PostgreSQL's text take well.
    private func presentable(_ text: String) -> String {
        let scrubbed = scrubber.scrub(text)
        guard scrubbed.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return scrubbed }
        return String(
            String.UnicodeScalarView(scrubbed.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    /// Scheme and host of a `Location`; the rest may hold a token.
    private static func origin(_ location: String?) -> String {
        guard let location, let site = try? SiteURL(location, setting: "Location"), site.hadScheme else {
            return "another page"
        }
        return site.origin
    }
}
