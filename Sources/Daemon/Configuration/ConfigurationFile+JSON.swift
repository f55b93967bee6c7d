import Jira

/// Sections that customers can override are decoded from JSON, since a customer's part of them is a JSON merge patch
/// (RFC 7396) in the database. For the file, what JSON has no lines for is looked up here.
extension ConfigurationFile.Node {
    /// Plain scalars take the types of YAML's core schema (YAML 1.2, section 10.3.2), quoted ones stay text.
    var json: JSONValue {
        switch self {
        case .null: .null
        case .scalar(let text, let isPlain, _): isPlain ? Self.typed(text) : .string(text)
        case .list(let nodes, _): .array(nodes.map(\.json))
        case .map(let entries, _):
            .object(Dictionary(entries.map { ($0.key, $0.value.json) }) { _, last in last })
        }
    }

    private static func typed(_ text: String) -> JSONValue {
        switch text {
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        // No leading zeros or plus sign: 007 is a word to whoever wrote it.
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let isNumber = digits.first?.isNumber == true && digits.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard isNumber, digits == "0" || digits.hasPrefix("0.") || !digits.hasPrefix("0") else { return .string(text) }
        if let integer = Int64(text) { return .integer(integer) }
        // Nor zeros at the end: 1.10 and 2.0 are versions, and no 1.1 and 2.
        guard !text.hasSuffix("0"), let number = Double(text).map(JSONValue.number), "\(number)" == text else {
            return .string(text)
        }
        return number
    }

    /// The line where the value at a path stands, such as `["rules", "0", "match"]`; that of the nearest enclosing value if
    /// the path leads nowhere.
    func line(at path: some Sequence<String>) -> Int {
        var line = self.line
        var node = self
        for step in path {
            switch node {
            case .map(let entries, _):
                guard let entry = entries.first(where: { $0.key == step }) else { return line }
                (line, node) = (entry.line, entry.value)
            case .list(let nodes, _):
                guard let index = Int(step), nodes.indices.contains(index) else { return line }
                (line, node) = (nodes[index].line, nodes[index])
            case .null, .scalar: return line
            }
        }
        return line
    }
}
