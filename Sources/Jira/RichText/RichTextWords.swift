extension JSONValue {
    /// All words of a rich text that Jira gave, without markup (of wiki markup: with): in which to look for a mark.
    package var richTextWords: String {
        switch self {
        case .string(let text): text
        case .array(let nodes): nodes.map(\.richTextWords).joined()
        // Somebody's formatting may divide a word into several texts; what is no text divides words.
        case .object(let node): node["text"]?.richTextWords ?? (node["content"]?.richTextWords ?? "") + " "
        default: ""
        }
    }
}
