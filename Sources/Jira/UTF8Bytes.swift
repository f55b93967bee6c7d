// A span is walked as an array is; `String.UTF8View` goes through the string's indices, at several times the cost.

extension String {
    func everyByte(satisfies condition: (UInt8) -> Bool) -> Bool {
        let bytes = utf8.span
        for index in bytes.indices where !condition(bytes[index]) { return false }
        return true
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
