/// Names and values of one thing, for people: long values go on in the next line, under their first word, so that nothing is lost.
struct FactSheet {
    private var facts: [(name: String, value: String, hang: Int)] = []
    private static let gap = 2
    /// A longer name has a line of its own.
    private static let longestName = 24
    /// A value gets no less, however narrow the terminal is.
    private static let narrowest = 24

    /// What is nil is not shown.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        facts.append((name.escapingControls, value.escapingControls, 0))
    }

    /// Several lines under one name; what goes on of one is set in, to tell it from the next.
    mutating func add(_ name: String, lines: [String]) {
        for (place, line) in lines.enumerated() {
            facts.append((place == 0 ? name.escapingControls : "", line.escapingControls, 2))
        }
    }

    /// - Parameter width: of the terminal; nil (a pipe) keeps each value on one line.
    func text(width: Int?, style: TerminalStyle) -> String {
        let names = facts.map(\.name.terminalWidth).filter { $0 <= Self.longestName }
        let indent = (names.max() ?? 0) + Self.gap
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        for (name, value, hang) in facts {
            var parts = width.map { value.wrapped(toTerminalWidth: max(Self.narrowest, $0 - indent - hang)) } ?? [value]
            parts = parts.enumerated().map {
                $0.offset == 0 ? $0.element : String(repeating: " ", count: hang) + $0.element
            }
            if name.terminalWidth <= Self.longestName {
                let padding = String(repeating: " ", count: indent - name.terminalWidth)
                lines.append(style.bold(name) + (parts[0].isEmpty ? "" : padding + parts.removeFirst()))
            } else {
                lines.append(style.bold(name))
            }
            lines += parts.filter { !$0.isEmpty }.map { margin + $0 }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// To standard output, as wide as the terminal.
    func print() {
        let environment = ProcessFacts.environment
        StandardStream.output.write(
            text(width: ProcessFacts.terminalWidth(environment), style: .standardOutput(environment)))
    }
}

extension String {
    /// Lines of whole words, at least one. A word that is longer than a line, such as an address, stays whole: then it can be
    /// copied.
    func wrapped(toTerminalWidth width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            if line.isEmpty {
                line = String(word)
            } else if line.terminalWidth + 1 + String(word).terminalWidth <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return lines + [line]
    }

    /// Each line wrapped, and what goes on under the text of its line: under the value of `Labels:  compliance`, the words of
    /// `• an entry`.
    func wrappedByLine(toTerminalWidth width: Int, margin: (Substring) -> Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let head = String(line.prefix(margin(line)))
            let parts = String(line.dropFirst(head.count)).wrapped(toTerminalWidth: max(20, width - head.terminalWidth))
            return head + parts.joined(separator: "\n" + String(repeating: " ", count: head.terminalWidth))
        }.joined(separator: "\n")
    }
}
