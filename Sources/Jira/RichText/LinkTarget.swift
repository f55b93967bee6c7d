extension Document {
    /// Whether the text is an address such as `app.acme.com/evidence/1`, which for a link wants only its scheme.
    package static func lacksScheme(_ url: String) -> Bool {
        let host = url.utf8.prefix { !"/:?#".utf8.contains($0) }
        let isName = host.allSatisfy { $0.isASCIIWordCharacter || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        return isName && host.dropFirst().dropLast().contains(UInt8(ascii: ".")) && url.utf8.count <= 2_048
    }
}

/// The URLs that a ticket may link to.
enum LinkTarget {
    /// In bytes; what is longer is no link of ours, browsers refuse it too.
    private static let longest = 2_048

    /// The URL, if it is absolute, its scheme one of `http`, `https` and `mailto`, and made of the characters that
    /// RFC 3986 allows in a URL; else nil. ADF's schema would take any string, `javascript:` among them.
    static func checked(_ url: String) -> String? {
        guard url.utf8.count <= longest, let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let rest = url.utf8[url.utf8.index(after: colon)...]
        switch url[..<colon].lowercased() {
        case "http", "https":
            guard rest.starts(with: "//".utf8), let host = rest.dropFirst(2).first, !"/?#:@".utf8.contains(host) else {
                return nil
            }
        case "mailto":
            guard !rest.isEmpty, rest.first != UInt8(ascii: "?") else { return nil }
        default:
            return nil
        }
        return url.everyByte(satisfies: isAllowed) ? url : nil
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "-._~:/?#[]@!$&'()*+,;=%".utf8.contains(byte)
        }
    }
}
