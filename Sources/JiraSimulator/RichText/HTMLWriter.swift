/// Writes blocks as HTML, everything escaped.
enum HTMLWriter {
    static func html(of blocks: [Block]) -> String { blocks.map(block).joined(separator: "\n") }

    private static func block(_ block: Block) -> String {
        switch block {
        case .paragraph(let words): "<p>\(inline(words))</p>"
        case .heading(let level, let words): "<h\(level)>\(inline(words))</h\(level)>"
        case .list(let start, let items):
            start.map { "<ol start=\"\($0)\">" + list(items) + "</ol>" } ?? "<ul>" + list(items) + "</ul>"
        case .code(_, let text): "<pre><code>\(htmlEscaped(text))</code></pre>"
        case .rule: "<hr>"
        case .quote(let blocks): "<blockquote>\(html(of: blocks))</blockquote>"
        case .panel(let kind, let title, let blocks):
            "<div class=\"panel \(htmlEscaped(kind))\">\(title.map { "<strong>\(htmlEscaped($0))</strong>" } ?? "")"
                + "\(html(of: blocks))</div>"
        case .table(let rows):
            "<table>" + rows.map { "<tr>" + $0.map(cell).joined() + "</tr>" }.joined() + "</table>"
        }
    }

    private static func list(_ items: [[Block]]) -> String {
        items.map { "<li>\(html(of: $0))</li>" }.joined()
    }

    private static func cell(_ cell: Block.Cell) -> String {
        let name = cell.isHeader ? "th" : "td"
        return "<\(name)>\(html(of: cell.blocks))</\(name)>"
    }

    private static func inline(_ words: [Inline]) -> String {
        words.map { word in
            guard case .text(let text, let style, let link) = word else { return "<br>" }
            var result = htmlEscaped(text)
            let tags: [(Inline.Style, String)] = [
                (.code, "code"), (.strong, "strong"), (.emphasis, "em"), (.underline, "u"), (.strike, "s"),
                (.sub, "sub"), (.sup, "sup"),
            ]
            for (mark, tag) in tags where style.contains(mark) { result = "<\(tag)>\(result)</\(tag)>" }
            guard let link, isSafe(link) else { return result }
            return "<a href=\"\(htmlEscaped(link))\" rel=\"noopener noreferrer\">\(result)</a>"
        }.joined()
    }

    private static func isSafe(_ link: String) -> Bool {
        let lowered = link.lowercased()
        return ["http://", "https://", "mailto:"].contains { lowered.hasPrefix($0) }
    }
}

func htmlEscaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
