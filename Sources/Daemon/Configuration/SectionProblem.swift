import Compliance

/// What a decoder found wrong with a section, in the words and at the place where the operator wrote it.
enum SectionProblem {
    static func of(
        _ error: DecodingError, in section: String, root: ConfigurationFile.Node, keys: KnownKeys, file: String
    ) -> ConfigurationProblem {
        let context = context(of: error)
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        let node = root.value(at: path)
        let (message, remedy) = words(for: error, context, node, keys.at(path)?.words ?? [])
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

    private static func words(
        for error: DecodingError, _ context: DecodingError.Context, _ node: ConfigurationFile.Node?, _ words: [String]
    ) -> (message: String, remedy: String) {
        if case .scalar(let text, _, _)? = node, !words.isEmpty {
            return (
                "\(text.quoted) is not one of \(words.joined(separator: ", "))",
                nearestWord(to: text, among: words).map { "did you mean \($0)?" } ?? "use one of them"
            )
        }
        guard case .typeMismatch(let type, _) = error else { return (context.debugDescription, "") }
        let found = node?.written ?? "something else"
        switch type {
        case is String.Type:
            if case .scalar? = node { return ("is \(found) where a text is expected", "put it in quotes") }
            return ("is \(found) where a text is expected", "write one value after the colon")
        case is Bool.Type: return ("is \(found) where true or false is expected", "use true or false")
        case is any FixedWidthInteger.Type:
            return ("is \(found) where a whole number is expected", "write digits alone")
        case is [Any].Type: return ("is \(found) where a list is expected", "write it as [one, two]")
        default:
            return ("is \(found) where a map is expected", "write `key: value` under it, indented, or as {key: value}")
        }
    }
}

extension ConfigurationFile.Node {
    /// The value as a message quotes it.
    fileprivate var written: String {
        if case .scalar(let text, _, _) = self { return text.quoted }
        return kind
    }
}
