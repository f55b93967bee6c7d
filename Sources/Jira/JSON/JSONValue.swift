/// Any JSON (RFC 8259): what Jira is sent and what it answers, where a fixed type would promise too much.
///
/// A number without fraction and exponent that fits is `.integer`, any other is `.number`; `1` and `1.0` are not equal. Nor are
/// texts that differ in their bytes.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package static func object(_ members: [String: JSONValue]) -> JSONValue { .object(JSONObject(members)) }

    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.hasBytes(of: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

// MARK: - Reading

extension JSONValue {
    /// The member of that name; nil where there is none, or where this is not an object.
    package subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The element at that place; nil where there is none, or where this is not an array.
    package subscript(index: Int) -> JSONValue? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    package var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The same without members of objects that are null.
    package var withoutNullMembers: JSONValue {
        switch self {
        case .object(let members): .object(members.withoutNulls)
        case .array(let elements): .array(elements.map(\.withoutNullMembers))
        default: self
        }
    }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// Of an integer, or of a number that is whole and fits.
    package var integerValue: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    package var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }
}

// MARK: - Text

extension JSONValue {
    /// Reads a whole JSON text in UTF-8.
    ///
    /// Lenient where refusing would lose data and no meaning is at stake: bytes that are not UTF-8 and lone surrogate
    /// escapes become U+FFFD, of a repeated member name the last counts, a number too large for `Double` becomes the
    /// largest one. Nothing else that RFC 8259 forbids is taken, nor nesting deeper than 512.
    package init(parsing text: [UInt8]) throws(JSONSyntaxError) {
        self = try JSONParser.parse(text)
    }

    package init(parsing text: String) throws(JSONSyntaxError) {
        self = try JSONParser.parse(Array(text.utf8))
    }

    /// Compact JSON in UTF-8, members sorted by their names, so that equal values give equal bytes.
    /// A number that JSON cannot say (NaN, infinite) becomes `null`.
    package func serialized() -> [UInt8] {
        JSONWriter.write(self)
    }
}

extension JSONValue: CustomStringConvertible {
    package var description: String { String(decoding: serialized(), as: UTF8.self) }
}

// MARK: - Literals

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(inAnyOrder: elements))
    }
}

// MARK: - Codable

extension JSONValue: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value.dictionary)
        }
    }
}
