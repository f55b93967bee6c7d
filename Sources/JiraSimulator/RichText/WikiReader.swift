/// Reads the common part of Jira's wiki markup.
///
/// Source: https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa
enum WikiReader {
    static func blocks(_ text: String) -> [Block] {
        var reader = WikiBlockReader(
            lines: text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init))
        return reader.blocks(until: nil)
    }
}

private struct WikiBlockReader {
    let lines: [String]
    var position = 0

    init(lines: [String]) { self.lines = lines }

    mutating func blocks(until closing: String?) -> [Block] {
        var blocks: [Block] = []
        var paragraph: [String] = []
        func flush() {
            if !paragraph.isEmpty { blocks.append(.paragraph(WikiInline.parse(paragraph.joined(separator: "\n")))) }
            paragraph = []
        }
        while position < lines.count {
            let line = lines[position]
            let trimmed = String(line.trimmed)
            if let closing, trimmed == closing {
                position += 1
                break
            }
            if trimmed.isEmpty {
                flush()
                position += 1
            } else if let block = special(trimmed) {
                flush()
                blocks.append(block)
            } else {
                paragraph.append(line)
                position += 1
            }
        }
        flush()
        return blocks
    }

    private mutating func special(_ line: String) -> Block? {
        if line == "----" {
            position += 1
            return .rule
        }
        if line.count >= 4, line.hasPrefix("h"), let level = line.dropFirst().first?.wholeNumberValue,
            (1...6).contains(level), line.dropFirst(2).hasPrefix(". ")
        {
            position += 1
            return .heading(level: level, WikiInline.parse(String(line.dropFirst(4))))
        }
        if line.hasPrefix("bq. ") {
            position += 1
            return .quote([.paragraph(WikiInline.parse(String(line.dropFirst(4))))])
        }
        for name in ["code", "noformat"] where line.hasPrefix("{\(name)") {
            return verbatim(line, name)
        }
        if line == "{quote}" {
            position += 1
            return .quote(blocks(until: "{quote}"))
        }
        if line.hasPrefix("{panel"), line.hasSuffix("}") {
            position += 1
            let title = line.split(separator: "title=").dropFirst().first?.split(separator: "|").first
            return .panel(kind: "info", title: title.map { String($0.filter { $0 != "}" }) }, blocks(until: "{panel}"))
        }
        if listMarker(line) != nil { return list(depth: 1) }
        if line.hasPrefix("|") { return table() }
        return nil
    }

    private mutating func verbatim(_ line: String, _ name: String) -> Block? {
        guard let end = line.firstIndex(of: "}") else { return nil }
        let head = line[..<end].split(separator: ":").dropFirst().first
        var text: [String] = []
        var rest = String(line[line.index(after: end)...])
        position += 1
        while true {
            if let closing = rest.firstRange(of: "{\(name)}") {
                text.append(String(rest[..<closing.lowerBound]))
                break
            }
            text.append(rest)
            guard position < lines.count else { break }
            rest = lines[position]
            position += 1
        }
        if text.first?.isEmpty == true { text.removeFirst() }
        if text.last?.isEmpty == true { text.removeLast() }
        return .code(language: head.map(String.init), text.joined(separator: "\n"))
    }

    /// The run of `*`, `#` or `-` that begins a list line.
    private func listMarker(_ line: String) -> Substring? {
        let marker = line.prefix { $0 == "*" || $0 == "#" || $0 == "-" }
        guard !marker.isEmpty, line.dropFirst(marker.count).hasPrefix(" ") else { return nil }
        return marker.contains("-") && marker.count > 1 ? nil : marker
    }

    private mutating func list(depth: Int) -> Block? {
        var items: [[Block]] = []
        var kind: Character?
        while position < lines.count {
            let line = String(lines[position].trimmed)
            guard let marker = listMarker(line), marker.count >= depth else { break }
            if marker.count > depth, !items.isEmpty {
                if let nested = list(depth: depth + 1) { items[items.count - 1].append(nested) }
                continue
            }
            if let kind, marker.last != kind { break }
            kind = marker.last
            items.append([.paragraph(WikiInline.parse(String(line.dropFirst(marker.count + 1))))])
            position += 1
        }
        return .list(start: kind == "#" ? 1 : nil, items: items)
    }

