import FoundationEssentials

/// What a client asks before it creates anything: the server, the user, the projects, the fields.
extension Site {
    func serverInfo(_ call: Call) -> (Int, JSON) {
        let isCloud = mode == .cloud
        var json: [String: JSON] = [
            "baseUrl": .string(siteURL), "version": isCloud ? "1001.0.0-SNAPSHOT" : "10.3.19",
            "versionNumbers": isCloud ? [1001, 0, 0] : [10, 3, 19],
            "deploymentType": isCloud ? "Cloud" : "Server", "buildNumber": isCloud ? 100_284 : 10_030_019,
            "serverTitle": "Simulated Jira",
        ]
        // Data Center tells strangers no time.
        if isCloud || call.caller.user != nil { json["serverTime"] = .string(call.now.jiraTimestamp) }
        return (200, .object(json))
    }

    func myself(_ call: Call) throws(Refusal) -> (Int, JSON) {
        (200, try call.signedInUser().json(mode))
    }

    func visibleProject(_ idOrKey: String, _ call: Call) throws(Refusal) -> SimulatedProject {
        guard call.caller.user != nil, let project = project(idOrKey: idOrKey), isVisible(project.key) else {
            throw Refusal(404, call.wording.noSuchProject(idOrKey))
        }
        return project
    }

    /// Cloud: `GET /project/search`, in pages. Data Center: `GET /project`, all at once.
    func listProjects(_ call: Call) -> (Int, JSON) {
        let wanted = call.list("keys").map(Set.init)
        let search = call.parameter("query")?.lowercased()
        let mustTakeIssues = call.parameter("action") == "create"
        let keys = projectOrder.filter { key in
            guard call.caller.user != nil, let project = projects[key], isVisible(key) else { return false }
            if mustTakeIssues, project.isArchived || !project.permissions.contains("CREATE_ISSUES") { return false }
            let matches = search.map { key.lowercased().contains($0) || project.name.lowercased().contains($0) } ?? true
            return matches && wanted?.contains(key) != false
        }
        let listed = keys.map { summaryOfProject($0, call) }
        guard call.route.arguments.first == "paged" else { return (200, .array(listed)) }
        return (200, page(listed, under: "values", call, atMost: 100))
    }

    func getProject(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let project = try visibleProject(call.route.arguments[0], call)
        guard case .object(var json) = summaryOfProject(project.key, call) else { return (200, .null) }
        json["issueTypes"] = .array(project.issueTypes.map(\.json))
        json["components"] = .array(named(project.components))
        json["versions"] = .array(named(project.versions))
        if mode == .dataCenter || project.isArchived { json["archived"] = .bool(project.isArchived) }
        return (200, .object(json))
    }

    /// `GET /project/{key}/issuesecuritylevelscheme`: for who administers the project.
    func getSecurityScheme(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let project = try visibleProject(call.route.arguments[0], call)
        guard project.permissions.contains("ADMINISTER_PROJECTS") else {
            throw Refusal(403, "You are not allowed to administer this project.")
        }
        guard project.hasIssueSecurity || issues.values.contains(where: { $0.isHidden && $0.projectKey == project.key })
        else { throw Refusal(404, "No issue security scheme is associated with project '\(project.key)'.") }
        return (
            200,
            [
                "id": 10_000, "name": "Default Issue Security Scheme",
                "levels": [["id": "10021", "name": "Staff only"]],
            ]
        )
    }

    func summaryOfProject(_ key: String, _ call: Call) -> JSON {
        let id = projectID(key)
        return [
            "id": .string(id), "key": .string(key), "name": .string(projects[key]?.name ?? key),
            "projectTypeKey": projects[key]?.serviceDesk == nil ? "software" : "service_desk",
            "self": .string("\(call.apiURL)/project/\(id)"),
        ]
    }

