/// Divides a template into blocks, line by line.
struct TemplateBlockParser {
    private typealias Block = DocumentTemplate.Block
    private typealias Line = DocumentTemplate.Line

    private var blocks: [DocumentTemplate.Block] = []
    /// Whether a line of text would still belong to the last block.
    private var isOpen = false

    mutating func parse(_ source: String) -> [DocumentTemplate.Block] {
        for line in source.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            append(line)
        }
        return blocks
    }

    private mutating func append(_ source: Substring) {
        let text = source.trimmed
        if text.isEmpty {
            isOpen = false
        } else if Self.isRule(text) {
            blocks.append(.rule)
            isOpen = false
        } else if let (level, title) = Self.heading(text) {
            blocks.append(.heading(level: level, Line(parsing: title)))
            isOpen = false
        } else if let (isOrdered, item) = Self.listItem(text) {
            append(item: [Line(parsing: item)], isOrdered: isOrdered)
        } else {
            append(line: Line(parsing: text), isIndented: source.first?.isWhitespace == true)
        }
    }

    /// A blank line between two items does not end the list: its numbers go on.
    private mutating func append(item: [DocumentTemplate.Line], isOrdered: Bool) {
        if case .list(isOrdered, var items) = blocks.last {
            blocks.removeLast()  // else each item would copy the list
            items.append(item)
            blocks.append(.list(isOrdered: isOrdered, items: items))
        } else {
            blocks.append(.list(isOrdered: isOrdered, items: [item]))
        }
        isOpen = true
    }

    /// Goes on with the paragraph; with a list item if it is indented as the rest of one.
    private mutating func append(line: DocumentTemplate.Line, isIndented: Bool) {
        switch blocks.last {
        case .paragraph(var lines) where isOpen:
            blocks.removeLast()
            lines.append(line)
            blocks.append(.paragraph(lines))
        case .list(let isOrdered, var items) where isOpen && isIndented:
            blocks.removeLast()
            items[items.count - 1].append(line)
            blocks.append(.list(isOrdered: isOrdered, items: items))
        default:
            blocks.append(.paragraph([line]))
        }
        isOpen = true
    }

    // MARK: What a line is

    private static func isRule(_ text: Substring) -> Bool {
        guard let first = text.first, "━─═-".contains(first), text.count >= 3 else { return false }
        return text.allSatisfy { $0 == first }
    }

    private static func heading(_ text: Substring) -> (level: Int, title: Substring)? {
        let hashes = text.prefix { $0 == "#" }.count
        var rest = text.dropFirst(hashes)
        var level = hashes
        if hashes == 0, let digit = text.dropFirst().first?.wholeNumberValue, text.first == "h",
            text.dropFirst(2).first == "."
        {
            level = digit
            rest = text.dropFirst(3)
        }
        guard (1...6).contains(level), rest.first?.isWhitespace == true else { return nil }
        return (level, rest.trimmed)
    }

    private static func listItem(_ text: Substring) -> (isOrdered: Bool, item: Substring)? {
        guard let first = text.first else { return nil }
        let rest = text.dropFirst()
        if first == "•" || "-*".contains(first) && rest.first?.isWhitespace == true {
            return (false, rest.trimmed)
        }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let marker = text.dropFirst(digits.count)
        guard (1...3).contains(digits.count), let dot = marker.first, dot == "." || dot == ")",
            marker.dropFirst().first?.isWhitespace == true
        else { return nil }
        return (true, marker.dropFirst().trimmed)
    }
}

extension DocumentTemplate.Line {
    init(parsing text: Substring) {
        self.init(elements: TemplateInlineParser(TemplateToken.tokens(of: text, escapes: .anyMark)).parse())
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
