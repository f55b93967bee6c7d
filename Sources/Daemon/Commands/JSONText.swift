import FoundationEssentials

/// JSON as commands print it for `--json`.
enum JSONText {
    /// One document, indented, keys sorted, with a line break at the end.
    static func of(_ value: some Encodable) throws -> String {
        try encode(value, [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted])
    }

    /// One object on one line, for lists that stream.
    static func line(_ value: some Encodable) throws -> String {
        try encode(value, [.sortedKeys, .withoutEscapingSlashes])
    }

    private static func encode(_ value: some Encodable, _ format: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = format
        encoder.dateEncodingStrategy = .iso8601
        return Self.escaped(String(decoding: try encoder.encode(value), as: UTF8.self)) + "\n"
    }

    /// JSON need not escape what is above ASCII, but U+009B starts a terminal's commands as the escape character does. Outside
    /// of ASCII there are only strings.
    private static func escaped(_ json: String) -> String {
        func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x7f && scalar.breaksLines }
        guard json.unicodeScalars.contains(where: mustBeEscaped) else { return json }
        var escaped = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            if mustBeEscaped(scalar) {
                let digits = String(scalar.value, radix: 16)
                escaped.append(
                    contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
            } else {
                escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
