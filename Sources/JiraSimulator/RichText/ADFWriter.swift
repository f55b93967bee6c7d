/// Writes blocks as an Atlassian document: how version 3 shows what was written as wiki markup.
enum ADFWriter {
    static func document(of blocks: [Block]) -> JSON {
        ["version": 1, "type": "doc", "content": .array(blocks.map(node))]
    }

    private static func node(_ block: Block) -> JSON {
        switch block {
        case .paragraph(let words): return ["type": "paragraph", "content": content(words)]
        case .heading(let level, let words):
            return ["type": "heading", "attrs": ["level": JSON(level)], "content": content(words)]
        case .list(let start, let items):
            let nodes = items.map { item -> JSON in ["type": "listItem", "content": .array(item.map(node))] }
            guard let start else { return ["type": "bulletList", "content": .array(nodes)] }
            return ["type": "orderedList", "attrs": ["order": JSON(start)], "content": .array(nodes)]
        case .code(let language, let text):
            var members: [String: JSON] = ["type": "codeBlock"]
            if let language { members["attrs"] = ["language": .string(language)] }
            if !text.isEmpty { members["content"] = [["type": "text", "text": .string(text)]] }
            return .object(members)
        case .rule: return ["type": "rule"]
        case .quote(let blocks): return ["type": "blockquote", "content": .array(blocks.map(node))]
        case .panel(_, _, let blocks):
            return ["type": "panel", "attrs": ["panelType": "info"], "content": .array(blocks.map(node))]
        case .table(let rows):
            let nodes = rows.map { row -> JSON in
                let cells = row.map { cell -> JSON in
                    ["type": cell.isHeader ? "tableHeader" : "tableCell", "content": .array(cell.blocks.map(node))]
                }
                return ["type": "tableRow", "content": .array(cells)]
            }
            return ["type": "table", "content": .array(nodes)]
        }
    }

    private static func content(_ words: [Inline]) -> JSON {
        .array(
            words.compactMap { word in
                switch word {
                case .lineBreak: return ["type": "hardBreak"]
                case .text("", _, _): return nil
                case .text(let text, let style, let link):
                    var node: [String: JSON] = ["type": "text", "text": .string(text)]
                    let marks = marks(style, link)
                    if !marks.isEmpty { node["marks"] = .array(marks) }
                    return .object(node)
                }
            })
    }

    private static func marks(_ style: Inline.Style, _ link: String?) -> [JSON] {
        var marks: [JSON] = []
        if let link { marks.append(["type": "link", "attrs": ["href": .string(link)]]) }
        if style.contains(.code) { return marks + [["type": "code"]] }
        if style.contains(.strong) { marks.append(["type": "strong"]) }
        if style.contains(.emphasis) { marks.append(["type": "em"]) }
        if style.contains(.underline) { marks.append(["type": "underline"]) }
        if style.contains(.strike) { marks.append(["type": "strike"]) }
        if style.contains(.sub) { marks.append(["type": "subsup", "attrs": ["type": "sub"]]) }
        if style.contains(.sup) { marks.append(["type": "subsup", "attrs": ["type": "sup"]]) }
        return marks
    }
}
