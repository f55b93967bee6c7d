/// Writes blocks as lines for a terminal; control characters in the text are shown, not obeyed.
struct TerminalWriter {
    /// Whether bold and the like are shown by escape sequences.
    var isStyled: Bool
    var width = 100

    func lines(of blocks: [Block]) -> [String] {
        var lines: [String] = []
        for block in blocks {
            if !lines.isEmpty { lines.append("") }
            lines += self.lines(of: block)
        }
        return lines
    }

    private func lines(of block: Block) -> [String] {
        switch block {
        case .paragraph(let words): return inline(words)
        case .heading(_, let words): return inline(words, always: .strong)
        case .list(let start, let items):
            var number = start ?? 0
            return items.flatMap { item -> [String] in
                let bullet = start == nil ? "• " : "\(number). "
                number += 1
                let inner = item.flatMap { lines(of: $0) }
                let indent = String(repeating: " ", count: bullet.count)
                return inner.enumerated().map { ($0.offset == 0 ? bullet : indent) + $0.element }
            }
        case .code(_, let text):
            return text.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + visible(String($0)) }
        case .rule: return [String(repeating: "─", count: 60)]
        case .quote(let blocks): return lines(of: blocks).map { "│ " + $0 }
        case .panel(_, let title, let blocks):
            return (title.map { ["┃ " + visible($0)] } ?? []) + lines(of: blocks).map { "┃ " + $0 }
        case .table(let rows):
            return rows.map { row in
                row.map { cell in lines(of: cell.blocks).joined(separator: " ") }.joined(separator: " │ ")
            }
        }
    }

    private func inline(_ words: [Inline], always: Inline.Style = []) -> [String] {
        var lines = [""]
        var column = 0
        for word in words {
            guard case .text(let text, let style, let link) = word else {
                lines.append("")
                column = 0
                continue
            }
            let shown = link == nil || link == text ? text : "\(text) <\(link ?? "")>"
            for piece in pieces(visible(shown)) {
                if column > 0, column + piece.count > width, piece.first != " " {
                    lines.append("")
                    column = 0
                }
                lines[lines.count - 1] += styled(piece, style.union(always))
                column += piece.count
            }
        }
        return lines
    }

    /// Words, each with the spaces after it.
    private func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var current = ""
        for character in text {
            if character != " ", current.last == " " {
                pieces.append(current)
                current = ""
            }
            current.append(character)
        }
        return current.isEmpty ? pieces : pieces + [current]
    }

    func styled(_ text: String, _ style: Inline.Style) -> String {
        guard isStyled, !text.isEmpty else { return text }
        var codes: [String] = []
        if style.contains(.strong) { codes.append("1") }
        if style.contains(.emphasis) { codes.append("3") }
        if style.contains(.underline) { codes.append("4") }
        if style.contains(.strike) { codes.append("9") }
        if style.contains(.code) { codes.append("36") }
        return codes.isEmpty ? text : "\u{1B}[\(codes.joined(separator: ";"))m\(text)\u{1B}[0m"
    }

    /// What a ticket says must not drive the terminal.
    func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? "\u{FFFD}" : scalar
                }))
    }
}
