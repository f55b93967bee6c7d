import FoundationEssentials

/// `/rest/servicedeskapi`: the same for Cloud and Data Center.
extension Site {
    func serviceDeskID(_ projectKey: String) -> String { "\((projectOrder.firstIndex(of: projectKey) ?? 0) + 1)" }

    func listServiceDesks(_ call: Call) -> (Int, JSON) {
        let desks = projectOrder.filter { projects[$0]?.serviceDesk != nil && isVisible($0) }.map { key -> JSON in
            [
                "id": .string(serviceDeskID(key)), "projectId": .string(projectID(key)), "projectKey": .string(key),
                "projectName": .string(projects[key]?.name ?? key),
            ]
        }
        return (200, serviceDeskPage(desks, call))
    }

    func listRequestTypes(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let (project, desk) = try serviceDesk(call.route.arguments[0])
        let types = desk.requestTypes.map { type -> JSON in
            let issueType = project.issueTypes.first { $0.name == type.issueType }
            return [
                "id": .string(type.id), "name": .string(type.name), "description": "", "helpText": "",
                "issueTypeId": JSON(issueType?.id), "serviceDeskId": .string(call.route.arguments[0]),
            ]
        }
        return (200, serviceDeskPage(types, call))
    }

    func getRequestForm(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let (project, desk) = try serviceDesk(call.route.arguments[0])
        let type = try requestType(call.route.arguments[1], in: desk)
        let issueType = try issueType(of: type, in: project)
        let fields = type.fields.compactMap { Field.byID[$0] }.map { field -> JSON in
            var schema = field.schema.objectValue ?? [:]
            if field.custom == "radiobuttons" { schema["type"] = "string" }
            return [
                "fieldId": .string(field.id), "name": .string(field.name), "description": "", "visible": true,
                "required": .bool(field.id == "summary" || type.requiredFields.contains(field.id)),
                "defaultValues": [], "jiraSchema": .object(schema),
                "validValues": .array(validValues(allowedValues(of: field, project, issueType, call))),
            ]
        }
        return (
            200,
            ["requestTypeFields": .array(fields), "canRaiseOnBehalfOf": true, "canAddRequestParticipants": true]
        )
    }

    /// What createmeta calls id and name are value and label here.
    private func validValues(_ allowed: [JSON]?) -> [JSON] {
        (allowed ?? []).map { value in
            [
                "value": value["id"] ?? .null, "label": value["name"] ?? value["value"] ?? .null,
                "children": .array(validValues(value["children"]?.arrayValue)),
            ]
        }
    }

    /// `POST /request`: refuses what is not on the form, whatever the screens of the project have.
    mutating func createRequest(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let user = try call.signedInUser()
        let body = try call.body()
        var allowed: Set = [
            "serviceDeskId", "requestTypeId", "requestFieldValues", "requestParticipants", "raiseOnBehalfOf",
        ]
        if mode == .cloud { allowed.formUnion(["isAdfRequest", "channel", "form"]) }
        try refuseUnknownKeys(body, allowed, call)
        let isADF = body["isAdfRequest"]?.boolValue == true
        guard !isADF || call.request.header("x-experimentalapi") != nil else {
            throw Refusal(
                412, "This API is experimental. Set the X-ExperimentalApi header to opt in.", reason: "isAdfRequest")
        }
        let deskID = body["serviceDeskId"]?.stringValue ?? ""
        let (project, desk) = try serviceDesk(deskID)
        guard project.permissions.contains("CREATE_ISSUES"), !project.isArchived else {
            throw .serviceDesk(403, "You do not have permission to create requests in this service project.")
        }
        let type = try requestType(body["requestTypeId"]?.stringValue ?? "", in: desk)
        var adjusted = call
        adjusted.route.apiVersion = isADF ? 3 : 2
        let draft = try draft(
            of: type, in: project, body["requestFieldValues"]?.objectValue ?? [:], reporter: user, adjusted)
        let issue = insert(draft, at: call.now)
        return (
            201,
            [
                "issueId": .string("\(issue.id)"), "issueKey": .string(issue.key), "requestTypeId": .string(type.id),
                "serviceDeskId": .string(deskID), "createdDate": ["iso8601": .string(call.now.jiraTimestamp)],
                "reporter": user.json(mode), "requestFieldValues": [],
                "currentStatus": ["status": .string(issue.status.name)],
                "_links": [
                    "web": .string("\(siteURL)/servicedesk/customer/portal/\(deskID)/\(issue.key)"),
                    "jiraRest": .string("\(siteURL)/rest/api/2/issue/\(issue.id)"),
                    "self": .string("\(siteURL)/rest/servicedeskapi/request/\(issue.id)"),
                ],
            ]
        )
    }

