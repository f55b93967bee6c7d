import FoundationEssentials

/// What a request asks of the search, in either product's form.
private struct SearchRequest {
    var jql: String
    var fields: [String]?
    var properties: [String]
    var maxResults: Int
    var startAt = 0
    var pageToken: String?
    var reconciled: [Int] = []
}

extension Site {
    /// Cloud: `/search/jql`. Data Center: `/search`.
    mutating func search(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let asked = try searchRequest(call)
        index.settle(at: call.now)
        for id in asked.reconciled {
            if let issue = issues[id] { index.reconcile(id, with: issue) }
        }
        let found = try matches(asked.jql, call)
        return mode == .cloud ? try cloudPage(found, asked, call) : (200, dataCenterPage(found, asked, call))
    }

    /// `POST /search/approximate-count`.
    mutating func approximateCount(_ call: Call) throws(Refusal) -> (Int, JSON) {
        guard let jql = try call.body()["jql"]?.stringValue else { throw Refusal(400, call.wording.payloadInvalid) }
        index.settle(at: call.now)
        return (200, ["count": JSON(try matches(jql, call).count)])
    }

    private func searchRequest(_ call: Call) throws(Refusal) -> SearchRequest {
        if call.request.method == "GET" {
            return SearchRequest(
                jql: call.parameter("jql") ?? "", fields: call.list("fields"),
                properties: call.list("properties") ?? [],
                maxResults: call.integer("maxResults") ?? 50, startAt: call.integer("startAt") ?? 0,
                pageToken: call.parameter("nextPageToken"),
                reconciled: (call.list("reconcileIssues") ?? []).compactMap { Int($0) })
        }
        let body = try call.body()
        if mode == .cloud {
            try refuseUnknownKeys(
                body,
                [
                    "jql", "nextPageToken", "maxResults", "fields", "expand", "properties", "fieldsByKeys",
                    "reconcileIssues",
                ], call)
            if let expand = body["expand"], expand.stringValue == nil, !expand.isNull {
                throw Refusal(400, call.wording.payloadInvalid, reason: "expand is a comma-separated string on Cloud")
            }
        } else {
            try refuseUnknownKeys(
                body, ["jql", "startAt", "maxResults", "fields", "expand", "validateQuery", "properties"], call)
            if let validate = body["validateQuery"], validate.boolValue == nil {
                throw Refusal(400, call.wording.payloadInvalid, reason: "validateQuery is a boolean on Data Center")
            }
            if let expand = body["expand"], expand.arrayValue == nil {
                throw Refusal(400, call.wording.payloadInvalid, reason: "expand is an array on Data Center")
            }
        }
        let ids = body["reconcileIssues"]?.arrayValue ?? []
        let properties = strings(body["properties"]) ?? []
        guard ids.count <= 50, ids.allSatisfy({ $0.intValue != nil }), properties.count <= 5 else {
            throw Refusal(
                400, call.wording.payloadInvalid,
                reason: "reconcileIssues takes up to 50 numeric ids, properties up to 5 keys")
        }
        return SearchRequest(
            jql: body["jql"]?.stringValue ?? "", fields: strings(body["fields"]), properties: properties,
            maxResults: body["maxResults"]?.intValue ?? 50, startAt: body["startAt"]?.intValue ?? 0,
            pageToken: body["nextPageToken"]?.stringValue, reconciled: ids.compactMap(\.intValue))
    }

    private func cloudPage(_ found: [Int], _ asked: SearchRequest, _ call: Call) throws(Refusal) -> (Int, JSON) {
        var start = 0
        if let token = asked.pageToken {
            guard let offset = token.split(separator: "-").last.flatMap({ Int($0, radix: 36) }),
                token == pageToken(offset, asked)
            else { throw Refusal(400, "The provided next page token is invalid or expired.") }
            start = offset
        }
        let size = min(max(asked.maxResults, 1), 5000)
        let end = min(start + size, found.count)
        let isLast = end == found.count
        let view = IssueView(fields: asked.fields, properties: asked.properties, bareByDefault: true)
        var json: [String: JSON] = [
            "issues": .array(shown(found[min(start, end)..<end], view, call)), "isLast": .bool(isLast),
        ]
        if !isLast { json["nextPageToken"] = .string(pageToken(end, asked)) }
        return (200, .object(json))
    }

    /// A token belongs to its query.
    private func pageToken(_ offset: Int, _ asked: SearchRequest) -> String {
        let digest = asked.jql.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "page-\(String(digest, radix: 36))-\(String(offset, radix: 36))"
    }

    private func dataCenterPage(_ found: [Int], _ asked: SearchRequest, _ call: Call) -> JSON {
        // Asking for more than the server's cap is not an error; it is silently cut.
        let size = min(max(asked.maxResults, 0), settings.searchPageLimit)
        let start = max(asked.startAt, 0)
        let view = IssueView(fields: asked.fields, properties: asked.properties)
        return [
            "startAt": JSON(start), "maxResults": JSON(size), "total": JSON(found.count),
            "issues": .array(shown(found.dropFirst(start).prefix(size), view, call)),
        ]
    }

    /// The issues as the index holds them: stale is stale in every field.
    private func shown(_ ids: ArraySlice<Int>, _ view: IssueView, _ call: Call) -> [JSON] {
        ids.compactMap { index.visible[$0] }.map { view.json($0, self, call) }
    }

