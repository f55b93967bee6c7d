/// A value that can be bound as a parameter, in PostgreSQL's binary format.
package protocol PostgresEncodable: Sendable {
    static var type: PostgresType { get }
    static var arrayType: PostgresType { get }

    /// Appends the value's bytes; false for NULL.
    func encode(into bytes: inout [UInt8]) -> Bool
}

/// A value that can be read from a column, in PostgreSQL's binary format.
package protocol PostgresDecodable: Sendable {
    static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Self
    static func decodeNull() throws(PostgresError) -> Self
}

package typealias PostgresCodable = PostgresDecodable & PostgresEncodable

extension PostgresDecodable {
    package static func decodeNull() throws(PostgresError) -> Self {
        throw PostgresError(.decoding, "is NULL where \(Self.self) is expected")
    }

    static func mismatch(_ found: PostgresType) -> PostgresError {
        PostgresError(.decoding, "is \(found) where \(Self.self) is expected")
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var type: PostgresType { Wrapped.type }
    package static var arrayType: PostgresType { Wrapped.arrayType }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        switch self {
        case .some(let value): value.encode(into: &bytes)
        case .none: false
        }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> Wrapped? {
        try Wrapped.decode(bytes, type)
    }

    package static func decodeNull() throws(PostgresError) -> Wrapped? { nil }
}
