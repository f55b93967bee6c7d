import FoundationEssentials
import Logging

/// One log event as one line: whatever a value holds, it can neither begin a second line nor look like another field.
struct LogLine: Sendable {
    enum Style: Sendable, Hashable {
        /// For a person at a terminal: time, level, message, fields.
        case text(isColored: Bool)
        /// For the journal, which has time and unit itself: `<N>` carries the priority (sd-daemon(3)).
        case journal
        /// One JSON object.
        case json
    }

    var style: Style

    func render(
        time: Date, level: Logger.Level, label: String, message: String, metadata: [(key: String, value: String)]
    ) -> String {
        switch style {
        case .text(let isColored): text(time, level, message, metadata, TerminalStyle(isColored: isColored))
        case .journal: "<\(level.syslogPriority)>" + body(message, metadata, TerminalStyle(isColored: false)) + "\n"
        case .json: json(time, level, label, message, metadata)
        }
    }

    private func text(
        _ time: Date, _ level: Logger.Level, _ message: String, _ metadata: [(key: String, value: String)],
        _ style: TerminalStyle
    ) -> String {
        let name = level.rawValue.padding(to: 8)
        let painted =
            switch level {
            case .trace, .debug: style.dim(name)
            case .info: style.green(name)
            case .notice: style.bold(name)
            case .warning: style.yellow(name)
            case .error, .critical: style.red(name)
            }
        return style.dim(time.timestamp) + " " + painted + " " + body(message, metadata, style) + "\n"
    }

    private func body(_ message: String, _ metadata: [(key: String, value: String)], _ style: TerminalStyle) -> String {
        var line = message.escapingControls
        for (key, value) in metadata {
            line += " " + style.dim(key.escapingControls + "=") + value.logValue
        }
        return line
    }

    private func json(
        _ time: Date, _ level: Logger.Level, _ label: String, _ message: String,
        _ metadata: [(key: String, value: String)]
    ) -> String {
        var line = "{\"time\":\"\(time.timestamp)\",\"level\":\"\(level.rawValue)\",\"logger\":\(label.jsonQuoted)"
        line += ",\"message\":\(message.jsonQuoted)"
        // Under one key, so that no metadata can pass for the level or the message.
        if !metadata.isEmpty {
            line += ",\"metadata\":{"
            line += metadata.map { "\($0.key.jsonQuoted):\($0.value.jsonQuoted)" }.joined(separator: ",")
            line += "}"
        }
        return line + "}\n"
    }
}

extension Logger.Level {
    /// syslog(3) priority: 2 critical ... 7 debug.
    var syslogPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

extension Date {
    /// RFC 3339 in UTC with milliseconds.
    fileprivate var timestamp: String {
        formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }

    /// Bare where it is one word, else quoted with quotes and backslashes escaped.
    fileprivate var logValue: String {
        let escaped = escapingControls
        // A space, a quote or an equals sign.
        guard escaped.isEmpty || escaped.utf8.contains(where: { $0 == 0x20 || $0 == 0x22 || $0 == 0x3D }) else {
            return escaped
        }
        return "\"" + escaped.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// A JSON string (RFC 8259), ASCII control characters and line separators escaped.
    var jsonQuoted: String {
        var quoted = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.breaksLines:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
