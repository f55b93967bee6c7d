import Compliance

/// How a kind of value is written: read from text, printed back, and what is said when the text does not fit.
struct SettingFormat<Value: Sendable>: Sendable {
    var read: @Sendable (String) throws(UnfitValue) -> Value
    var print: @Sendable (Value) -> String
}

/// Why a text is no value of its format. `message` continues a sentence that begins with the value or setting.
struct UnfitValue: Error, Sendable, Equatable, CustomStringConvertible {
    var message: String
    var remedy: String
    var description: String { "\(message); \(remedy)" }
}

extension SettingFormat where Value == Int {
    static func integer(in range: ClosedRange<Int>) -> SettingFormat {
        SettingFormat { (text) throws(UnfitValue) in
            let remedy = "use a whole number from \(range.lowerBound) to \(range.upperBound)"
            guard let number = Int(text) else {
                throw UnfitValue(message: "\(text.quoted) is not a whole number", remedy: remedy)
            }
            guard range.contains(number) else {
                throw UnfitValue(message: "\(number) is out of range", remedy: remedy)
            }
            return number
        } print: {
            "\($0)"
        }
    }
}

extension SettingFormat where Value == Bool {
    static var flag: SettingFormat {
        SettingFormat { (text) throws(UnfitValue) in
            switch text.lowercased() {
            case "true", "yes", "on", "1": return true
            case "false", "no", "off", "0": return false
            default: throw UnfitValue(message: "\(text.quoted) is neither true nor false", remedy: "use true or false")
            }
        } print: {
            $0 ? "true" : "false"
        }
    }
}

extension SettingFormat where Value == Duration {
    static func duration(in range: ClosedRange<Duration>) -> SettingFormat {
        SettingFormat { (text) throws(UnfitValue) in
            guard let duration = Duration(notation: text) else {
                throw UnfitValue(
                    message: "\(text.quoted) is not a duration",
                    remedy: "write a number and s, m, h or d, such as 30s or 24h")
            }
            guard range.contains(duration) else {
                throw UnfitValue(
                    message: "\(text) is out of range",
                    remedy: "use \(range.lowerBound.notation) to \(range.upperBound.notation)")
            }
            return duration
        } print: {
            $0.notation
        }
    }
}

extension SettingFormat where Value == String {
    /// One line of text.
    static var text: SettingFormat {
        SettingFormat { (text) throws(UnfitValue) in
            guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                throw UnfitValue(message: "holds a line break or control character", remedy: "write it on one line")
            }
            return text
        } print: {
            $0
        }
    }

    static func matching(_ expectation: String, remedy: String, _ fits: @escaping @Sendable (String) -> Bool)
        -> SettingFormat
    {
        SettingFormat { (text) throws(UnfitValue) in
            guard fits(text) else { throw UnfitValue(message: "\(text.quoted) is not \(expectation)", remedy: remedy) }
            return text
        } print: {
            $0
        }
    }
}

extension SettingFormat where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a closed set of words; `aliases` are further spellings that are understood.
    static func oneOf(_: Value.Type, aliases: [String: Value] = [:]) -> SettingFormat {
        SettingFormat { (text) throws(UnfitValue) in
            if let value = Value(rawValue: text) ?? Value(rawValue: text.lowercased()) ?? aliases[text.lowercased()] {
                return value
            }
            let words = Value.allCases.map(\.rawValue)
            throw UnfitValue(
                message: "\(text.quoted) is not one of \(words.joined(separator: ", "))", remedy: nearest(text, words))
        } print: {
            $0.rawValue
        }
    }

    private static func nearest(_ text: String, _ words: [String]) -> String {
        nearestWord(to: text, among: words).map { "did you mean \($0)?" } ?? "use one of them"
    }
}

extension String {
    /// The text as a message quotes it: short, on one line, without user and password of a URL.
    var quoted: String {
        let shown = withoutCredentials
        let cut = shown.count > 60 ? String(shown.prefix(59)) + "…" : shown
        return "\"" + cut.escapingControls + "\""
    }

    /// The text with everything escaped that could begin a line of its own or drive a terminal.
    var escapingControls: String {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) || !unicodeScalars.contains(where: \.breaksLines) {
            return self
        }
        var escaped = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            case _ where scalar.breaksLines: escaped += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension Unicode.Scalar {
    /// Control characters, line and paragraph separators, and the format characters that reorder or hide text on a
    /// terminal (bidirectional overrides).
    var breaksLines: Bool {
        if value < 0x20 || (0x7f...0x9f).contains(value) { return true }
        return [0x2028, 0x2029, 0x061c, 0x200e, 0x200f, 0xfeff].contains(value) || (0x202a...0x202e).contains(value)
            || (0x2066...0x2069).contains(value)
    }
}
