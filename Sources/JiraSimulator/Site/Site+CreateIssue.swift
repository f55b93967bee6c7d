import FoundationEssentials

extension Site {
    /// `POST /issue`.
    mutating func createIssue(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let user = try call.signedInUser()
        let issue = try checkedIssue(from: try call.body(), reporter: user, call)
        return (201, created(issue, call))
    }

    /// `POST /issue/bulk`: 201 if any was created, 400 if none was.
    mutating func createIssues(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let user = try call.signedInUser()
        guard let updates = try call.body()["issueUpdates"]?.arrayValue, !updates.isEmpty else {
            throw Refusal(400, call.wording.payloadInvalid, reason: "issueUpdates is missing or empty")
        }
        if mode == .cloud, updates.count > 50 {
            throw Refusal(
                400, "The maximum number of issues that can be created in one request is 50.",
                reason: "\(updates.count) issues in one bulk create; Cloud takes 50")
        }
        var made: [JSON] = []
        var errors: [JSON] = []
        for (position, update) in updates.enumerated() {
            do {
                made.append(created(try checkedIssue(from: update, reporter: user, call), call))
            } catch {
                errors.append([
                    "status": JSON(error.status), "elementErrors": error.json, "failedElementNumber": JSON(position),
                ])
            }
        }
        if settings.bulkIsShuffled { made.shuffle(using: &random) }
        return (made.isEmpty ? 400 : 201, ["issues": .array(made), "errors": .array(errors)])
    }

    /// Gives the issue its id and key and stores it.
    mutating func insert(_ draft: SimulatedIssue, at now: Date) -> SimulatedIssue {
        var issue = draft
        lastIssueID += 1
        issue.id = lastIssueID
        issue.number = lastNumber[issue.projectKey, default: 0] + 1
        lastNumber[issue.projectKey] = issue.number
        store(issue, at: now)
        counters.issuesCreated += 1
        events.append(.issueCreated(issue))
        return issue
    }

    private mutating func created(_ draft: SimulatedIssue, _ call: Call) -> JSON {
        let issue = insert(draft, at: call.now)
        return [
            "id": .string("\(issue.id)"), "key": .string(issue.key),
            "self": .string("\(call.apiURL)/issue/\(issue.id)"),
        ]
    }

    /// Everything Jira would refuse is refused here; nothing is stored yet.
    private mutating func checkedIssue(
        from update: JSON, reporter: SimulatedUser, _ call: Call
    ) throws(Refusal) -> SimulatedIssue {
        let wording = call.wording
        let fields = try mergedFields(update, wording)
        let project = try creatableProject(fields["project"], wording)
        let type = try issueType(fields["issuetype"], in: project, wording)

        var draft = SimulatedIssue(
            id: 0, projectKey: project.key, number: 0, type: type, summary: "",
            priority: project.hiddenFields.contains("priority") ? nil : project.defaultPriority, reporter: reporter,
            created: call.now, updated: call.now, origin: .api)
        var errors: [String: String] = [:]
        var reasons: [String] = []
        for (id, value) in fields.sorted(by: { $0.key < $1.key }) where id != "project" && id != "issuetype" {
            guard let field = Field.byID[id], !project.hiddenFields.contains(id),
                field.kind == .parent || isOffered(field, for: type)
            else {
                errors[id] = wording.cannotBeSet(id)
                continue
            }
            if value.isNull, id != "summary" { continue }
            do {
                try set(field, to: value, of: &draft, in: project, call)
            } catch {
                errors[id] = error.message
                if let reason = error.reason { reasons.append("\(id): \(reason)") }
            }
        }
        if fields["summary"] == nil { errors["summary"] = wording.summaryMissing }
        for id in project.requiredFields.subtracting(Field.withDefault)
        where fields[id] == nil || fields[id]?.isNull == true {
            if errors[id] == nil { errors[id] = wording.required(Field.byID[id]?.name ?? id) }
        }
        errors.merge(parentErrors(of: draft, named: fields["parent"], wording)) { first, _ in first }
        guard errors.isEmpty else {
            counters.invalidRequests += 1
            throw Refusal(400, fields: errors, reason: reasons.isEmpty ? nil : reasons.joined(separator: "; "))
        }
        if let message = project.validators.sorted(by: { $0.key < $1.key }).first(where: {
            draft.summary.contains($0.key)
        })?.value {
            let reason = "refused by a validator of the workflow"
            if let colon = message.firstIndex(of: ":"), Field.byID[String(message[..<colon])] != nil {
                let words = String(String(message[message.index(after: colon)...]).trimmed)
                throw Refusal(400, fields: [String(message[..<colon]): words], reason: reason)
            }
            throw Refusal(400, message, reason: reason)
        }
        draft.properties = try properties(update["properties"], wording)
        return draft
    }

    /// `fields`, with what `update` sets or adds.
    private func mergedFields(_ update: JSON, _ wording: Wording) throws(Refusal) -> [String: JSON] {
        guard update.objectValue != nil, var fields = (update["fields"] ?? [:]).objectValue else {
            throw Refusal(400, wording.payloadInvalid, reason: "fields is not an object")
        }
        for (id, operations) in (update["update"] ?? [:]).objectValue ?? [:] {
            guard fields[id] == nil else {
                throw Refusal(400, fields: [id: "Field '\(id)' cannot appear in both 'fields' and 'update'"])
            }
            var added: [JSON] = []
            for operation in operations.arrayValue ?? [] {
                if let value = operation["set"] { fields[id] = value }
                if let value = operation["add"] { added.append(value) }
            }
            if !added.isEmpty { fields[id] = .array((fields[id]?.arrayValue ?? []) + added) }
        }
        return fields
    }

