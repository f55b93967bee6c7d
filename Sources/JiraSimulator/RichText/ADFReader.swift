import FoundationEssentials

/// Reads an Atlassian document leniently: what it does not know it shows as its text.
enum ADFReader {
    static func blocks(_ content: JSON?) -> [Block] { (content?.arrayValue ?? []).flatMap(block) }

    private static func block(_ node: JSON) -> [Block] {
        let content = node["content"]
        let attributes = node["attrs"]
        switch node["type"]?.stringValue {
        case "paragraph": return [.paragraph(inlines(content))]
        case "heading": return [.heading(level: attributes?["level"]?.intValue ?? 1, inlines(content))]
        case "bulletList": return [.list(start: nil, items: items(content))]
        case "orderedList": return [.list(start: attributes?["order"]?.intValue ?? 1, items: items(content))]
        case "codeBlock": return [.code(language: attributes?["language"]?.stringValue, inlines(content).plain)]
        case "rule": return [.rule]
        case "blockquote": return [.quote(blocks(content))]
        case "panel":
            return [.panel(kind: attributes?["panelType"]?.stringValue ?? "info", title: nil, blocks(content))]
        case "expand":
            return [.panel(kind: "expand", title: attributes?["title"]?.stringValue, blocks(content))]
        case "table":
            let rows = (content?.arrayValue ?? []).map { row in
                (row["content"]?.arrayValue ?? []).map { cell in
                    Block.Cell(isHeader: cell["type"] == "tableHeader", blocks: blocks(cell["content"]))
                }
            }
            return [.table(rows)]
        default:
            let words = inlines([node])
            return words.isEmpty ? blocks(content) : [.paragraph(words)]
        }
    }

    private static func items(_ content: JSON?) -> [[Block]] {
        (content?.arrayValue ?? []).map { blocks($0["content"]) }
    }

    private static func inlines(_ content: JSON?) -> [Inline] {
        (content?.arrayValue ?? []).compactMap { node in
            let attributes = node["attrs"]
            switch node["type"]?.stringValue {
            case "text": return text(node)
            case "hardBreak": return .lineBreak
            case "emoji": return .text((attributes?["text"] ?? attributes?["shortName"])?.stringValue ?? "")
            case "status": return .text("[\(attributes?["text"]?.stringValue ?? "")]", .strong)
            case "mention": return .text(attributes?["text"]?.stringValue ?? "@\(attributes?["id"]?.stringValue ?? "")")
            case "inlineCard":
                let url = attributes?["url"]?.stringValue ?? ""
                return .text(url, [], link: url)
            case "date":
                let milliseconds = attributes?["timestamp"]?.stringValue.flatMap { Double($0) } ?? 0
                return .text(String(Date(timeIntervalSince1970: milliseconds / 1000).jiraTimestamp.prefix(10)))
            default: return nil
            }
        }
    }

    private static func text(_ node: JSON) -> Inline {
        var style: Inline.Style = []
        var link: String?
        for mark in node["marks"]?.arrayValue ?? [] {
            switch mark["type"]?.stringValue {
            case "strong": style.insert(.strong)
            case "em": style.insert(.emphasis)
            case "code": style.insert(.code)
            case "underline": style.insert(.underline)
            case "strike": style.insert(.strike)
            case "subsup": style.insert(mark["attrs"]?["type"] == "sub" ? .sub : .sup)
            case "link": link = mark["attrs"]?["href"]?.stringValue
            default: break
            }
        }
        return .text(node["text"]?.stringValue ?? "", style, link: link)
    }
}
