/// A value that Jira refuses, and how it says so.
struct InvalidValue: Error {
    var message: String
    /// The exact rule that was broken, where Jira's own words are vague.
    var reason: String?

    init(_ message: String, reason: String? = nil) {
        self.message = message
        self.reason = reason
    }
}

/// Checks the value of one custom or list-like field and returns it as Jira gives it back.
struct FieldValue {
    var field: Field
    var project: SimulatedProject
    var wording: Wording
    var users: [SimulatedUser]
    var projectKeys: [String]

    func checked(_ value: JSON) throws(InvalidValue) -> JSON {
        switch field.kind {
        case .text: try text(value)
        case .url: try url(value)
        case .number: try number(value)
        case .date: try date(value)
        case .dateTime: try dateTime(value)
        case .option(let allowed): try option(value, allowed)
        case .options(let allowed):
            .array(try each(value) { element throws(InvalidValue) in try option(element, allowed) })
        case .cascade(let tree): try cascade(value, tree)
        case .group: try group(value)
        case .groups: .array(try each(value) { element throws(InvalidValue) in try group(element) })
        case .labels: JSON(try labels(value))
        case .otherProject: try otherProject(value)
        case .version: try named(value, among: project.versions, otherwise: wording.versionInvalid)
        case .versions:
            .array(
                try each(value) { element throws(InvalidValue) in
                    try named(element, among: project.versions, otherwise: wording.versionInvalid)
                })
        case .components:
            .array(
                try each(value) { element throws(InvalidValue) in
                    try named(element, among: project.components, otherwise: wording.componentInvalid)
                })
        case .user, .assignee: try user(value).json(wording.mode)
        case .users:
            .array(try each(value) { element throws(InvalidValue) in try user(element).json(wording.mode) })
        case .attachments, .issueLinks, .plugin: throw InvalidValue(wording.cannotBeSet(field.id))
        case .summary, .project, .issueType, .priority, .parent, .epicLink, .richText: value
        }
    }

    /// Cloud takes `accountId` (or `id`), Data Center `name`.
    func user(_ value: JSON) throws(InvalidValue) -> SimulatedUser {
        let identifier: String? =
            switch wording.mode {
            case .cloud: (value["accountId"] ?? value["id"])?.stringValue
            case .dataCenter: value["name"]?.stringValue
            }
        guard let identifier else {
            throw InvalidValue(
                wording.mode == .cloud
                    ? wording.mustBe("an object containing 'accountId'")
                    : "expected Object containing a 'name' property")
        }
        let found = users.first { wording.mode == .cloud ? $0.accountID == identifier : $0.name == identifier }
        guard let found else { throw InvalidValue(wording.userInvalid(identifier)) }
        if !found.isActive { throw InvalidValue(wording.userInvalid(identifier)) }
        if field.kind == .assignee, !found.isAssignable { throw InvalidValue(wording.notAssignable(identifier)) }
        return found
    }

    func labels(_ value: JSON) throws(InvalidValue) -> [String] {
        guard let elements = value.arrayValue else { throw InvalidValue(wording.mustBe("an array of strings")) }
        var labels: [String] = []
        for element in elements {
            guard let label = element.stringValue else { throw InvalidValue(wording.mustBe("a string")) }
            if label.unicodeScalars.contains(where: { $0.isSpace }) || label.isEmpty {
                throw InvalidValue(wording.labelHasSpace(label))
            }
            if label.utf16.count > 255 { throw InvalidValue(wording.labelTooLong(label)) }
            if !labels.contains(label) { labels.append(label) }
        }
        return labels
    }

    private func text(_ value: JSON) throws(InvalidValue) -> JSON {
        guard let text = value.stringValue else { throw InvalidValue(wording.mustBeString) }
        guard text.utf16.count <= 255 else { throw InvalidValue(wording.textTooLong(255)) }
        return value
    }

    private func url(_ value: JSON) throws(InvalidValue) -> JSON {
        guard let text = value.stringValue else { throw InvalidValue(wording.mustBeString) }
        let lowered = text.lowercased()
        let hasHost = ["http://", "https://", "ftp://"].contains { lowered.hasPrefix($0) && lowered != $0 }
        guard hasHost, !text.unicodeScalars.contains(where: { $0.isSpace }) else {
            throw InvalidValue(wording.urlInvalid)
        }
        guard text.utf16.count <= 255 else { throw InvalidValue(wording.textTooLong(255)) }
        return value
    }

