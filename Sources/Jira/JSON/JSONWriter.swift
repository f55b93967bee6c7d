/// Writes compact JSON with sorted member names.
struct JSONWriter {
    private var bytes: [UInt8] = []

    static func write(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.bytes.reserveCapacity(1_024)
        writer.append(value)
        return writer.bytes
    }

    private mutating func append(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        // Swift writes the shortest decimal that reads back as the same number; its forms (1e+20, 0.5) are all JSON.
        case .number(let value): append(value.isFinite ? value.description : "null")
        case .string(let value): append(quoted: value)
        case .array(let elements): append(elements)
        case .object(let members): append(members)
        }
    }

    private mutating func append(_ elements: [JSONValue]) {
        append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if isFirst { isFirst = false } else { append(UInt8(ascii: ",")) }
            append(element)
        }
        append(UInt8(ascii: "]"))
    }

    private mutating func append(_ members: JSONObject) {
        append(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in members {
            if isFirst { isFirst = false } else { append(UInt8(ascii: ",")) }
            append(quoted: name)
            append(UInt8(ascii: ":"))
            append(value)
        }
        append(UInt8(ascii: "}"))
    }

    private mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    private mutating func append(_ text: String) {
        bytes.append(utf8: text)
    }

    private mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        let utf8 = text.utf8.span
        for index in utf8.indices {
            let byte = utf8[index]
            if Self.mustBeEscaped(byte) { append(escaped: byte) } else { append(byte) }
        }
        append(UInt8(ascii: "\""))
    }

    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case UInt8(ascii: "\n"): append("\\n")
        case UInt8(ascii: "\r"): append("\\r")
        case UInt8(ascii: "\t"): append("\\t")
        case ..<0x20, 0x7F:
            let hex = String(byte, radix: 16)
            append("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
        default: append(byte)
        }
    }
}
