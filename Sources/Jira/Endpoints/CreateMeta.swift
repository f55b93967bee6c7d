import HTTP

/// A kind of issue. Names repeat and are translated; the id is what counts.
package struct JiraIssueType: KnownByName, Sendable, Hashable {
    package var id: String
    package var name: String
    package var isSubtask: Bool

    init(_ body: JSONValue) throws(UnreadableAnswer) {
        id = try body.requiredString("id")
        name = try body.requiredString("name")
        isSubtask = body["subtask"]?.boolValue ?? false
    }
}

/// A field that can be set when an issue is made.
package struct JiraCreateField: Sendable, Hashable {
    /// `summary`, `customfield_10001`.
    package var id: String
    package var name: String
    package var isRequired: Bool
    package var hasDefault: Bool
    /// `string`, `option`, `array`, `user`, ...
    package var type: String?
    /// Of an array, the type of its elements.
    package var elementType: String?
    /// Of a custom field, the kind: `com.atlassian.jira.plugin.system.customfieldtypes:textarea`.
    package var custom: String?
    package var kind: CreateFieldKind
    /// As Jira gives them, `{"id": ..., "name" or "value": ...}`, without those that can no longer be chosen; empty where
    /// anything goes.
    package var allowedValues: [JSONValue]

    /// As createmeta has it.
    init(ofScreen body: JSONValue) throws(UnreadableAnswer) {
        try self.init(
            body, hasDefault: body["hasDefaultValue"]?.boolValue ?? false, schema: body["schema"],
            allowedValues: body["allowedValues"]?.arrayValue ?? [])
    }

    /// As the form of a request type has it: what createmeta calls id and name are value and label there.
    init(ofForm body: JSONValue) throws(UnreadableAnswer) {
        func choices(_ values: JSONValue?) -> [JSONValue] {
            (values?.arrayValue ?? []).map { value in
                [
                    "id": value["value"] ?? .null, "name": value["label"] ?? value["value"] ?? .null,
                    "children": .array(choices(value["children"])),
                ]
            }
        }
        try self.init(
            body, hasDefault: body["defaultValues"]?.arrayValue?.isEmpty == false, schema: body["jiraSchema"],
            allowedValues: choices(body["validValues"]))
    }

    private init(
        _ body: JSONValue, hasDefault: Bool, schema: JSONValue?, allowedValues: [JSONValue]
    ) throws(UnreadableAnswer) {
        guard let id = (body["fieldId"] ?? body["key"])?.stringValue else { throw UnreadableAnswer(missing: "fieldId") }
        self.id = id
        name = body["name"]?.stringValue ?? id
        isRequired = body["required"]?.boolValue ?? false
        self.hasDefault = hasDefault
        type = schema?["type"]?.stringValue
        elementType = schema?["items"]?.stringValue
        custom = schema?["custom"]?.stringValue
        self.allowedValues = allowedValues.filter(Self.canBeChosen)
        kind = CreateFieldKind(id: id, type: type, elementType: elementType, custom: custom)
        for value in self.allowedValues.reversed() {
            if let name = Self.name(of: value)?.lowercased() { choicesByName[name] = value }
        }
    }

    /// By their names in lower case.
    private var choicesByName: [String: JSONValue] = [:]

    /// The names of the allowed values.
    package var choices: [String] { allowedValues.compactMap(Self.name) }

    /// The allowed value of that name, in whatever case, or of that id.
    func choice(named name: String) -> JSONValue? {
        choicesByName[name.lowercased()] ?? allowedValues.first { $0["id"]?.stringValue == name }
    }

    static func canBeChosen(_ choice: JSONValue) -> Bool { choice["disabled"]?.boolValue != true }

    static func name(of choice: JSONValue) -> String? {
        (choice["name"] ?? choice["value"] ?? choice["key"])?.stringValue
    }
}

/// One page of the issue types that the account can create in a project. Data Center has it since 8.4.
package struct ListCreatableIssueTypes: PagedEndpoint {
    package typealias Item = JiraIssueType

    package var projectIDOrKey: String
    package var cursor: PageCursor?

    package static let operation = "create_meta_issue_types"
    package static let absenceIsConclusive = true

    package init(project projectIDOrKey: String) {
        self.projectIDOrKey = projectIDOrKey
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .get(
            "/issue/createmeta/\(PercentEncoding.pathSegment(projectIDOrKey))/issuetypes",
            query: [("startAt", String(cursor?.offset ?? 0)), ("maxResults", "200")])
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Page<JiraIssueType> {
        try Page(answer.body, from: cursor, listedUnder: ["values", "issueTypes"], read: JiraIssueType.init)
    }
}

/// One page of the fields that an issue of a type can or must be made with.
package struct ListCreateFields: PagedEndpoint {
    package typealias Item = JiraCreateField

    package var projectIDOrKey: String
    package var issueTypeID: String
    package var cursor: PageCursor?

    package static let operation = "create_meta_fields"
    package static let absenceIsConclusive = true

    package init(project projectIDOrKey: String, issueTypeID: String) {
        self.projectIDOrKey = projectIDOrKey
        self.issueTypeID = issueTypeID
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        let project = PercentEncoding.pathSegment(projectIDOrKey)
        return .get(
            "/issue/createmeta/\(project)/issuetypes/\(PercentEncoding.pathSegment(issueTypeID))",
            query: [("startAt", String(cursor?.offset ?? 0)), ("maxResults", "200")])
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Page<JiraCreateField> {
        try Page(answer.body, from: cursor, listedUnder: ["values", "fields"], read: JiraCreateField.init(ofScreen:))
    }
}
