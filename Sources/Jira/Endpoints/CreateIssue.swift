/// Makes an issue. Jira knows no idempotency: sent twice, it makes two.
package struct CreateIssue: Endpoint {
    package struct Response: Sendable, Hashable {
        package var id: String
        package var key: String

        package init(id: String, key: String) {
            self.id = id
            self.key = key
        }
    }

    /// By field id; rich text as ADF for Cloud, as a string of wiki markup for Data Center.
    package var fields: [String: JSONValue]

    /// Entity properties, born with the issue. Not searchable, but readable.
    package var properties: [String: JSONValue]

    package static let operation = "create_issue"
    package static let hasEffect = true

    package init(fields: [String: JSONValue], properties: [String: JSONValue] = [:]) {
        self.fields = fields
        self.properties = properties
    }

    package var sentFields: Set<String>? { Set(fields.keys) }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .post("/issue", body: body)
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Response {
        try Response(answer.body)
    }

    /// What is sent, also as an element of a bulk create.
    package var body: JSONValue {
        var body: [String: JSONValue] = ["fields": .object(fields)]
        if !properties.isEmpty {
            body["properties"] = .entityProperties(properties)
        }
        return .object(body)
    }
}

extension CreateIssue.Response {
    init(_ body: JSONValue) throws(UnreadableAnswer) {
        self.init(id: try body.idOfSomethingMade("id"), key: try body.requiredString("key"))
    }
}

extension JSONValue {
    /// `[{"key": ..., "value": ...}]`, the form in which entity properties are sent.
    static func entityProperties(_ properties: [String: JSONValue]) -> JSONValue {
        .array(properties.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": $0.value] })
    }
}
