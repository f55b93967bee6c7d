extension JSONValue {
    /// All words of a rich text that Jira gave, without markup (of wiki markup: with): in which to look for a mark.
    package var richTextWords: String {
        switch self {
        case .string(let text): text
        case .array(let nodes): nodes.map(\.richTextWords).joined(separator: " ")
        case .object(let node): [node["text"], node["content"]].compactMap { $0?.richTextWords }.joined(separator: " ")
        default: ""
        }
    }
}
