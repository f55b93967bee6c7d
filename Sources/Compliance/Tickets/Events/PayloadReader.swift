import FoundationEssentials
import Jira

/// Reads the fields of a payload, naming what is wrong with them.
struct PayloadReader {
    let members: JSONObject

    init(_ payload: String) throws(PayloadError) {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: payload)
        } catch {
            throw PayloadError(field: "payload", problem: "\(error)")
        }
        guard case .object(let members) = value else {
            throw PayloadError(field: "payload", problem: "\(value.kind) where an object is expected")
        }
        self.members = members
    }

    func required(_ name: String) throws(PayloadError) -> String {
        guard let value = members[name], !value.isNull else {
            throw PayloadError(field: "payload.\(name)", problem: "missing; a string is expected")
        }
        let text = try string(value, "payload.\(name)")
        if text.isBlank {
            throw PayloadError(field: "payload.\(name)", problem: "empty; a string with some text is expected")
        }
        return text
    }

    func optional(_ name: String) throws(PayloadError) -> String? {
        guard let value = members[name], !value.isNull else { return nil }
        let text = try string(value, "payload.\(name)")
        return text.isEmpty ? nil : text
    }

    func strings(_ name: String) throws(PayloadError) -> [String] {
        guard let value = members[name], !value.isNull else { return [] }
        guard case .array(let elements) = value else {
            throw PayloadError(
                field: "payload.\(name)", problem: "\(value.kind) where an array of strings is expected")
        }
        var result: [String] = []
        for (index, element) in elements.enumerated() {
            result.append(try string(element, "payload.\(name)[\(index)]"))
        }
        return result
    }

    func severity(_ name: String) throws(PayloadError) -> Severity {
        let text = try required(name)
        guard let severity = Severity(rawValue: text) else {
            throw PayloadError(
                field: "payload.\(name)",
                problem: "\"\(text.prefix(40))\" is not one of critical, high, medium, low")
        }
        return severity
    }

    /// ISO 8601: a moment, or a day (its start in UTC).
    func moment(_ name: String) throws(PayloadError) -> Date? {
        guard let text = try optional(name) else { return nil }
        guard let date = JiraTimestamp.iso8601(text) ?? JiraTimestamp.iso8601(text + "T00:00") else {
            throw PayloadError(
                field: "payload.\(name)",
                problem: "\"\(text.prefix(40))\" is not a time in ISO 8601, such as 2026-01-15T10:30:00Z")
        }
        return date
    }

    /// NUL, which PostgreSQL cannot store, becomes U+FFFD.
    private func string(_ value: JSONValue, _ field: String) throws(PayloadError) -> String {
        guard case .string(let text) = value else {
            throw PayloadError(field: field, problem: "\(value.kind) where a string is expected")
        }
        guard text.utf8.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}

extension JSONValue {
    /// As errors name it.
    fileprivate var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
