extension Document {
    /// The document in the Atlassian Document Format, as Jira Cloud takes it for `description`, `environment`, comments
    /// and multi-line text fields.
    ///
    /// Uses only what the schemas of 2023 and of today both allow: text is never empty and holds no line ends, `code`
    /// stands beside nothing but a link, a list item holds a paragraph.
    /// Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
    ///
    /// A document that would grow beyond `limit` is shortened as `shortened(toFit:measuredBy:)` tells.
    ///
    /// - Parameter limit: in UTF-16 units of the serialized JSON. Jira allows 32,767 characters and does not say whether
    ///   of the text or of its JSON: the default stays below in either reading.
    package func adf(limit: Int = 30_000) -> JSONValue {
        if upperBoundOfADF <= limit {
            return unlimitedADF()
        }
        return shortened(toFit: limit) { UTF16Length.of($0.unlimitedADF().serialized()) }.unlimitedADF()
    }

    func unlimitedADF() -> JSONValue {
        ["content": .array(blocks.compactMap { $0.adf() }), "type": "doc", "version": 1]
    }

    /// No less than the length of the serialized ADF, and told without making it: most documents need not be measured.
    var upperBoundOfADF: Int {
        var bound = 64
        for block in blocks {
            bound += 96
            switch block {
            case .paragraph(let content), .heading(_, let content):
                bound += content.reduce(0) { $0 + $1.upperBoundOfADF }
            case .bulletList(let items), .orderedList(let items):
                for item in items {
                    bound += 96 + item.reduce(0) { $0 + $1.upperBoundOfADF }
                }
            case .rule:
                break
            }
        }
        return bound
    }
}

extension Document.Block {
    /// Nil for a list without items, which ADF does not know.
    fileprivate func adf() -> JSONValue? {
        switch self {
        case .paragraph(let content): .paragraph(content)
        case .heading(let level, let content):
            [
                "attrs": ["level": .integer(Int64(min(max(level, 1), 6)))], "content": .nodes(content),
                "type": "heading",
            ]
        case .bulletList(let items): .list("bulletList", items)
        case .orderedList(let items): .list("orderedList", items)
        case .rule: ["type": "rule"]
        }
    }
}

extension JSONValue {
    fileprivate static func paragraph(_ content: [Document.Inline]) -> JSONValue {
        ["content": .nodes(content), "type": "paragraph"]
    }

    fileprivate static func nodes(_ content: [Document.Inline]) -> JSONValue {
        var nodes: [JSONValue] = []
        nodes.reserveCapacity(content.count)
        for inline in content { inline.appendADF(to: &nodes) }
        return .array(nodes)
    }

    fileprivate static func list(_ type: String, _ items: [[Document.Inline]]) -> JSONValue? {
        if items.isEmpty {
            return nil
        }
        let content = items.map { ["content": [.paragraph($0)], "type": "listItem"] as JSONValue }
        return ["content": .array(content), "type": .string(type)]
    }

    fileprivate static let hardBreak: JSONValue = ["type": "hardBreak"]
}

extension Document.Inline {
    fileprivate func appendADF(to nodes: inout [JSONValue]) {
        guard case .text(let text, let marks, let link) = self else {
            nodes.append(.hardBreak)
            return
        }
        let adfMarks = Self.adfMarks(marks, link: link)
        CleanText.forEachLine(of: text) { line, isFirst in
            if !isFirst { nodes.append(.hardBreak) }
            if line.isEmpty { return }
            if let adfMarks {
                nodes.append(["marks": adfMarks, "text": .string(line), "type": "text"])
            } else {
                nodes.append(["text": .string(line), "type": "text"])
            }
        }
    }

    private static let code: JSONValue = ["type": "code"]
    private static let strong: JSONValue = ["type": "strong"]
    private static let emphasis: JSONValue = ["type": "em"]

    private static let strongAlone: JSONValue = [strong]
    private static let emphasisAlone: JSONValue = [emphasis]

    /// Nil where there are none.
    private static func adfMarks(_ marks: Document.Marks, link: String?) -> JSONValue? {
        if link == nil {
            if marks.isEmpty { return nil }
            if marks == .strong { return strongAlone }
            if marks == .emphasis { return emphasisAlone }
        }
        var result: [JSONValue] = []
        if let href = link.flatMap(LinkTarget.checked) {
            result.append(["attrs": ["href": .string(href)], "type": "link"])
        }
        if marks.contains(.code) {
            result.append(code)
        } else {
            if marks.contains(.strong) { result.append(strong) }
            if marks.contains(.emphasis) { result.append(emphasis) }
        }
        return result.isEmpty ? nil : .array(result)
    }

    fileprivate var upperBoundOfADF: Int {
        guard case .text(let text, _, let link) = self else { return 24 }
        // A line end becomes a node of its own and ends one: with the marks, 200 units cover both.
        let perLine = 200 + (link?.utf8.count ?? 0)
        let lineEnds = text.countBytes { $0 < 0x20 || $0 == 0xC2 || $0 == 0xE2 }
        return perLine * (1 + lineEnds) + 2 * text.utf8.count
    }
}

/// Lengths as Jira (Java) counts them.
enum UTF16Length {
    /// Of a text in UTF-8.
    static func of(_ utf8: [UInt8]) -> Int {
        // One unit for each scalar, two for those of four bytes.
        utf8.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : $1 >= 0xF0 ? 2 : 1) }
    }
}
