/// One-dimensional arrays.
///
/// The binary form: number of dimensions, whether NULLs occur, the element's type; for the dimension its length and lower
/// bound; then each element with its length, -1 for NULL. Source: array_send in src/backend/utils/adt/arrayfuncs.c.
extension Array: PostgresEncodable where Element: PostgresEncodable {
    package static var type: PostgresType { Element.arrayType }
    package static var arrayType: PostgresType { Element.arrayType }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.appendBigEndian(Int32(isEmpty ? 0 : 1))
        bytes.appendBigEndian(Int32(1))
        bytes.appendBigEndian(Element.type.rawValue)
        guard !isEmpty else { return true }
        bytes.appendBigEndian(Int32(count))
        bytes.appendBigEndian(Int32(1))
        for element in self {
            let start = bytes.count
            bytes.appendBigEndian(Int32(-1))
            if element.encode(into: &bytes) {
                let length = UInt32(bytes.count - start - 4)
                for index in 0..<4 {
                    bytes[start + index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index))
                }
            }
        }
        return true
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> [Element] {
        // What is no array must not be read as one; what its elements are, each of them checks.
        guard type.isArray || type.isUserDefined else { throw mismatch(type) }
        let dimensions: Int32 = try bytes.bigEndian(at: 0)
        let elementType = try PostgresType(rawValue: bytes.bigEndian(at: 8))
        guard dimensions != 0 else { return [] }
        guard dimensions == 1 else { throw PostgresError(.decoding, "is an array of \(dimensions) dimensions") }
        let count = try Int(bytes.bigEndian(at: 12, as: Int32.self))
        // Each element takes four bytes at least.
        guard count >= 0, count <= bytes.count / 4 else { throw PostgresError(.decoding, "is cut short") }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            let length = try Int(bytes.bigEndian(at: offset, as: Int32.self))
            offset += 4
            if length < 0 {
                elements.append(try Element.decodeNull())
                continue
            }
            guard length <= bytes.count - offset else { throw PostgresError(.decoding, "is cut short") }
            elements.append(try Element.decode(bytes.extracting(offset..<offset + length), elementType))
            offset += length
        }
        return elements
    }
}

extension PostgresType {
    fileprivate var isArray: Bool {
        switch self {
        case .boolArray, .byteaArray, .nameArray, .int2Array, .int4Array, .textArray, .varcharArray, .int8Array,
            .float8Array, .timestamptzArray, .intervalArray, .uuidArray, .jsonbArray:
            true
        default: false
        }
    }
}

/// `bytea`.
package struct PostgresBytes: PostgresCodable, Equatable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package static var type: PostgresType { .bytea }
    package static var arrayType: PostgresType { .byteaArray }

    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes += self.bytes
        return true
    }

    package static func decode(_ bytes: Span<UInt8>, _ type: PostgresType) throws(PostgresError) -> PostgresBytes {
        guard type == .bytea else { throw mismatch(type) }
        return PostgresBytes(bytes.array)
    }
}
