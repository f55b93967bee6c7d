import HTTP

extension Secret {
    /// The passwords inside a libpq conninfo (URI or keywords), as they stand there and as the server gets them: a message
    /// may quote either.
    var conninfoPasswords: [Secret] {
        let text = reveal()
        var found: [String] = []
        if let scheme = text.firstRange(of: "://") {
            let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
            if let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") {
                found.append(String(authority[authority.index(after: colon)..<at]))
            }
        }
        for keyword in text.ranges(of: "password") {
            let rest = text[keyword.upperBound...].drop { $0 == " " }
            guard rest.first == "=" else { continue }
            let value = rest.dropFirst().drop { $0 == " " }
            if value.first == "'" {
                found.append(String(value.dropFirst().prefix { $0 != "'" }))
            } else {
                found.append(String(value.prefix { !$0.isWhitespace && $0 != "&" }))
            }
        }
        found += found.compactMap(\.percentDecoded)
        return Set(found).filter { !$0.isEmpty }.map { Secret($0) }
    }
}

extension String {
    /// nil where there is nothing to decode or it is not UTF-8.
    fileprivate var percentDecoded: String? {
        guard utf8.contains(UInt8(ascii: "%")) else { return nil }
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"),
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
