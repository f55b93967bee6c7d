/// Numbers as they travel: the most significant byte first.
extension [UInt8] {
    mutating func appendBigEndian<Number: FixedWidthInteger>(_ number: Number) {
        var shift = Number.bitWidth
        while shift > 0 {
            shift -= 8
            append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }
}

extension Span<UInt8> {
    /// The number at `offset`.
    func bigEndian<Number: FixedWidthInteger>(at offset: Int = 0, as: Number.Type = Number.self) throws(PostgresError)
        -> Number
    {
        let width = Number.bitWidth / 8
        guard offset >= 0, offset + width <= count else { throw PostgresError(.decoding, "is shorter than its type") }
        var number: Number = 0
        for index in offset..<offset + width {
            number = number << 8 | Number(truncatingIfNeeded: self[index])
        }
        return number
    }

    var text: String {
        get throws(PostgresError) {
            guard let text = try? UTF8Span(validating: self) else { throw PostgresError(.decoding, "is not UTF-8") }
            return String(copying: text)
        }
    }

    var array: [UInt8] {
        unsafe withUnsafeBufferPointer { bytes in unsafe [UInt8](bytes) }
    }
}
