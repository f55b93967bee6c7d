extension Document {
    /// The document for a terminal or a log: the same words without marks, a link with its URL behind it.
    package func plainText() -> String {
        blocks.compactMap { block in
            switch block {
            case .paragraph(let content), .heading(_, let content): Self.plain(content)
            case .bulletList(let items): Self.plain(items) { _ in "• " }
            case .orderedList(let items): Self.plain(items) { "\($0 + 1). " }
            case .rule: String(repeating: "─", count: 40)
            }
        }.joined(separator: "\n\n")
    }

    private static func plain(_ items: [[Inline]], _ marker: (Int) -> String) -> String? {
        if items.isEmpty { return nil }
        return items.enumerated().map { index, item in
            let marker = marker(index)
            let indent = "\n" + String(repeating: " ", count: marker.count)
            return marker
                + plain(item).split(separator: "\n", omittingEmptySubsequences: false).joined(separator: indent)
        }.joined(separator: "\n")
    }

    private static func plain(_ content: [Inline]) -> String {
        content.map { inline in
            guard case .text(let text, _, let link) = inline else { return "\n" }
            let words = CleanText.lines(of: text).joined(separator: "\n")
            guard let link = link.flatMap(LinkTarget.checked), link != words else { return words }
            return "\(words) (\(link))"
        }.joined()
    }
}
