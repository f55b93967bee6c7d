import FoundationEssentials

extension Site {
    /// Answers one request: sign-in, limits, then the operation.
    mutating func answer(
        _ request: SimulatedRequest, _ json: JSON?, _ route: Route, now: Date, asAnonymous: Bool
    ) -> SimulatedResponse {
        let wording = wording(for: request)
        var headers: [(name: String, value: String)] = []
        var response: SimulatedResponse
        do throws(Refusal) {
            if route.operation == .violation {
                throw Refusal(405, body: ["errorMessages": ["Method Not Allowed"], "errors": [:]])
            }
            var visible = request
            if asAnonymous { visible.headers["authorization"] = nil }
            try leadToSignIn(visible)
            let isOpen = route.operation == .tenantInfo || route.operation == .browse
            let signIn = isOpen ? SignIn(caller: .anonymous) : try signIn(visible, route, wording)
            headers += signIn.headers
            headers += try takeToken(route, request.method, now)
            let call = Call(
                route: route, request: request, json: json, caller: signIn.caller, wording: wording, now: now,
                apiURL: apiURL(route))
            if route.operation == .browse { return try browsePage(call) }
            let (status, json) = try perform(call)
            response = .json(status, json)
            if route.operation == .addComment, let place = json["self"]?.stringValue {
                response.headers.append(("Location", place))
            }
        } catch {
            response = error.response
        }
        response.headers += headers
        return response
    }

    /// Data Center has no version 3 of the API: strangers are led to its page for signing in.
    private func leadToSignIn(_ request: SimulatedRequest) throws(Refusal) {
        guard mode == .dataCenter, request.path.hasPrefix("/rest/api/3/"), !isSignedIn(request) else { return }
        let contextPath = siteURL.split(separator: "/", maxSplits: 2).last?.split(separator: "/").dropFirst() ?? []
        let login = (contextPath + ["login.jsp"]).joined(separator: "/")
        throw Refusal(
            SimulatedResponse(status: 302, contentType: "text/html;charset=UTF-8"),
            headers: [
                ("Location", "/\(login)?os_destination=\(percentEncoded(siteURL + request.path))"),
                ("X-AUSERNAME", "anonymous"),
            ])
    }

    private func apiURL(_ route: Route) -> String {
        switch route.entry {
        case .site: "\(siteURL)/rest/api/\(route.apiVersion)"
        case .gateway(let cloudID): "\(siteURL)/ex/jira/\(cloudID)/rest/api/\(route.apiVersion)"
        }
    }

    private mutating func perform(_ call: Call) throws(Refusal) -> (Int, JSON) {
        switch call.route.operation {
        case .serverInfo: return serverInfo(call)
        case .tenantInfo: return (200, ["cloudId": .string(cloudID)])
        case .myself: return try myself(call)
        case .listProjects: return listProjects(call)
        case .getProject: return try getProject(call)
        case .getSecurityScheme: return try getSecurityScheme(call)
        case .myPermissions: return try myPermissions(call)
        case .createMetaIssueTypes: return try createMetaIssueTypes(call)
        case .createMetaFields: return try createMetaFields(call)
        case .createMetaRemoved: throw Refusal(404, "Issue Does Not Exist")
        case .priorities: return priorities()
        case .listResolutions: return listResolutions(call)
        case .fields: return fields()
        case .issueTypes: return issueTypes()
        case .createIssue: return try createIssue(call)
        case .bulkCreateIssues: return try createIssues(call)
        case .getIssue: return try getIssue(call)
        case .bulkFetchIssues: return try bulkFetchIssues(call)
        case .search: return try search(call)
        case .approximateCount: return try approximateCount(call)
        case .searchRemoved:
            throw Refusal(
                410,
                "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
                    + "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
            )
        case .addComment: return try addComment(call)
        case .listComments: return try listComments(call)
        case .getComment: return try getComment(call)
        case .getIssueProperty, .listIssueProperties: return try issueProperty(call)
        case .getCommentProperty: return try commentProperty(call)
        case .findUsers, .findAssignableUsers: return try findUsers(call)
        case .listServiceDesks: return listServiceDesks(call)
        case .listRequestTypes: return try listRequestTypes(call)
        case .getRequestForm: return try getRequestForm(call)
        case .createRequest: return try createRequest(call)
        case .browse, .violation, .unknown:
            throw Refusal(404, body: ["message": .string("null for uri: \(call.request.path)"), "status-code": 404])
        }
    }

