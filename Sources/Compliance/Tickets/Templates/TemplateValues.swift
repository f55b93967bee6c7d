package import Jira

/// What the variables of a template stand for.
package struct TemplateValues: Sendable {
    /// Found first: what the payload cannot speak for, such as `customerId`.
    package var named: JSONObject
    package var payload: JSONObject

    package init(named: JSONObject, payload: JSONObject = [:]) {
        self.named = named
        self.payload = payload
    }

    /// The variables that a ticket's templates have besides the other keys of the payload.
    package static let names = [
        "controlId", "controlTitle", "severity", "failureReason", "framework", "evidenceId", "evidenceUrl",
        "integration",
        "detectedAt", "affectedSystems", "resource", "checkId", "timestamp", "customerId", "jobId", "dueDate", "appUrl",
        "previousTicket",
    ]

    /// The value of a variable; nil if there is none, or if it is null or empty. `a.b` is the key `a.b`, else `b` in the
    /// object `a`.
    func value(_ name: String) -> JSONValue? {
        let value = named[name] ?? payload[name] ?? valueInside(name)
        let isEmpty =
            switch value {
            case nil, .null: true
            case .string(let text): text.isEmpty
            case .array(let elements): elements.isEmpty
            case .object(let members): members.isEmpty
            case .bool, .integer, .number: false
            }
        return isEmpty ? nil : value
    }

    /// Whether a variable of this name could have a value here.
    func knows(_ name: String) -> Bool {
        Self.names.contains(name) || named[name] != nil || payload[name] != nil || valueInside(name) != nil
    }

    private func valueInside(_ path: String) -> JSONValue? {
        guard path.utf8.contains(UInt8(ascii: ".")) else { return nil }
        let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return keys.dropFirst().reduce(payload[keys[0]]) { $0?[$1] }
    }
}

extension JSONValue {
    /// As a text shows it: strings as they are, lists separated by commas, objects as compact JSON.
    var templateText: String {
        switch self {
        case .null: ""
        case .bool(let value): value ? "true" : "false"
        case .string(let text): text
        case .array(let elements): elements.map(\.templateText).filter { !$0.isEmpty }.joined(separator: ", ")
        case .integer, .number, .object: description
        }
    }
}
