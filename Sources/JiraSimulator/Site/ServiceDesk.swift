/// What makes a project one of Jira Service Management: a portal with forms. Its id is not the project's.
package struct ServiceDesk: Sendable, Hashable {
    package var requestTypes: [RequestType]

    package init(requestTypes: [RequestType] = RequestType.standard) {
        self.requestTypes = requestTypes
    }
}

/// A form of the portal. Only what is on it can be sent.
package struct RequestType: Sendable, Hashable {
    package var id: String
    package var name: String
    /// The name of the type that its issues have.
    package var issueType: String
    /// Ids of the fields on the form, in its order.
    package var fields: [String]
    /// Those of them that must be filled in; the summary always must.
    package var requiredFields: Set<String>

    package init(
        id: String, name: String, issueType: String = "Service Request",
        fields: [String] = ["summary", "description"], requiredFields: Set<String> = []
    ) {
        self.id = id
        self.name = name
        self.issueType = issueType
        self.fields = fields
        self.requiredFields = requiredFields
    }

    package static let standard = [
        RequestType(id: "25", name: "Get IT help"),
        RequestType(
            id: "26", name: "Report an incident", issueType: "Incident",
            fields: ["summary", "description", "priority", "duedate", "customfield_10106", "customfield_10108"]),
    ]
}