    /// The rate limit, and what a healthy answer tells of it.
    private mutating func takeToken(
        _ route: Route, _ method: String, _ now: Date
    ) throws(Refusal) -> [(name: String, value: String)] {
        // Neither the door nor `serverInfo` of Data Center speaks of limits.
        guard route.operation != .tenantInfo, route.operation != .browse,
            mode == .cloud || route.operation != .serverInfo
        else { return [] }
        guard let limit = settings.rateLimit, route.operation != .serverInfo else { return unlimited(route, method) }
        // Cloud: one bucket for each endpoint; Data Center: one for the user.
        let name = mode == .cloud ? route.operation.rawValue : "user"
        var bucket = buckets[name] ?? TokenBucket(full: limit, at: now)
        let isTaken = bucket.take(limit, at: now)
        buckets[name] = bucket
        let wait = max(1, Int((1 / max(limit.perSecond, 0.001)).rounded(.up)))
        if !isTaken { counters.rateLimited += 1 }
        switch mode {
        case .cloud:
            guard isTaken else {
                throw Refusal(
                    429,
                    body: [
                        "errorMessages": ["The request has been rate-limited. Please try again later."], "errors": [:],
                        "status": 429,
                    ],
                    headers: [
                        ("Retry-After", "\(wait)"), ("RateLimit-Reason", "jira-burst-based"),
                        ("X-RateLimit-Limit", "\(limit.burst)"), ("X-RateLimit-Remaining", "0"),
                        ("X-RateLimit-Reset", now.addingTimeInterval(Double(wait)).jiraTimestamp),
                    ])
            }
            return [("X-RateLimit-Limit", "\(limit.burst)"), ("X-RateLimit-Remaining", "\(bucket.remaining)")]
        case .dataCenter:
            let headers = [
                ("X-RateLimit-Limit", "\(limit.burst)"), ("X-RateLimit-Remaining", "\(bucket.remaining)"),
                ("X-RateLimit-Interval-Seconds", "1"), ("X-RateLimit-FillRate", "\(Int(limit.perSecond))"),
            ]
            guard isTaken else {
                throw Refusal(
                    .html(
                        429,
                        "<!doctype html><html lang=\"en\"><head><title>HTTP Status 429 – Too Many Requests</title></head>"
                            + "<body><h1>HTTP Status 429 – Too Many Requests</h1><p><b>Message</b> Rate limit exceeded.</p>"
                            + "<h3>Apache Tomcat/9.0.95</h3></body></html>"),
                    headers: headers + [("Retry-After", "\(wait)")])
            }
            return headers + [("Retry-After", "0")]
        }
    }

    /// What a site tells whose limit nobody comes near: Cloud of its burst limits, Data Center of an exempt account.
    private func unlimited(_ route: Route, _ method: String) -> [(name: String, value: String)] {
        switch mode {
        case .cloud:
            let limit = method == "POST" ? 200 : route.operation == .getIssue ? 400 : 350
            return [("X-RateLimit-Limit", "\(limit)"), ("X-RateLimit-Remaining", "\(limit - 1)")]
        case .dataCenter:
            return [
                ("X-RateLimit-Limit", "-1"), ("X-RateLimit-Remaining", "\(Int64.max)"),
                ("X-RateLimit-Interval-Seconds", "1"), ("X-RateLimit-FillRate", "-1"), ("Retry-After", "0"),
            ]
        }
    }
}
