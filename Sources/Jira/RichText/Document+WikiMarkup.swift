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
        var writer = WikiMarkupEscaper()
        for block in blocks {
            let start = writer.end
            if start > 0 { writer.appendMarkup("\n\n") }
            if !block.write(to: &writer) { writer.removeAll(from: start) }
        }
        return writer.markup
    }
}

extension Document.Block {
    /// - Returns: whether there is anything to show.
    fileprivate func write(to writer: inout WikiMarkupEscaper) -> Bool {
        switch self {
        case .paragraph(let content):
            return Self.write(content, to: &writer)
        case .heading(let level, let content):
            return Self.write(heading: content, level: min(max(level, 1), 6), to: &writer)
        case .bulletList(let items):
            return Self.write(items, marker: "* ", to: &writer)
        case .orderedList(let items):
            return Self.write(items, marker: "# ", to: &writer)
        case .rule:
            writer.appendMarkup("----")
            return true
        }
    }

    private static func write(_ content: [Document.Inline], to writer: inout WikiMarkupEscaper) -> Bool {
        var showsSomething = false
        WikiMarkupLine.forEach(of: content) { line, isFirst in
            if !isFirst { writer.appendMarkup("\n") }
            if line.write(to: &writer) {
                showsSomething = true
            } else {
                writer.appendMarkup("&nbsp;")  // a blank line would end the paragraph
            }
        }
        return showsSomething
    }

    private static func write(
        heading content: [Document.Inline], level: Int, to writer: inout WikiMarkupEscaper
    ) -> Bool {
        var showsSomething = false
        WikiMarkupLine.forEach(of: content) { line, _ in
            let start = writer.end
            writer.appendMarkup(showsSomething ? " " : "h\(level). ")
            if line.write(to: &writer) { showsSomething = true } else { writer.removeAll(from: start) }
        }
        return showsSomething
    }

    private static func write(
        _ items: [[Document.Inline]], marker: String, to writer: inout WikiMarkupEscaper
    ) -> Bool {
        for (index, item) in items.enumerated() {
            if index > 0 { writer.appendMarkup("\n") }
            writer.appendMarkup(marker)
            let start = writer.end
            WikiMarkupLine.forEach(of: item) { line, isFirst in
                // A forced break, for a line end might end the list. The space keeps the two backslashes from escaping what
                // follows.
                if !isFirst { writer.appendMarkup(#"\\ "#) }
                _ = line.write(to: &writer)
            }
            if writer.end == start { writer.appendMarkup("&nbsp;") }  // without text it would be no item
        }
        return !items.isEmpty
    }
}