    private func creatableProject(_ value: JSON?, _ wording: Wording) throws(Refusal) -> SimulatedProject {
        guard let value, !value.isNull else { throw Refusal(400, fields: ["project": wording.projectRequired]) }
        // Keys are case sensitive here.
        let found =
            value["key"]?.stringValue.flatMap { projects[$0] }
            ?? value["id"]?.stringValue.flatMap { project(idOrKey: $0) }
        guard let found, !found.isArchived, found.permissions.isSuperset(of: ["BROWSE_PROJECTS", "CREATE_ISSUES"])
        else {
            throw Refusal(400, fields: ["project": wording.projectInvalid])
        }
        return found
    }

    private func issueType(
        _ value: JSON?, in project: SimulatedProject, _ wording: Wording
    ) throws(Refusal) -> IssueType {
        guard let value, !value.isNull else { throw Refusal(400, fields: ["issuetype": wording.issueTypeRequired]) }
        let found = project.issueTypes.first { type in
            value["id"].map { $0.stringValue == type.id } ?? (value["name"]?.stringValue == type.name)
        }
        guard let found else { throw Refusal(400, fields: ["issuetype": wording.issueTypeInvalid]) }
        return found
    }

    func set(
        _ field: Field, to value: JSON, of issue: inout SimulatedIssue, in project: SimulatedProject, _ call: Call
    ) throws(InvalidValue) {
        let check = FieldValue(
            field: field, project: project, wording: call.wording, users: users, projectKeys: projectOrder)
        switch field.id {
        case "summary": issue.summary = try summary(value, call.wording)
        case "labels": issue.labels = try check.labels(value)
        case "duedate": issue.due = try check.checked(value).stringValue
        case "assignee": issue.assignee = try check.user(value)
        case "reporter": issue.reporter = try check.user(value)
        case "priority": issue.priority = try priority(value, in: project, call.wording)
        case "parent":
            guard let parent = (value["key"] ?? value["id"])?.stringValue.flatMap({ self.issue(idOrKey: $0) }) else {
                throw InvalidValue(call.wording.parentInvalid)
            }
            issue.parentKey = parent.key
        case _ where field.kind == .epicLink:
            issue.otherFields[field.id] = try checkedEpic(value, call.wording)
        default:
            if field.kind == .richText {
                issue.richFields[field.id] = try richText(value, call)
            } else {
                issue.otherFields[field.id] = try check.checked(value)
            }
        }
    }

    private func summary(_ value: JSON, _ wording: Wording) throws(InvalidValue) -> String {
        guard case .string(let text) = value else {
            throw InvalidValue(value.isNull ? wording.summaryMissing : wording.mustBeString)
        }
        if text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) {
            throw InvalidValue(wording.summaryHasNewline)
        }
        if text.trimmed.isEmpty { throw InvalidValue(wording.summaryMissing) }
        if text.utf16.count > 255 { throw InvalidValue(wording.summaryTooLong) }
        return text
    }

    private func priority(
        _ value: JSON, in project: SimulatedProject, _ wording: Wording
    ) throws(InvalidValue) -> Priority {
        let found = project.priorities.first { priority in
            value["id"].map { $0.stringValue == priority.id } ?? (value["name"]?.stringValue == priority.name)
        }
        guard let found else { throw InvalidValue(wording.priorityInvalid) }
        return found
    }

    /// Version 3 takes an Atlassian document, version 2 wiki markup; each refuses the other's.
    func richText(_ value: JSON, _ call: Call) throws(InvalidValue) -> RichText {
        let wording = call.wording
        if call.route.apiVersion == 2 {
            guard let text = value.stringValue else { throw InvalidValue(wording.mustBeString) }
            guard text.utf16.count <= settings.textLimit else {
                throw InvalidValue(wording.textTooLong(settings.textLimit))
            }
            return .wiki(text)
        }
        guard value.objectValue != nil else { throw InvalidValue(wording.mustBeADF) }
        if settings.checksADF {
            do {
                try ADFRules.check(value)
            } catch {
                throw InvalidValue("INVALID_INPUT", reason: error.description)
            }
        }
        // Whether Jira counts the text or its serialized form is not documented; the stricter reading is played.
        let length = value.utf16Length
        guard length <= settings.textLimit else {
            throw InvalidValue(
                wording.textTooLong(settings.textLimit), reason: "serialized document of \(length) units")
        }
        return .adf(value)
    }

    /// Entity properties: keys up to 255 characters, values up to 32,768.
    func properties(_ value: JSON?, _ wording: Wording) throws(Refusal) -> [String: JSON] {
        guard let value, !value.isNull else { return [:] }
        guard let entries = value.arrayValue else {
            throw Refusal(400, wording.payloadInvalid, reason: "properties is not an array")
        }
        var properties: [String: JSON] = [:]
        for entry in entries {
            guard let key = entry["key"]?.stringValue, (1...255).contains(key.utf16.count), let value = entry["value"]
            else {
                throw Refusal(
                    400, wording.payloadInvalid, reason: "a property lacks key or value, or its key is too long")
            }
            guard value.utf16Length <= 32_768 else {
                throw Refusal(400, "The property value cannot be longer than 32768 characters.")
            }
            properties[key] = value
        }
        return properties
    }
}

extension SimulatedProject {
    var defaultPriority: Priority? { priorities.first { $0.name == "Medium" } ?? priorities.first }
}
