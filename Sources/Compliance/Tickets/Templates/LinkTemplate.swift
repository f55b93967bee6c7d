/// The target of a template's link. What variables bring cannot leave their place in the URL: it is percent-encoded down to
/// the unreserved characters of RFC 3986, section 2.3. Only a variable that opens the URL, as in `{evidenceUrl}` or
/// `{appUrl}/evidence`, may bring a URL's own marks; Jira is sent it only if it is absolute and http, https or mailto.
struct LinkTemplate: Sendable, Hashable {
    let pieces: [TemplatePiece]

    /// Nil if a variable has no value: such a link would lead nowhere.
    func url(_ values: TemplateValues) -> String? {
        var url = ""
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case .literal(let text):
                url += Self.encoded(text, keeping: Self.isURLCharacter)
            case .variable(let variable):
                guard let value = variable.value(in: values)?.templateText, !value.isEmpty else { return nil }
                url += Self.encoded(value, keeping: index == 0 ? Self.isURLCharacter : Self.isUnreserved)
            }
        }
        return url
    }

    private static func encoded(_ text: String, keeping isKept: (UInt8) -> Bool) -> String {
        if text.utf8.allSatisfy(isKept) {
            return text
        }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isKept(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default:
            false
        }
    }

    private static func isURLCharacter(_ byte: UInt8) -> Bool {
        isUnreserved(byte) || ":/?#[]@!$&'()*+,;=%".utf8.contains(byte)
    }
}
