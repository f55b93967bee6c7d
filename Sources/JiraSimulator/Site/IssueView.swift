import FoundationEssentials

/// Which fields and properties of an issue an answer shall hold.
struct IssueView {
    /// Nil: every field but comments.
    private var included: Set<String>?
    private var excluded: Set<String> = []
    private var withComments = false
    /// Cloud's search gives the bare id unless more is asked for.
    private(set) var isBareID = false
    private var withChangelog = false
    var properties: [String]

    /// `fields` as the request names them; nil where it does not.
    init(
        fields: [String]?, properties: [String] = [], bareByDefault: Bool = false, allByDefault: Bool = false,
        withChangelog: Bool = false
    ) {
        self.properties = properties
        self.withChangelog = withChangelog
        guard let fields, !fields.isEmpty else {
            isBareID = bareByDefault && properties.isEmpty
            if bareByDefault { included = [] }
            withComments = allByDefault
            return
        }
        if bareByDefault, fields == ["id"], properties.isEmpty { isBareID = true }
        var named: Set<String> = []
        var everything = false
        for field in fields {
            switch field {
            case "*all": (everything, withComments) = (true, true)
            case "*navigable": everything = true
            default:
                if field.hasPrefix("-") { excluded.insert(String(field.dropFirst())) } else { named.insert(field) }
            }
        }
        if named.contains("comment") { withComments = true }
        if !everything, !named.isEmpty { included = named }
    }

    private func shows(_ field: String) -> Bool { included?.contains(field) ?? true && !excluded.contains(field) }

    func json(_ issue: SimulatedIssue, _ site: Site, _ call: Call) -> JSON {
        if isBareID { return ["id": .string("\(issue.id)")] }
        var result: [String: JSON] = [
            "id": .string("\(issue.id)"), "key": .string(issue.key),
            "self": .string("\(call.apiURL)/issue/\(issue.id)"), "fields": .object(fields(issue, site, call)),
        ]
        if !properties.isEmpty {
            let wanted = properties == ["*all"] ? Array(issue.properties.keys) : properties
            result["properties"] = .object(
                Dictionary(
                    wanted.compactMap { key in issue.properties[key].map { (key, $0) } }, uniquingKeysWith: { $1 }))
        }
        if withChangelog { result["changelog"] = changelog(issue, site) }
        return .object(result)
    }

    /// As Data Center 10.4 answers `expand=changelog`: the oldest first, and no `fieldId`.
    private func changelog(_ issue: SimulatedIssue, _ site: Site) -> JSON {
        let shown = issue.statusChanges.prefix(site.settings.changelogLimit ?? .max)
        return [
            "startAt": 0, "maxResults": JSON(shown.count), "total": JSON(issue.statusChanges.count),
            "histories": .array(
                shown.enumerated().map { position, change in
                    [
                        "id": .string("\(issue.id)\(position)"), "created": .string(change.at.jiraTimestamp),
                        "items": [
                            [
                                "field": "status", "fieldtype": "jira", "from": .string(change.from.id),
                                "fromString": .string(change.from.name), "to": .string(change.to.id),
                                "toString": .string(change.to.name),
                            ]
                        ],
                    ]
                }),
        ]
    }

    private func fields(_ issue: SimulatedIssue, _ site: Site, _ call: Call) -> [String: JSON] {
        var fields: [String: JSON] = [:]
        func put(_ name: String, _ value: @autoclosure () -> JSON) {
            if shows(name) { fields[name] = value() }
        }
        let mode = site.mode
        put("summary", .string(issue.summary))
        put("project", site.summaryOfProject(issue.projectKey, call))
        put("issuetype", issue.type.json)
        put("status", issue.status.json)
        if mode == .cloud {
            put("statusCategory", issue.status.category.json)
            put("statuscategorychangedate", .string(issue.categoryChanged.jiraTimestamp))
        }
        put("priority", issue.priority?.json ?? .null)
        put("labels", JSON(issue.labels))
        put("duedate", JSON(issue.due))
        put("assignee", issue.assignee?.json(mode) ?? .null)
        put("reporter", issue.reporter.json(mode))
        put("creator", issue.reporter.json(mode))
        put("created", .string(issue.created.jiraTimestamp))
        put("updated", .string(issue.updated.jiraTimestamp))
        put("resolution", issue.resolution.map { ["name": .string($0)] } ?? .null)
        put("resolutiondate", JSON(issue.resolved?.jiraTimestamp))
        put("description", .null)
        for (id, text) in issue.richFields { put(id, text.json(apiVersion: call.route.apiVersion)) }
        for (id, value) in issue.otherFields { put(id, value) }
        if let parent = issue.parentKey { put("parent", ["key": .string(parent)]) }
        if withComments {
            put("comment", site.commentPage(issue, startAt: 0, maxResults: 5000, newestFirst: false, call))
        }
        return fields
    }
}

extension IssueType {
    var json: JSON { ["id": .string(id), "name": .string(name), "subtask": .bool(isSubtask)] }
}

extension Priority {
    var json: JSON { ["id": .string(id), "name": .string(name)] }
}

extension Status {
    var json: JSON { ["id": .string(id), "name": .string(name), "statusCategory": category.json] }
}

extension Status.Category {
    var json: JSON {
        ["id": JSON(id), "key": .string(rawValue), "name": .string(name), "colorName": .string(color)]
    }
}

extension RichText {
    /// In the notation of the asked version, whichever it was written in.
    func json(apiVersion: Int) -> JSON {
        switch (self, apiVersion) {
        case (.adf(let document), 3): document
        case (.wiki(let text), 2): .string(text)
        case (.adf, _): .string(WikiWriter.text(of: blocks))
        case (.wiki, _): ADFWriter.document(of: blocks)
        }
    }
}