    /// Cloud wants to be told which permissions; Data Center gives all.
    func myPermissions(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let asked = call.list("permissions") ?? []
        if mode == .cloud {
            guard !asked.isEmpty else {
                throw Refusal(400, "The 'permissions' query parameter is required.")
            }
            if let unknown = asked.first(where: { !SimulatedProject.allPermissions.contains($0) }) {
                throw Refusal(400, "Unrecognized permission: '\(unknown)'.")
            }
        }
        var held: Set<String> = []
        if let key = call.parameter("projectKey") ?? call.parameter("projectId") {
            held = try visibleProject(key, call).permissions
        } else if let key = call.parameter("issueKey") ?? call.parameter("issueId") {
            held = projects[try visibleIssue(key, call).projectKey]?.permissions ?? []
        } else if call.caller.user != nil {
            held = projects.values.reduce(into: []) { $0.formUnion($1.permissions) }
        }
        let listed = mode == .cloud ? asked : SimulatedProject.allPermissions
        var permissions: [String: JSON] = [:]
        for key in listed {
            permissions[key] = [
                "id": "-1", "key": .string(key), "name": .string(key), "type": "PROJECT", "description": "",
                "havePermission": .bool(held.contains(key)),
            ]
            // Data Center tells each under its former name as well.
            if mode == .dataCenter, let former = SimulatedProject.formerPermissions[key] {
                permissions[former] = [
                    "id": "-1", "key": .string(former), "name": .string(former), "type": "PROJECT", "description": "",
                    "havePermission": .bool(held.contains(key)), "deprecatedKey": true,
                ]
            }
        }
        return (200, ["permissions": .object(permissions)])
    }

    func createMetaIssueTypes(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let project = try creatable(call)
        let key = mode == .cloud ? "issueTypes" : "values"
        return (200, page(project.issueTypes.map(\.json), under: key, call, atMost: 200))
    }

    func createMetaFields(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let project = try creatable(call)
        guard let type = project.issueTypes.first(where: { $0.id == call.route.arguments[1] }) else {
            throw Refusal(mode == .cloud ? 404 : 400, call.wording.issueTypeInvalid)
        }
        let fields = Field.all.filter { !project.hiddenFields.contains($0.id) && isOffered($0, for: type) }
        let key = mode == .cloud ? "fields" : "values"
        return (200, page(fields.map { meta($0, project, type, call) }, under: key, call, atMost: 200))
    }

    private func creatable(_ call: Call) throws(Refusal) -> SimulatedProject {
        let project = try visibleProject(call.route.arguments[0], call)
        guard project.permissions.contains("CREATE_ISSUES"), !project.isArchived else {
            throw Refusal(mode == .cloud ? 404 : 400, call.wording.noSuchProject(project.key))
        }
        return project
    }

    private func meta(_ field: Field, _ project: SimulatedProject, _ type: IssueType, _ call: Call) -> JSON {
        let always: Set = ["summary", "project", "issuetype", "reporter"]
        let required =
            always.contains(field.id) || project.requiredFields.contains(field.id)
            || field.kind == .parent && type.isSubtask
        var json: [String: JSON] = [
            "fieldId": .string(field.id), "name": .string(field.name), "required": .bool(required),
            // Jira fills in the reporter too, but does not say so.
            "hasDefaultValue": .bool(["priority", "assignee"].contains(field.id)), "schema": field.schema,
            "operations": JSON(field.operations),
        ]
        if mode == .cloud { json["key"] = .string(field.id) }
        if let allowed = allowedValues(of: field, project, type, call) { json["allowedValues"] = .array(allowed) }
        if field.id == "priority" { json["defaultValue"] = project.defaultPriority?.json ?? .null }
        return .object(json)
    }

