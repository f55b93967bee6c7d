import FoundationEssentials
import Glibc

/// What the process was started with.
enum ProcessFacts {
    static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// Somebody sits before it: whoever waits for input should say so.
    static var inputIsTyped: Bool { isatty(STDIN_FILENO) == 1 }

    /// Width of the terminal on standard output in columns; nil where there is none.
    static func terminalWidth(_ environment: [String: String]) -> Int? {
        var size = winsize()
        if unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return isatty(STDOUT_FILENO) == 1 ? columns(environment["COLUMNS"]) ?? 80 : nil
    }

    /// nil if that is no width of a terminal.
    static func columns(_ text: String?) -> Int? {
        text.flatMap { Int($0) }.flatMap { (1...10_000).contains($0) ? $0 : nil }
    }
}
