import Jira

/// `{name}`, `{name|default}`, `{name|date}` in a template.
package struct TemplateVariable: Sendable, Hashable {
    package enum Filter: String, Sendable, Hashable, CaseIterable {
        /// Of a time in ISO 8601 its day, as it is written there.
        case date
        case upper, lower
    }

    package var name: String
    package var filters: [Filter] = []
    /// What stands where there is no value.
    package var fallback: String?

    /// Nil if there is neither value nor default.
    func value(in values: TemplateValues) -> JSONValue? {
        guard let value = values.value(name) else { return fallback.map(JSONValue.string) }
        return filters.reduce(value) { $1.apply(to: $0) }
    }

    func text(in values: TemplateValues) -> String {
        value(in: values)?.templateText ?? ""
    }
}

extension TemplateVariable.Filter {
    fileprivate func apply(to value: JSONValue) -> JSONValue {
        if case .array(let elements) = value {
            return .array(elements.map(apply))
        }
        guard case .string(let text) = value else { return value }
        switch self {
        case .date: return .string(JiraTimestamp.iso8601(text) == nil ? text : String(text.prefix(10)))
        case .upper: return .string(text.uppercased())
        case .lower: return .string(text.lowercased())
        }
    }
}

extension TemplateVariable: CustomStringConvertible {
    /// As a template would have it.
    package var description: String {
        "{" + ([name] + filters.map(\.rawValue) + (fallback.map { [$0] } ?? [])).joined(separator: "|") + "}"
    }
}

extension TemplateVariable {
    /// Reads a variable that starts with the brace at `start`; nil if what stands there is none, and so is literal text.
    ///
    /// - Returns: the variable and where the text after it begins.
    static func read(_ text: [Character], at start: Int) -> (TemplateVariable, end: Int)? {
        guard text[start] == "{" else { return nil }
        var end = start + 1
        while end < text.count, text[end] != "}" {
            if text[end] == "{" || text[end].isNewline { return nil }
            end += 1
        }
        guard end < text.count else { return nil }
        let parts = text[(start + 1)..<end].split(separator: "|", omittingEmptySubsequences: false).map { String($0) }
        guard isName(parts[0]) else { return nil }
        var variable = TemplateVariable(name: parts[0])
        for part in parts.dropFirst() {
            if let filter = Filter(rawValue: part) {
                variable.filters.append(filter)
            } else {
                variable.fallback = part
            }
        }
        return (variable, end + 1)
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.first, first.isLetter || first == "_" else { return false }
        return text.allSatisfy { $0.isLetter || $0.isNumber || "_-.".contains($0) }
    }
}
