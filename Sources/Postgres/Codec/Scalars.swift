package import FoundationEssentials

extension Bool: PostgresCodable {
    package static var type: PostgresType { .bool }
    package static var arrayType: PostgresType { .boolArray }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(self ? 1 : 0)
        return true
    }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Bool {
        guard type == .bool else { throw mismatch(type) }
        return try bytes.bigEndian(as: UInt8.self) != 0
    }
}

extension Int16: PostgresCodable {
    package static var type: PostgresType { .int2 }
    package static var arrayType: PostgresType { .int2Array }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.appendBigEndian(self)
        return true
    }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Int16 {
        guard type == .int2 else { throw mismatch(type) }
        return try bytes.bigEndian()
    }
}

extension Int32: PostgresCodable {
    package static var type: PostgresType { .int4 }
    package static var arrayType: PostgresType { .int4Array }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.appendBigEndian(self)
        return true
    }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Int32 {
        switch type {
        case .int4: return try bytes.bigEndian()
        case .int2: return try Int32(bytes.bigEndian(as: Int16.self))
        default: throw mismatch(type)
        }
    }
}

extension Int64: PostgresCodable {
    package static var type: PostgresType { .int8 }
    package static var arrayType: PostgresType { .int8Array }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.appendBigEndian(self)
        return true
    }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Int64 {
        switch type {
        case .int8, .xid8: return try bytes.bigEndian()
        case .int4: return try Int64(bytes.bigEndian(as: Int32.self))
        case .oid: return try Int64(bytes.bigEndian(as: UInt32.self))
        case .int2: return try Int64(bytes.bigEndian(as: Int16.self))
        default: throw mismatch(type)
        }
    }
}

extension Int: PostgresCodable {
    package static var type: PostgresType { .int8 }
    package static var arrayType: PostgresType { .int8Array }

    package func encode(into bytes: inout [UInt8]) -> Bool { Int64(self).encode(into: &bytes) }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Int {
        try Int(Int64.decode(bytes, type))
    }
}

extension Double: PostgresCodable {
    package static var type: PostgresType { .float8 }
    package static var arrayType: PostgresType { .float8Array }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.appendBigEndian(bitPattern)
        return true
    }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Double {
        switch type {
        case .float8: return try Double(bitPattern: bytes.bigEndian())
        case .float4: return try Double(Float(bitPattern: bytes.bigEndian()))
        default: throw mismatch(type)
        }
    }
}

extension String: PostgresCodable {
    package static var type: PostgresType { .text }
    package static var arrayType: PostgresType { .textArray }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: utf8)
        return true
    }

    /// Text of all kinds, and enums and other types of users' own whose binary form is their text.
    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> String {
        switch type {
        case .text, .varchar, .name, .bpchar, .char, .unknown, .json: return try bytes.text
        case _ where type.isUserDefined:
            // The binary form of a composite or a range has zero bytes; PostgreSQL's text never has.
            for index in bytes.indices where bytes[index] == 0 { throw mismatch(type) }
            return try bytes.text
        default: throw mismatch(type)
        }
    }
}

extension UUID: PostgresCodable {
    package static var type: PostgresType { .uuid }
    package static var arrayType: PostgresType { .uuidArray }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = uuid
        bytes += [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
        return true
    }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> UUID {
        guard type == .uuid, bytes.count == 16 else { throw mismatch(type) }
        return UUID(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
                bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }
}

/// `timestamptz`: microseconds since 2000-01-01 00:00 UTC.
extension Date: PostgresCodable {
    package static var type: PostgresType { .timestamptz }
    package static var arrayType: PostgresType { .timestamptzArray }

    private static let epoch = Date(timeIntervalSince1970: 946_684_800)

    package func encode(into bytes: inout [UInt8]) -> Bool {
        let microseconds = (timeIntervalSince(Self.epoch) * 1_000_000).rounded()
        // The range of timestamptz is 4713 BC to 294276 AD; a Date beyond it is clamped, and PostgreSQL refuses it.
        bytes.appendBigEndian(Int64(exactly: microseconds) ?? (microseconds < 0 ? .min + 1 : .max - 1))
        return true
    }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Date {
        guard type == .timestamptz else { throw mismatch(type) }
        return switch try bytes.bigEndian(as: Int64.self) {
        case .max: .distantFuture  // PostgreSQL's infinity
        case .min: .distantPast
        case let microseconds: epoch.addingTimeInterval(Double(microseconds) / 1_000_000)
        }
    }
}

/// A length of time as an `interval`; of days and months it knows nothing.
package struct PostgresInterval: PostgresEncodable {
    package var duration: Duration

    package init(_ duration: Duration) {
        self.duration = duration
    }

    package static var type: PostgresType { .interval }
    package static var arrayType: PostgresType { .intervalArray }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        let (seconds, attoseconds) = duration.components
        // Longer than 290,000 years is cut to that.
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflowsToo) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        bytes.appendBigEndian(overflows || overflowsToo ? (seconds < 0 ? Int64.min : .max) : sum)
        bytes.appendBigEndian(Int32(0))
        bytes.appendBigEndian(Int32(0))
        return true
    }
}

/// The text of a `jsonb` value.
package struct PostgresJSON: PostgresCodable, Equatable {
    package var text: String

    package init(text: String) {
        self.text = text
    }

    package static var type: PostgresType { .jsonb }
    package static var arrayType: PostgresType { .jsonbArray }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(1)  // the version of jsonb's binary format
        bytes.append(contentsOf: text.utf8)
        return true
    }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> PostgresJSON {
        switch type {
        case .json: return PostgresJSON(text: try bytes.text)
        case .jsonb:
            guard bytes.count >= 1, bytes[0] == 1 else {
                throw PostgresError(.decoding, "is jsonb of an unknown version")
            }
            return PostgresJSON(text: try bytes.extracting(1..<bytes.count).text)
        default: throw mismatch(type)
        }
    }
}
