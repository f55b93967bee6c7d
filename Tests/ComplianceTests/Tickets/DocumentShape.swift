@testable import Jira
@testable import JiraSimulator

extension JSONValue {
    /// The blocks of an ADF document with the marks of their texts; breaks are left out, neighbouring texts of one kind are
    /// taken for one, and of a link's URL what only the template can say is kept.
    var shape: [String] {
        (self["content"]?.arrayValue ?? []).map { node in
            var content = node.shape
            content = content.enumerated().filter { $0.offset == 0 || content[$0.offset - 1] != $0.element }.map(
                \.element)
            let marks = (node["marks"]?.arrayValue ?? []).map { mark in
                let url = mark["attrs"]?["href"]?.stringValue?.split(separator: "/").prefix(3).joined(separator: "/")
                return "\(mark["type"] ?? nil) \(url ?? "")"
            }
            return "\(node["type"] ?? nil) \(marks) \(content)"
        }.filter { !$0.contains("hardBreak") || $0.contains("text") }
    }
}

/// The blocks of wiki markup, as the simulated Jira reads it: their kinds, the number of entries, where their links lead.
func shape(ofWikiMarkup markup: String) -> [String] {
    WikiReader.blocks(markup).map(shape)
}

private func shape(_ block: Block) -> String {
    switch block {
    case .paragraph(let content): "paragraph \(hosts(content))"
    case .heading(let level, let content): "heading \(level) \(hosts(content))"
    case .list(let start, let items): "list \(start ?? 0) \(items.map { $0.map(shape) })"
    case .code: "code"
    case .rule: "rule"
    case .quote: "quote"
    case .panel: "panel"
    case .table: "table"
    }
}

private func hosts(_ content: [Inline]) -> [String] {
    content.compactMap { inline in
        guard case .text(_, _, let link?) = inline else { return nil }
        return link.split(separator: "/").prefix(2).joined(separator: "/")
    }
}
