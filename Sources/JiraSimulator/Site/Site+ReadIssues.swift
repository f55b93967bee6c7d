import FoundationEssentials

extension Site {
    /// The issue, if the caller may see it; a moved one is found under its old key.
    func visibleIssue(_ idOrKey: String, _ call: Call) throws(Refusal) -> SimulatedIssue {
        guard call.caller.user != nil, let issue = issue(idOrKey: idOrKey), isVisible(issue) else {
            throw Refusal(404, call.wording.noSuchIssue)
        }
        return issue
    }

    func isVisible(_ issue: SimulatedIssue) -> Bool {
        !issue.isHidden && isVisible(issue.projectKey)
    }

    func isVisible(_ projectKey: String) -> Bool {
        projects[projectKey]?.permissions.contains("BROWSE_PROJECTS") == true
    }

    /// `GET /issue/{idOrKey}`: never behind the index.
    func getIssue(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let issue = try visibleIssue(call.route.arguments[0], call)
        let view = IssueView(
            fields: call.list("fields"), properties: call.list("properties") ?? [], allByDefault: true,
            withChangelog: call.list("expand")?.contains("changelog") == true)
        return (200, view.json(issue, self, call))
    }

    /// `POST /issue/bulkfetch`: up to 100 by id or key, in ascending order of id; what is absent is left out.
    func bulkFetchIssues(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let body = try call.body()
        let allowed: Set = ["issueIdsOrKeys", "fields", "properties", "expand", "fieldsByKeys"]
        try refuseUnknownKeys(body, allowed, call)
        let wanted = (body["issueIdsOrKeys"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard (1...100).contains(wanted.count) else {
            throw Refusal(
                400, call.wording.payloadInvalid, reason: "issueIdsOrKeys must hold 1 to 100, not \(wanted.count)")
        }
        let view = IssueView(fields: strings(body["fields"]), properties: strings(body["properties"]) ?? [])
        let ids = Set(
            wanted.compactMap { key in
                call.caller.user == nil ? nil : issue(idOrKey: key).flatMap { isVisible($0) ? $0.id : nil }
            })
        let found = ids.sorted().compactMap { issues[$0] }
        return (200, ["issues": .array(found.map { view.json($0, self, call) }), "issueErrors": []])
    }

    /// `GET /issue/{idOrKey}/properties[/{key}]`.
    func issueProperty(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let issue = try visibleIssue(call.route.arguments[0], call)
        guard call.route.arguments.count == 2 else {
            let keys = issue.properties.keys.sorted()
            return (200, ["keys": .array(keys.map { ["key": .string($0)] })])
        }
        let key = call.route.arguments[1]
        guard let value = issue.properties[key] else {
            throw Refusal(404, "The property \(key) does not exist.")
        }
        return (200, ["key": .string(key), "value": value])
    }

    /// Cloud refuses keys that are not in its schema.
    func refuseUnknownKeys(_ body: JSON, _ allowed: Set<String>, _ call: Call) throws(Refusal) {
        let unknown = (body.objectValue ?? [:]).keys.filter { !allowed.contains($0) }.sorted()
        if !unknown.isEmpty {
            throw Refusal(
                400, call.wording.payloadInvalid, reason: "unknown keys: \(unknown.joined(separator: ", "))")
        }
    }

    /// The strings of an array; nil where there is none.
    func strings(_ value: JSON?) -> [String]? { value?.arrayValue?.compactMap(\.stringValue) }
}