    /// Nil where anything goes.
    func allowedValues(
        of field: Field, _ project: SimulatedProject, _ type: IssueType, _ call: Call
    ) -> [JSON]? {
        switch field.kind {
        case .priority: project.priorities.map(\.json)
        case .issueType: [type.json]
        case .project: [summaryOfProject(project.key, call)]
        case .components: named(project.components)
        case .version, .versions: named(project.versions)
        case .option(let values), .options(let values):
            values.map { ["value": .string($0), "id": .string(field.optionID($0))] }
        case .cascade(let tree):
            tree.keys.sorted().map { parent in
                let children = (tree[parent] ?? []).map { child -> JSON in
                    ["value": .string(child), "id": .string(field.optionID(child))]
                }
                return [
                    "value": .string(parent), "id": .string(field.optionID(parent)), "children": .array(children),
                ]
            }
        default: nil
        }
    }

    private func named(_ names: [String]) -> [JSON] {
        names.enumerated().map { ["id": .string("\(10_000 + $0.offset)"), "name": .string($0.element)] }
    }

    private func page(_ elements: [JSON], under key: String, _ call: Call, atMost limit: Int) -> JSON {
        let start = max(call.integer("startAt") ?? 0, 0)
        let size = min(max(call.integer("maxResults") ?? 50, 1), limit)
        let isLast = start + size >= elements.count
        var json: [String: JSON] = [
            "startAt": JSON(start), "maxResults": JSON(size), "total": JSON(elements.count),
            key: .array(Array(elements.dropFirst(start).prefix(size))),
        ]
        if key == "values" { json["isLast"] = .bool(isLast) }
        return .object(json)
    }

    /// Cloud: `GET /resolution/search`, in pages. Data Center and the old way of Cloud: `GET /resolution`, all at once.
    func listResolutions(_ call: Call) -> (Int, JSON) {
        let names = ["Done", "Won't Do", "Duplicate", "Cannot Reproduce", "Risk Accepted"]
        let all = names.enumerated().map { position, name -> JSON in
            ["id": .string("\(10_000 + position)"), "name": .string(name), "description": ""]
        }
        guard call.route.arguments.first == "paged" else { return (200, .array(all)) }
        return (200, page(all, under: "values", call, atMost: 50))
    }

    func priorities() -> (Int, JSON) {
        var seen: Set<String> = []
        let all = projectOrder.flatMap { projects[$0]?.priorities ?? [] }.filter { seen.insert($0.id).inserted }
        return (200, .array(all.map(\.json)))
    }

    func issueTypes() -> (Int, JSON) {
        var seen: Set<String> = []
        let all = projectOrder.flatMap { projects[$0]?.issueTypes ?? [] }.filter { seen.insert($0.id).inserted }
        return (200, .array(all.map(\.json)))
    }

    func fields() -> (Int, JSON) {
        let fields = Field.all.map { field -> JSON in
            let number = field.id.drop { !$0.isNumber }
            let clauses = field.custom == nil ? [field.id] : ["cf[\(number)]", field.name]
            var json: [String: JSON] = [
                "id": .string(field.id), "name": .string(field.name), "custom": .bool(field.custom != nil),
                "clauseNames": JSON(clauses), "schema": field.schema, "navigable": true, "orderable": true,
                "searchable": true,
            ]
            if mode == .cloud { json["key"] = .string(field.id) }
            return .object(json)
        }
        return (200, .array(fields))
    }

    func findUsers(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let isAssignableOnly = call.route.operation == .findAssignableUsers
        if isAssignableOnly, let key = call.parameter("project") { _ = try visibleProject(key, call) }
        let parameter = mode == .cloud ? "query" : "username"
        let accountID = mode == .cloud ? call.parameter("accountId") : nil
        guard accountID != nil || call.parameter(parameter) != nil || isAssignableOnly else {
            throw Refusal(400, "The '\(parameter)' query parameter is required.")
        }
        let text = (call.parameter(parameter) ?? "").lowercased()
        let found = users.filter { user in
            if call.caller.user == nil || (isAssignableOnly && !(user.isAssignable && user.isActive)) { return false }
            if let accountID { return user.accountID == accountID }
            return [user.displayName, user.email, mode == .cloud ? "" : user.name].contains {
                $0.lowercased().contains(text)
            }
        }
        return (200, .array(found.prefix(call.integer("maxResults") ?? 50).map { $0.json(mode) }))
    }
}