    private mutating func table() -> Block {
        var rows: [[Block.Cell]] = []
        while position < lines.count {
            let line = String(lines[position].trimmed)
            guard line.hasPrefix("|") else { break }
            position += 1
            let isHeader = line.hasPrefix("||")
            let cells =
                isHeader ? line.split(separator: "||").map(String.init) : line.split(separator: "|").map(String.init)
            rows.append(cells.map { Block.Cell(isHeader: isHeader, blocks: [.paragraph(WikiInline.parse($0))]) })
        }
        return .table(rows)
    }
}

enum WikiInline {
    private static let escapable: Set<Character> = Set("-#*_+?^~|%{}[]()!@")
    private static let marks: [Character: Inline.Style] = [
        "*": .strong, "_": .emphasis, "+": .underline, "-": .strike, "^": .sup, "~": .sub,
    ]

    static func parse(_ text: String) -> [Inline] {
        var parser = Parser(characters: Array(text))
        return parser.inlines()
    }

    private struct Parser {
        let characters: [Character]
        var position = 0
        var result: [Inline] = []
        var buffer = ""
        var style: Inline.Style = []

        init(characters: [Character]) { self.characters = characters }

        mutating func inlines() -> [Inline] {
            while position < characters.count { step() }
            flush()
            return result
        }

        private mutating func flush() {
            if !buffer.isEmpty { result.append(.text(buffer, style)) }
            buffer = ""
        }

        private mutating func step() {
            let character = characters[position]
            if character == "\\", position + 1 < characters.count {
                if characters[position + 1] == "\\" {
                    flush()
                    result.append(.lineBreak)
                    position += 2
                    return
                }
                if WikiInline.escapable.contains(characters[position + 1]) {
                    buffer.append(characters[position + 1])
                    position += 2
                    return
                }
            }
            if character == "\n" {
                flush()
                result.append(.lineBreak)
                position += 1
                return
            }
            if character == "[", let end = find("]", from: position + 1), link(position + 1, end) { return }
            if starts("{{"), let end = findPair("}}", from: position + 2) {
                flush()
                result.append(.text(unescaped(position + 2, end), style.union(.code)))
                position = end + 2
                return
            }
            if let mark = WikiInline.marks[character], toggles(mark, character) {
                flush()
                style.formSymmetricDifference(mark)
                position += 1
                return
            }
            buffer.append(character)
            position += 1
        }

        /// A mark opens before a word and closes after one.
        private func toggles(_ mark: Inline.Style, _ character: Character) -> Bool {
            let before = position > 0 ? characters[position - 1] : " "
            let after = position + 1 < characters.count ? characters[position + 1] : " "
            if style.contains(mark) { return !before.isWhitespace && !after.isLetter && !after.isNumber }
            guard !after.isWhitespace, !before.isLetter, !before.isNumber, after != character else { return false }
            return find(character, from: position + 1, onSameLine: true) != nil
        }

        private mutating func link(_ start: Int, _ end: Int) -> Bool {
            guard end > start else { return false }
            let body = unescaped(start, end)
            let halves = body.split(separator: "|", maxSplits: 1).map(String.init)
            guard let target = halves.last, target.contains(":") || target.hasPrefix("~") || target.hasPrefix("#")
            else {
                return false
            }
            flush()
            result.append(.text(halves[0], style, link: target))
            position = end + 1
            return true
        }

        private func starts(_ text: String) -> Bool { characters[position...].starts(with: text) }

        private func find(_ character: Character, from start: Int, onSameLine: Bool = false) -> Int? {
            // Looking no further than this keeps hostile text from costing a quadratic time.
            let end = min(characters.count, start + 1000)
            var index = start
            while index < end {
                if characters[index] == "\\" {
                    index += 2
                    continue
                }
                if onSameLine, characters[index] == "\n" { return nil }
                if characters[index] == character { return index }
                index += 1
            }
            return nil
        }

        private func findPair(_ pair: String, from start: Int) -> Int? {
            var index = start
            while index + 1 < min(characters.count, start + 1000) {
                if characters[index...].starts(with: pair) { return index }
                index += 1
            }
            return nil
        }

        private func unescaped(_ start: Int, _ end: Int) -> String {
            var text = ""
            var index = start
            while index < end {
                if characters[index] == "\\", index + 1 < end, WikiInline.escapable.contains(characters[index + 1]) {
                    index += 1
                }
                text.append(characters[index])
                index += 1
            }
            return text
        }
    }
}
