/// Values in the binary format, packed in one buffer.
struct BoundParameters: Sendable {
    private var bytes: [UInt8] = []
    private var ranges: [Range<Int>?] = []
    private(set) var types: [PostgresType] = []

    init(_ parameters: [any PostgresEncodable]) {
        ranges.reserveCapacity(parameters.count)
        types.reserveCapacity(parameters.count)
        for parameter in parameters {
            let start = bytes.count
            let isValue = parameter.encode(into: &bytes)
            ranges.append(isValue ? start..<bytes.count : nil)
            types.append(Swift.type(of: parameter).type)
        }
        bytes.append(0)  // an empty value still needs an address: libpq takes a null pointer for NULL
    }

    var count: Int { ranges.count }

    func withPointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<Int32>, UnsafePointer<Int32>) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBytes { buffer in
            let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe ranges.map { range in
                unsafe range.flatMap { range in unsafe base.map { unsafe $0 + range.lowerBound } }
            }
            let lengths = ranges.map { Int32($0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: ranges.count)
            return unsafe body(values, lengths, formats)
        }
    }
}