    private func number(_ value: JSON) throws(InvalidValue) -> JSON {
        guard let number = value.doubleValue else { throw InvalidValue(wording.mustBe("a number")) }
        return .number(number)
    }

    private func date(_ value: JSON) throws(InvalidValue) -> JSON {
        guard let text = value.stringValue, isCalendarDate(text) else { throw InvalidValue(wording.dateInvalid) }
        return value
    }

    private func dateTime(_ value: JSON) throws(InvalidValue) -> JSON {
        guard let text = value.stringValue, isJiraTimestamp(text) else { throw InvalidValue(wording.dateTimeInvalid) }
        return value
    }

    private func option(_ value: JSON, _ allowed: [String]) throws(InvalidValue) -> JSON {
        guard value.objectValue != nil, let wanted = (value["value"] ?? value["id"])?.stringValue else {
            throw InvalidValue(wording.mustBe("an object containing 'value' or 'id'"))
        }
        let byID = value["value"] == nil
        guard let found = allowed.first(where: { byID ? field.optionID($0) == wanted : $0 == wanted }) else {
            throw InvalidValue(wording.optionInvalid(wanted))
        }
        return ["value": .string(found), "id": .string(field.optionID(found))]
    }

    private func cascade(_ value: JSON, _ tree: [String: [String]]) throws(InvalidValue) -> JSON {
        guard case .object(var parent) = try option(value, tree.keys.sorted()) else { return value }
        if let child = value["child"], !child.isNull, let name = parent["value"]?.stringValue {
            parent["child"] = try option(child, tree[name] ?? [])
        }
        return .object(parent)
    }

    private func group(_ value: JSON) throws(InvalidValue) -> JSON {
        guard let name = value["name"]?.stringValue ?? value.stringValue else {
            throw InvalidValue(wording.mustBe("an object containing 'name'"))
        }
        guard Field.groups.contains(name) else { throw InvalidValue(wording.optionInvalid(name)) }
        return ["name": .string(name)]
    }

    private func otherProject(_ value: JSON) throws(InvalidValue) -> JSON {
        guard let key = value["key"]?.stringValue, projectKeys.contains(key) else {
            throw InvalidValue(wording.projectInvalid)
        }
        return ["key": .string(key)]
    }

    private func named(
        _ value: JSON, among names: [String], otherwise refusal: (String) -> String
    ) throws(InvalidValue) -> JSON {
        guard value.objectValue != nil, let wanted = (value["name"] ?? value["id"])?.stringValue else {
            throw InvalidValue(wording.mustBe("an object containing 'name' or 'id'"))
        }
        let byID = value["name"] == nil
        let position = names.indices.first { byID ? "\(10_000 + $0)" == wanted : names[$0] == wanted }
        guard let position else { throw InvalidValue(refusal(wanted)) }
        return ["id": .string("\(10_000 + position)"), "name": .string(names[position])]
    }

    private func each(
        _ value: JSON, _ check: (JSON) throws(InvalidValue) -> JSON
    ) throws(InvalidValue) -> [JSON] {
        guard let elements = value.arrayValue else { throw InvalidValue(wording.mustBe("an array")) }
        var checked: [JSON] = []
        for element in elements { checked.append(try check(element)) }
        return checked
    }
}

extension SimulatedUser {
    /// The user as the REST API shows it in either product.
    func json(_ mode: SimulatedJira.Mode) -> JSON {
        switch mode {
        case .cloud:
            [
                "accountId": .string(accountID), "accountType": "atlassian", "displayName": .string(displayName),
                "emailAddress": .string(email), "active": .bool(isActive), "timeZone": "Etc/UTC",
            ]
        case .dataCenter:
            [
                "name": .string(name), "key": .string("JIRAUSER\(accountID.utf8.reduce(10_000) { $0 + Int($1) })"),
                "displayName": .string(displayName), "emailAddress": .string(email), "active": .bool(isActive),
                "timeZone": "Etc/UTC",
            ]
        }
    }
}
