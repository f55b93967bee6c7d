/// Writes blocks as wiki markup: how version 2 shows what was written as an Atlassian document.
enum WikiWriter {
    static func text(of blocks: [Block]) -> String {
        blocks.map { lines($0, prefix: "") }.joined(separator: "\n\n")
    }

    private static func lines(_ block: Block, prefix: String) -> String {
        switch block {
        case .paragraph(let words): return inline(words)
        case .heading(let level, let words): return "h\(level). \(inline(words))"
        case .list(let start, let items):
            let marker = prefix + (start == nil ? "*" : "#")
            return items.map { item in
                item.map { part in
                    if case .list = part { return lines(part, prefix: marker) }
                    return "\(marker) \(lines(part, prefix: ""))"
                }.joined(separator: "\n")
            }.joined(separator: "\n")
        case .code(let language, let text):
            return "{code\(language.map { ":\($0)" } ?? "")}\n\(text)\n{code}"
        case .rule: return "----"
        case .quote(let blocks): return "{quote}\n\(text(of: blocks))\n{quote}"
        case .panel(_, let title, let blocks):
            return "{panel\(title.map { ":title=\($0)" } ?? "")}\n\(text(of: blocks))\n{panel}"
        case .table(let rows):
            return rows.map { row in
                row.map { cell in (cell.isHeader ? "||" : "|") + text(of: cell.blocks) }.joined()
                    + (row.last?.isHeader == true ? "||" : "|")
            }.joined(separator: "\n")
        }
    }

    private static func inline(_ words: [Inline]) -> String {
        words.map { word in
            guard case .text(let text, let style, let link) = word else { return "\n" }
            var result = escaped(text)
            let wraps: [(Inline.Style, String, String)] = [
                (.code, "{{", "}}"), (.strong, "*", "*"), (.emphasis, "_", "_"), (.underline, "+", "+"),
                (.strike, "-", "-"), (.sub, "~", "~"), (.sup, "^", "^"),
            ]
            for (mark, open, close) in wraps where style.contains(mark) { result = open + result + close }
            if let link { result = link == text ? "[\(link)]" : "[\(result)|\(link)]" }
            return result
        }.joined()
    }

    private static func escaped(_ text: String) -> String {
        String(text.flatMap { "*_{}[]|!^~".contains($0) ? ["\\", $0] : [$0] })
    }
}
