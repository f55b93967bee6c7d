import Compliance

/// What a decoder found wrong with a section, in the words and at the place where the operator wrote it.
enum SectionProblem {
    static func of(
        _ error: DecodingError, in section: String, root: ConfigurationFile.Node, keys: KnownKeys, file: String
    ) -> ConfigurationProblem {
        let context = context(of: error)
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        let node = root.value(at: path)
        let (message, remedy) = words(for: error, context, node, keys.at(path) ?? .leaf)
        return ConfigurationProblem(
            place: "\(file):\(root.line(at: path))", key: key(section, path), message: message, remedy: remedy)
    }

    /// `tickets.rules[0].match.severity`.
    static func key(_ section: String, _ path: [String]) -> String {
        path.reduce(section) { Int($1) == nil ? "\($0).\($1)" : "\($0)[\($1)]" }
    }

    private static func context(of error: DecodingError) -> DecodingError.Context {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            context
        @unknown default:
            DecodingError.Context(codingPath: [], debugDescription: "\(error)")
        }
    }

    static func words(forUnquoted template: String) -> (message: String, remedy: String) {
        ("\(template.escapingControls) is no text to YAML", "put it in quotes: \"\(template.escapingControls)\"")
    }

    private static let unquote = "write it without quotes"

    private static func words(
        for error: DecodingError, _ context: DecodingError.Context, _ node: ConfigurationFile.Node?, _ keys: KnownKeys
    ) -> (message: String, remedy: String) {
        if case .scalar(let text, _, _)? = node, !keys.words.isEmpty {
            return (
                "\(text.quoted) is not one of \(keys.words.joined(separator: ", "))",
                nearestWord(to: text, among: keys.words).map { "did you mean \($0)?" } ?? "use one of them"
            )
        }
        if case .valueNotFound = error { return ("holds nothing", "write a value or take it out") }
        guard case .typeMismatch(let type, _) = error else { return (context.debugDescription, "") }
        let found = node?.written ?? "something else"
        switch type {
        case is String.Type:
            if let template = node?.unquotedTemplate { return Self.words(forUnquoted: template) }
            if case .scalar? = node { return ("is \(found) where a text is expected", "put it in quotes") }
            return ("is \(found) where a text is expected", "write one value after the colon")
        case is Bool.Type:
            return (
                "is \(found) where true or false is expected",
                node?.isQuoted(["true", "false"].contains) == true ? Self.unquote : "use true or false"
            )
        case is any FixedWidthInteger.Type:
            return (
                "is \(found) where a whole number is expected",
                node?.isQuoted { Int($0) != nil } == true ? Self.unquote : "write digits alone"
            )
        case is [Any].Type:
            return (
                "is \(found) where a list is expected",
                keys.element == nil ? "write it as [one, two]" : "begin each entry with a dash, `- `"
            )
        default:
            return ("is \(found) where a map is expected", "write `key: value` under it, indented, or as {key: value}")
        }
    }
}

extension ConfigurationFile.Node {
    /// A template that nobody quoted, as it was written: `{controlId}`, a map to YAML whose key has no value, or a list of it.
    var unquotedTemplate: String? {
        switch self {
        case .map(let entries, _):
            guard entries.count == 1, case .null? = entries.first?.value, let name = entries.first?.key else {
                return nil
            }
            return "{\(name)}"
        case .list(let nodes, _):
            guard nodes.count == 1, let inner = nodes.first?.unquotedTemplate else { return nil }
            return "[\(inner)]"
        case .null, .scalar: return nil
        }
    }

    /// Those in what goes to Jira as it stands, where a map is nothing wrong.
    func unquotedTemplates(at path: [String]) -> [(path: [String], template: String)] {
        switch self {
        case .map(let entries, _):
            if let template = unquotedTemplate { return [(path, template)] }
            return entries.flatMap { $0.value.unquotedTemplates(at: path + [$0.key]) }
        case .list(let nodes, _):
            return nodes.enumerated().flatMap { $1.unquotedTemplates(at: path + [String($0)]) }
        case .null, .scalar: return []
        }
    }

    fileprivate func isQuoted(_ fits: (String) -> Bool) -> Bool {
        if case .scalar(let text, false, _) = self { fits(text) } else { false }
    }

    /// The value as a message quotes it.
    fileprivate var written: String {
        if case .scalar(let text, _, _) = self { return text.quoted }
        return kind
    }
}
