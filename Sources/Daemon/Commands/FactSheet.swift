/// Names and values of one thing, for people: long values go on in the next line, under their first word, so that nothing is lost.
struct FactSheet {
    private var facts: [(name: String, value: String)] = []
    private static let gap = 2
    /// A value gets no less, however narrow the terminal is.
    private static let narrowest = 24

    /// What is nil is not shown.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        facts.append((name, value.escapingControls))
    }

    /// - Parameter width: of the terminal; nil (a pipe) keeps each value on one line.
    func text(width: Int?, style: TerminalStyle) -> String {
        let indent = (facts.map(\.name.terminalWidth).max() ?? 0) + Self.gap
        return facts.map { name, value in
            let lines = width.map { value.wrapped(toTerminalWidth: max(Self.narrowest, $0 - indent)) } ?? [value]
            let padding = String(repeating: " ", count: indent - name.terminalWidth)
            let rest = lines.dropFirst().map { String(repeating: " ", count: indent) + $0 }
            return ([style.bold(name) + padding + (lines.first ?? "")] + rest).joined(separator: "\n") + "\n"
        }.joined()
    }

    /// To standard output, as wide as the terminal.
    func print() {
        let environment = ProcessFacts.environment
        StandardStream.output.write(
            text(width: ProcessFacts.terminalWidth(environment), style: .standardOutput(environment)))
    }
}

extension String {
    /// Lines of whole words. A word that is longer than a line, such as an address, stays whole: then it can be copied.
    func wrapped(toTerminalWidth width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            if line.isEmpty {
                line = String(word)
            } else if line.terminalWidth + 1 + word.reduce(0, { $0 + $1.terminalWidth }) <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return lines + [line]
    }
}
