/// Why a text is not JSON, and where.
package struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    package var problem: String
    /// In bytes from the start.
    package var offset: Int

    package var description: String { "not valid JSON at byte \(offset): \(problem)" }
}

/// A recursive-descent reader of RFC 8259. What it reads comes from outside: it never traps and never recurses deeper
/// than `maximumDepth`.
struct JSONParser {
    static let maximumDepth = 512

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            parser.position = 3  // a byte order mark, which section 8.1 lets a reader skip
        }
        let value = try parser.value()
        if parser.nextToken() != nil {
            throw parser.error("something follows the value")
        }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func error(_ problem: String) -> JSONSyntaxError {
        JSONSyntaxError(problem: problem, offset: position)
    }

    private var current: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    /// Skips white space; the byte at which the next token starts, still to be read.
    private mutating func nextToken() -> UInt8? {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
        return current
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        guard let token = nextToken() else { throw error("the text ends where a value is expected") }
        switch token {
        case UInt8(ascii: "{"): return try nested { parser throws(JSONSyntaxError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONSyntaxError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error("a value is expected")
        }
    }

    private mutating func nested(
        _ read: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth {
            throw error("nested deeper than \(Self.maximumDepth)")
        }
        position += 1
        return try read(&self)
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONValue {
        var members: [(String, JSONValue)] = []
        if nextToken() == UInt8(ascii: "}") {
            position += 1
            return .object(JSONObject(inAnyOrder: members))
        }
        while true {
            guard nextToken() == UInt8(ascii: "\"") else { throw error("a member name is expected") }
            let name = try string()
            guard nextToken() == UInt8(ascii: ":") else { throw error("':' is expected") }
            position += 1
            members.append((name, try value()))
            let separator = nextToken()
            guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "}") else {
                throw error("',' or '}' is expected")
            }
            position += 1
            if separator == UInt8(ascii: "}") { return .object(JSONObject(inAnyOrder: members)) }
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONValue {
        var elements: [JSONValue] = []
        if nextToken() == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            let separator = nextToken()
            guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "]") else {
                throw error("',' or ']' is expected")
            }
            position += 1
            if separator == UInt8(ascii: "]") { return .array(elements) }
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let text = Array("\(word)".utf8)
        guard bytes[position...].starts(with: text) else { throw error("a value is expected") }
        position += text.count
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        var isWhole = true
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int64(text) {
            return .integer(value)
        }
        guard let value = Double(text) else { throw error("an unreadable number") }
        let limit = Double.greatestFiniteMagnitude
        return .number(min(max(value, -limit), limit))
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        if position == start { throw error("a digit is expected") }
    }

    // MARK: Strings

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            position += 1
        }
        if current == UInt8(ascii: "\"") {  // nearly every string: nothing escaped
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var utf8 = Array(bytes[start..<position])
        while true {
            guard let byte = current else { throw error("a string does not end") }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: utf8, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                utf8.append(contentsOf: String(try escape()).utf8)
            case ..<0x20:
                throw error("a control character in a string")
            default:
                utf8.append(byte)
                position += 1
            }
        }
    }

    private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
        guard let byte = current else { throw error("a string does not end") }
        let scalar: Unicode.Scalar? =
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(byte)
            case UInt8(ascii: "b"): "\u{8}"
            case UInt8(ascii: "f"): "\u{C}"
            case UInt8(ascii: "n"): "\n"
            case UInt8(ascii: "r"): "\r"
            case UInt8(ascii: "t"): "\t"
            case UInt8(ascii: "u"): nil
            default: throw error("an unknown escape")
            }
        position += 1
        if let scalar {
            return scalar
        }
        let unit = try fourHexDigits()
        if let scalar = Unicode.Scalar(unit) {
            return scalar
        }
        return try lowSurrogate(after: unit) ?? "\u{FFFD}"
    }

    /// The scalar of a surrogate pair whose first half was read; nil, and nothing read, if no second half follows.
    private mutating func lowSurrogate(after high: UInt32) throws(JSONSyntaxError) -> Unicode.Scalar? {
        let start = position
        if (0xD800...0xDBFF).contains(high), bytes[position...].starts(with: Array("\\u".utf8)) {
            position += 2
            let low = try fourHexDigits()
            if (0xDC00...0xDFFF).contains(low) {
                return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
            }
        }
        position = start
        return nil
    }

    private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("four hexadecimal digits are expected")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}