    private mutating func draft(
        of type: RequestType, in project: SimulatedProject, _ fields: [String: JSON], reporter: SimulatedUser,
        _ call: Call
    ) throws(Refusal) -> SimulatedIssue {
        var draft = SimulatedIssue(
            id: 0, projectKey: project.key, number: 0, type: try issueType(of: type, in: project),
            requestType: type.id, summary: "", priority: project.defaultPriority, reporter: reporter, created: call.now,
            updated: call.now, origin: .api)
        var problems: [String] = []
        for (id, value) in fields.sorted(by: { $0.key < $1.key }) {
            guard let field = Field.byID[id], type.fields.contains(id) else {
                problems.append(call.wording.cannotBeSet(id))
                continue
            }
            do {
                try set(field, to: value, of: &draft, in: project, call)
            } catch {
                problems.append("\(field.name): \(error.message) \(error.reason ?? "")")
            }
        }
        for id in type.requiredFields.union(["summary"]).sorted() where fields[id] == nil || fields[id]?.isNull == true
        {
            problems.append(call.wording.required(Field.byID[id]?.name ?? id))
        }
        guard problems.isEmpty else {
            counters.invalidRequests += 1
            throw .serviceDesk(400, problems.joined(separator: " "))
        }
        return draft
    }

    private func serviceDesk(_ id: String) throws(Refusal) -> (SimulatedProject, ServiceDesk) {
        for key in projectOrder where serviceDeskID(key) == id && isVisible(key) {
            if let project = projects[key], let desk = project.serviceDesk { return (project, desk) }
        }
        throw .serviceDesk(404, "The service project does not exist, or you do not have permission to view it.")
    }

    private func requestType(_ id: String, in desk: ServiceDesk) throws(Refusal) -> RequestType {
        guard let type = desk.requestTypes.first(where: { $0.id == id }) else {
            throw .serviceDesk(404, "The request type does not exist.")
        }
        return type
    }

    private func issueType(of type: RequestType, in project: SimulatedProject) throws(Refusal) -> IssueType {
        guard let found = project.issueTypes.first(where: { $0.name == type.issueType }) else {
            throw .serviceDesk(400, "The issue type of the request type does not exist.")
        }
        return found
    }

    private func serviceDeskPage(_ elements: [JSON], _ call: Call) -> JSON {
        let start = max(call.integer("start") ?? 0, 0)
        let limit = min(max(call.integer("limit") ?? 50, 1), 100)
        let some = Array(elements.dropFirst(start).prefix(limit))
        return [
            "size": JSON(some.count), "start": JSON(start), "limit": JSON(limit),
            "isLastPage": .bool(start + limit >= elements.count), "values": .array(some),
        ]
    }
}

extension Refusal {
    /// One message, by whatever field: this API has no map of errors.
    fileprivate static func serviceDesk(_ status: Int, _ message: String) -> Refusal {
        Refusal(
            status,
            body: [
                "errorMessage": .string(message),
                "i18nErrorMessage": ["i18nKey": "sd.request.failed", "parameters": []],
            ])
    }
}