    /// Ids of what the query finds, in its order.
    private func matches(_ jql: String, _ call: Call) throws(Refusal) -> [Int] {
        let query: Query
        do {
            query = try Query(parsing: jql)
        } catch {
            throw Refusal(400, call.wording.queryMalformed(error.message))
        }
        if mode == .cloud, query.restriction == nil { throw Refusal(400, call.wording.queryUnbounded) }
        if let order = query.order.first(where: { !QueryMatch.knownFields.contains($0.field) }) {
            throw Refusal(400, call.wording.noSuchQueryField(order.field))
        }
        for clause in query.restriction.map(QueryMatch.clauses) ?? [] {
            try check(clause.field, clause.comparison, clause.values, call)
        }
        guard call.caller.user != nil else { return [] }
        let match = QueryMatch(query, now: call.now)
        let candidates = query.restriction.flatMap(candidates) ?? index.all
        if case .clause(field: "project", .equal, values: _)? = query.restriction {
            return ordered(candidates, by: query.order)
        }
        let found = candidates.filter { id in
            guard let issue = index.visible[id], isVisible(issue) else { return false }
            return query.restriction.map { match.matches(issue, $0) } ?? true
        }
        return ordered(found, by: query.order)
    }

    private func check(
        _ field: String, _ comparison: Query.Comparison, _ values: [String], _ call: Call
    ) throws(Refusal) {
        guard QueryMatch.knownFields.contains(field) else {
            throw Refusal(400, call.wording.noSuchQueryField(field))
        }
        if field == "project" {
            for value in values {
                let found = project(idOrKey: value.uppercased()) ?? projects.values.first { $0.name == value }
                if call.caller.user == nil {
                    guard settings.badCredentials == .anonymousError else { continue }
                    throw Refusal(400, call.wording.hiddenFromAnonymous(value, field: field))
                }
                guard let found, isVisible(found.key) else {
                    throw Refusal(400, call.wording.noSuchValue(value, field: field))
                }
            }
        } else if QueryMatch.isKey(field), call.caller.user != nil {
            for value in values where issue(idOrKey: value) == nil {
                throw Refusal(400, call.wording.noSuchIssueInQuery(value, field: field))
            }
        } else if comparison == .contains, QueryMatch.isText(field) {
            for value in values where TextQuery(value) == nil {
                throw Refusal(400, call.wording.textNotUnderstood(value, field: field))
            }
        } else if QueryMatch.isText(field), comparison == .equal || comparison == .isIn {
            throw Refusal(400, call.wording.operatorNotSupported(comparison.rawValue, field: field))
        } else if field == "labels" {
            for value in values where value.contains(where: \.isWhitespace) {
                throw Refusal(400, call.wording.labelHasSpace(value))
            }
        } else if ["created", "updated", "resolved", "resolutiondate"].contains(field) {
            for value in values where QueryMatch.instant(value, now: call.now) == nil {
                throw Refusal(
                    400,
                    "Date value '\(value)' for field '\(field)' is invalid. Valid formats include: "
                        + "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d'."
                )
            }
        }
    }

    /// A small superset of what a restriction can match, from the label, project and key maps; nil: everything.
    private func candidates(_ restriction: Query.Restriction) -> [Int]? {
        switch restriction {
        case .and(let parts): return parts.compactMap(candidates).min { $0.count < $1.count }
        case .or(let parts):
            var union: [Int] = []
            for part in parts {
                guard let ids = candidates(part) else { return nil }
                union += ids
            }
            return Set(union).sorted()
        case .not: return nil
        case .clause(let field, .equal, let values), .clause(let field, .isIn, let values):
            let lists: [[Int]]
            if field == "labels" {
                lists = values.map { index.byLabel[$0] ?? [] }
            } else if field == "project" {
                lists = values.map { value in
                    let key =
                        project(idOrKey: value.uppercased())?.key ?? projects.values.first { $0.name == value }?.key
                    return key.flatMap { index.byProject[$0] } ?? []
                }
            } else if QueryMatch.isKey(field) {
                lists = values.map { issue(idOrKey: $0).map { [$0.id] } ?? [] }
            } else {
                return nil
            }
            return lists.count == 1 ? lists[0] : Set(lists.joined()).sorted()
        case .clause(let field, .contains, let values) where ["summary", "text"].contains(field):
            // A phrase is where its rarest word is.
            let words = values.compactMap(TextQuery.init).flatMap(\.parts).filter { !$0.isOpenEnded }.flatMap(\.words)
            return words.map { index.byWord[$0] ?? [] }.min { $0.count < $1.count }
        case .clause: return nil
        }
    }

    private func ordered(_ ids: [Int], by order: [Query.Order]) -> [Int] {
        guard let first = order.first else { return ids.reversed() }
        // Ids rise with time, so the commonest orders need no sorting.
        if ["created", "id"].contains(first.field) { return first.isDescending ? ids.reversed() : ids }
        if QueryMatch.isKey(first.field) {
            let places = ids.compactMap { id in index.visible[id].map { (id, $0.projectKey, $0.number) } }
            let isSorted = zip(places, places.dropFirst()).allSatisfy { ($0.1, $0.2) < ($1.1, $1.2) }
            let sorted = isSorted ? places : places.sorted { ($0.1, $0.2) < ($1.1, $1.2) }
            return first.isDescending ? sorted.reversed().map(\.0) : sorted.map(\.0)
        }
        let keyed = ids.map { id in (id, index.visible[id].map { Self.sortKey($0, first.field) } ?? "") }
        let sorted = keyed.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : ($0.1 < $1.1) != first.isDescending }
        return sorted.map(\.0)
    }

    private static func sortKey(_ issue: SimulatedIssue, _ field: String) -> String {
        switch field {
        case "updated": issue.updated.jiraTimestamp
        case "resolved", "resolutiondate": issue.resolved?.jiraTimestamp ?? ""
        case "due", "duedate": issue.due ?? ""
        case "priority": issue.priority?.id ?? ""
        case "status": issue.status.name
        case "project": issue.projectKey
        default: issue.summary
        }
    }
}
