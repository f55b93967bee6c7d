import Glibc

/// Emphasis for people: only on a terminal, never with `NO_COLOR` (https://no-color.org) or on a dumb terminal.
struct TerminalStyle: Sendable {
    var isColored: Bool

    static func standardError(_ environment: [String: String]) -> TerminalStyle {
        TerminalStyle(isColored: isatty(STDERR_FILENO) == 1 && wantsColor(environment))
    }

    static func standardOutput(_ environment: [String: String]) -> TerminalStyle {
        TerminalStyle(isColored: isatty(STDOUT_FILENO) == 1 && wantsColor(environment))
    }

    private static func wantsColor(_ environment: [String: String]) -> Bool {
        environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }

    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }
    func red(_ text: String) -> String { wrap(text, "31") }
    func green(_ text: String) -> String { wrap(text, "32") }
    func yellow(_ text: String) -> String { wrap(text, "33") }

    private func wrap(_ text: String, _ code: String) -> String {
        isColored ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
