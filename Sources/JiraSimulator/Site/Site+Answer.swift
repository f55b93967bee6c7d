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
            headers += try takeToken(route, now)
            var visible = request
            if asAnonymous { visible.headers["authorization"] = nil }
            let isOpen = route.operation == .tenantInfo || route.operation == .browse
            let signIn = isOpen ? SignIn(caller: .anonymous) : try signIn(visible, route, wording)
            headers += signIn.headers
            let call = Call(
                route: route, request: request, json: json, caller: signIn.caller, wording: wording, now: now,
                apiURL: apiURL(route))
            if route.operation == .browse { return try browsePage(call) }
            let (status, json) = try perform(call)
            response = .json(status, json)
        } catch {
            response = error.response
        }
        response.headers += headers
        return response
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

    /// The rate limit, and the headers that Data Center puts on every answer.
    private mutating func takeToken(
        _ route: Route, _ now: Date
    ) throws(Refusal) -> [(name: String, value: String)] {
        guard let limit = settings.rateLimit, route.operation != .serverInfo else { return [] }
        // Cloud: one bucket for each endpoint; Data Center: one for the user.
        let name = mode == .cloud ? route.operation.rawValue : "user"
        var bucket = buckets[name] ?? TokenBucket(full: limit, at: now)
        let isTaken = bucket.take(limit, at: now)
        buckets[name] = bucket
        let wait = max(1, Int((1 / max(limit.perSecond, 0.001)).rounded(.up)))
        switch mode {
        case .cloud:
            guard isTaken else {
                counters.rateLimited += 1
                throw Refusal(
                    429, body: ["errorMessages": ["Rate limit exceeded."], "errors": [:]],
                    headers: [
                        ("Retry-After", "\(wait)"), ("RateLimit-Reason", "jira-burst-based"),
                        ("X-RateLimit-Limit", "\(limit.burst)"), ("X-RateLimit-Remaining", "0"),
                        ("X-RateLimit-Reset", now.addingTimeInterval(Double(wait)).jiraTimestamp),
                    ])
            }
            return []
        case .dataCenter:
            let headers = [
                ("X-RateLimit-Limit", "\(limit.burst)"), ("X-RateLimit-Remaining", "\(bucket.remaining)"),
                ("X-RateLimit-Interval-Seconds", "1"), ("X-RateLimit-FillRate", "\(Int(limit.perSecond))"),
            ]
            guard isTaken else {
                counters.rateLimited += 1
                throw Refusal(
                    429, body: ["message": "Rate limit exceeded."], headers: headers + [("Retry-After", "\(wait)")])
            }
            return headers + [("Retry-After", "0")]
        }
    }
}
