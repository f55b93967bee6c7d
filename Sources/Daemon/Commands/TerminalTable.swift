/// Aligned columns for people. Cells hold foreign text, so control characters are escaped, and widths are those of a
/// terminal: East Asian characters and emoji take two cells, combining marks none.
struct TerminalTable {
    struct Column {
        var title: String
        var alignsRight: Bool
        /// May be cut with an ellipsis when the terminal is narrower than the table.
        var shrinks: Bool
        /// Left out before any column is cut, since the others tell more.
        var yields: Bool
        /// Stands whole on lines of its own under each row when the terminal is narrower than the table.
        var drops: Bool

        init(
            _ title: String, alignsRight: Bool = false, shrinks: Bool = false, yields: Bool = false, drops: Bool = false
        ) {
            self.title = title
            self.alignsRight = alignsRight
            self.shrinks = shrinks
            self.yields = yields
            self.drops = drops
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []
    /// What dropped from each row.
    private var dropped: [[String]] = []
    private static let gap = 2
    private static let indent = "    "
    private static let narrowest = 8

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Missing cells are empty, cells beyond the columns are dropped.
    mutating func add(_ cells: [String]) {
        rows.append(columns.indices.map { $0 < cells.count ? cells[$0].escapingControls : "" })
    }

    /// - Parameter width: of the terminal; nil (a pipe) prints everything in full.
    func text(width: Int?, style: TerminalStyle) -> String {
        if let width, fullWidths.reduce(-Self.gap, { $0 + $1 + Self.gap }) > width {
            if let place = columns.firstIndex(where: \.drops) {
                return dropping(place).text(width: width, style: style)
            }
            if let place = columns.firstIndex(where: \.yields) {
                return without(place).text(width: width, style: style)
            }
        }
        let widths = fittedWidths(width)
        var text = style.bold(line(columns.map(\.title), widths)) + "\n"
        for (place, row) in rows.enumerated() {
            text += line(row, widths) + "\n"
            guard let width, place < dropped.count else { continue }
            for cell in dropped[place] where !cell.isEmpty {
                for part in cell.wrapped(toTerminalWidth: max(Self.narrowest, width - Self.indent.count)) {
                    text += Self.indent + part + "\n"
                }
            }
        }
        return text
    }

    private func dropping(_ place: Int) -> TerminalTable {
        var table = without(place)
        table.dropped = rows.enumerated().map { row, cells in (row < dropped.count ? dropped[row] : []) + [cells[place]]
        }
        return table
    }

    private var fullWidths: [Int] {
        columns.indices.map { index in
            rows.reduce(columns[index].title.terminalWidth) { max($0, $1[index].terminalWidth) }
        }
    }

    private func without(_ place: Int) -> TerminalTable {
        func kept<Element>(_ elements: [Element]) -> [Element] {
            elements.enumerated().filter { $0.offset != place }.map(\.element)
        }
        var table = TerminalTable(kept(columns))
        table.rows = rows.map { kept($0) }
        table.dropped = dropped
        return table
    }

    private func fittedWidths(_ available: Int?) -> [Int] {
        var widths = fullWidths
        guard let available else { return widths }
        var excess = widths.reduce(0, +) + Self.gap * (columns.count - 1) - available
        while excess > 0 {
            let candidates = columns.indices.filter { columns[$0].shrinks && widths[$0] > Self.narrowest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            // Down to the next widest, so that equals shrink together.
            let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? Self.narrowest
            let step = min(excess, max(1, widths[widest] - max(next, Self.narrowest)))
            widths[widest] -= step
            excess -= step
        }
        return widths
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let shown = cell.cut(toTerminalWidth: widths[index])
            let padding = String(repeating: " ", count: max(0, widths[index] - shown.terminalWidth))
            line += columns[index].alignsRight ? padding + shown : shown + padding
            if index < cells.count - 1 { line += String(repeating: " ", count: Self.gap) }
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}

extension String {
    /// Columns that the text takes on a terminal.
    var terminalWidth: Int {
        reduce(0) { $0 + $1.terminalWidth }
    }

    /// Cut with an ellipsis, never inside a character.
    func cut(toTerminalWidth width: Int) -> String {
        guard terminalWidth > width else { return self }
        var cut = ""
        var used = 1
        for character in self {
            used += character.terminalWidth
            if used > width { break }
            cut.append(character)
        }
        return cut + "…"
    }
}

extension Character {
    var terminalWidth: Int {
        guard let first = unicodeScalars.first else { return 0 }
        if first.properties.generalCategory == .nonspacingMark || first.value == 0x200b { return 0 }
        let isEmoji = first.properties.isEmojiPresentation || unicodeScalars.contains { $0.value == 0xfe0f }
        return isEmoji || first.isEastAsianWide ? 2 : 1
    }
}

extension Unicode.Scalar {
    /// The main blocks of UAX #11 class W and F.
    fileprivate var isEastAsianWide: Bool {
        let ranges: [ClosedRange<UInt32>] = [
            0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
            0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe4f, 0xff00...0xff60, 0xffe0...0xffe6, 0x20000...0x3fffd,
        ]
        return ranges.contains { $0.contains(value) }
    }
}
