extension Document {
    /// The document in Jira's wiki markup, as Data Center takes it for `description`, comments and multi-line text
    /// fields. Every text in it is escaped (`WikiMarkupLine`): what the document says is data, not markup.
    /// Source: the "Text Formatting Notation Help" of any Jira, /secure/WikiRendererHelpAction.jspa?section=all
    ///
    /// - Parameter limit: in UTF-16 units; the default is Jira's own (`jira.text.field.character.limit`). A document that
    ///   would grow beyond it is shortened as `shortened(toFit:measuredBy:)` tells.
    package func wikiMarkup(limit: Int = 32_767) -> String {
        let markup = unlimitedWikiMarkup()
        if markup.utf8.count <= limit || markup.utf16.count <= limit {
            return markup
        }
        return shortened(toFit: limit) { $0.unlimitedWikiMarkup().utf16.count }.unlimitedWikiMarkup()
    }

    func unlimitedWikiMarkup() -> String {
        blocks.compactMap { $0.wikiMarkup() }.joined(separator: "\n\n")
    }
}

extension Document.Block {
    /// Nil if there is nothing to show.
    fileprivate func wikiMarkup() -> String? {
        switch self {
        case .paragraph(let content):
            let lines = WikiMarkupLine.lines(of: content)
            if lines.allSatisfy(\.isEmpty) { return nil }
            // A blank line would end the paragraph.
            return lines.map { $0.isEmpty ? "&nbsp;" : $0 }.joined(separator: "\n")
        case .heading(let level, let content):
            let lines = WikiMarkupLine.lines(of: content).filter { !$0.isEmpty }
            return lines.isEmpty ? nil : "h\(min(max(level, 1), 6)). " + lines.joined(separator: " ")
        case .bulletList(let items): return Self.list(items, marker: "* ")
        case .orderedList(let items): return Self.list(items, marker: "# ")
        case .rule: return "----"
        }
    }

    private static func list(_ items: [[Document.Inline]], marker: String) -> String? {
        if items.isEmpty { return nil }
        return items.map { item in
            // A forced break, for a line end might end the list. The space keeps the two backslashes from escaping what
            // follows. An item without text would be no item.
            let text = WikiMarkupLine.lines(of: item).joined(separator: #"\\ "#)
            return marker + (text.isEmpty ? "&nbsp;" : text)
        }.joined(separator: "\n")
    }
}
