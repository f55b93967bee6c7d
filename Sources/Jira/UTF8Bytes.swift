// A span is walked as an array is; `String.UTF8View` goes through the string's indices, at several times the cost.

extension String {
    func everyByte(satisfies condition: (UInt8) -> Bool) -> Bool {
        let bytes = utf8.span
        for index in bytes.indices where !condition(bytes[index]) { return false }
        return true
    }

    /// Unlike `==`, which takes texts for equal that differ in their bytes (an `é` of one character and one of two).
    func hasBytes(of other: String) -> Bool {
        let (own, others) = (utf8.span, other.utf8.span)
        guard own.count == others.count else { return false }
        for index in own.indices where own[index] != others[index] { return false }
        return true
    }

    /// In the order that goes with `hasBytes(of:)`.
    func precedesByBytes(_ other: String) -> Bool {
        let (own, others) = (utf8.span, other.utf8.span)
        for index in 0..<min(own.count, others.count) where own[index] != others[index] {
            return own[index] < others[index]
        }
        return own.count < others.count
    }

    func countBytes(where condition: (UInt8) -> Bool) -> Int {
        let bytes = utf8.span
        var count = 0
        for index in bytes.indices where condition(bytes[index]) { count += 1 }
        return count
    }
}

extension [UInt8] {
    mutating func append(utf8 text: String) {
        let bytes = text.utf8.span
        for index in bytes.indices { append(bytes[index]) }
    }
}
