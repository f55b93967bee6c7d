import FoundationEssentials
import Jobs

/// Times as people read them: UTC, to the second.
enum ShownTime {
    static func instant(_ date: Date) -> String {
        let text = date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: false))
        return text.replacing("T", with: " ")
    }

    static func date(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day())
    }

    /// `6d 23h`, `12m`, `-3h` once it is past.
    static func span(seconds: Double) -> String {
        let sign = seconds < 0 ? "-" : ""
        let whole = Int(saturating: abs(seconds).rounded(.down))
        let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60)
        if days > 0 { return hours > 0 ? "\(sign)\(days)d \(hours)h" : "\(sign)\(days)d" }
        if hours > 0 { return minutes > 0 ? "\(sign)\(hours)h \(minutes)m" : "\(sign)\(hours)h" }
        return minutes > 0 ? "\(sign)\(minutes)m" : "\(sign)\(whole)s"
    }
}

extension TerminalTable {
    /// To standard output, as wide as the terminal.
    func print() {
        let environment = ProcessFacts.environment
        StandardStream.output.write(
            text(width: ProcessFacts.terminalWidth(environment), style: .standardOutput(environment)))
    }
}
