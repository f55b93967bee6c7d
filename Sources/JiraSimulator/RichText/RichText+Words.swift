extension RichText {
    /// What a search for words looks at.
    var words: String { Self.words(of: blocks).joined(separator: "\n") }

    private static func words(of blocks: [Block]) -> [String] {
        blocks.flatMap { block -> [String] in
            switch block {
            case .paragraph(let content), .heading(_, let content): [content.plain]
            case .list(_, let items): items.flatMap(words)
            case .code(_, let text): [text]
            case .rule: []
            case .quote(let blocks): words(of: blocks)
            case .panel(_, let title, let blocks): (title.map { [$0] } ?? []) + words(of: blocks)
            case .table(let rows): rows.flatMap { $0 }.flatMap { words(of: $0.blocks) }
            }
        }
    }
}
