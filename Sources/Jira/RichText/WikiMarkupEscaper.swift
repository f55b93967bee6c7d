/// Writes lines of wiki markup in which texts show as themselves.
///
/// Where a backslash escapes for good, it is used, since people read the markup when they edit a ticket. Where it does not, an
/// HTML entity is: the renderer takes the backslash off braces and brackets before it looks for `{{`, a backslash before a
/// backslash is a line break, and `.`, `:`, `|` cannot be escaped. What stands inside a word (`AWS_IAM_MFA`, `us-east-1`)
/// is no markup and stays, so that Jira's search finds it.
///
/// Works on UTF-8: every mark is ASCII, and no byte of another character is.
struct WikiMarkupEscaper {
    private var bytes: [UInt8] = []
    private var startOfLine = 0
    /// Spaces there are shown already.
    private var endOfIndentation: Int?

    var markup: String { String(decoding: bytes, as: UTF8.self) }

    /// Where the next byte will be, to come back to.
    var end: Int { bytes.count }

    mutating func startLine() {
        startOfLine = bytes.count
        endOfIndentation = nil
    }

    /// At the start of a line, where Jira's renderer would drop spaces: U+00A0, which it keeps.
    mutating func appendIndentation(_ width: Int) {
        for _ in 0..<width { bytes.append(utf8: "\u{A0}") }
        endOfIndentation = bytes.count
    }

    var isAtStartOfLine: Bool { bytes.count == startOfLine }

    mutating func removeAll(from end: Int) {
        bytes.removeSubrange(end...)
    }

    mutating func appendMarkup(_ markup: String) {
        bytes.append(utf8: markup)
    }

    /// - Parameter isEmphasis: the text stands between underscores, where one inside a word might end it.
    mutating func append(_ text: String, isEmphasis: Bool = false) {
        let text = text.utf8.span
        for index in text.indices {
            let byte = text[index]
            // Most of a text, and never markup by itself.
            if byte.isASCIIWordCharacter || byte >= 0x80 {
                bytes.append(byte)
                continue
            }
            let last = isAtStartOfLine ? nil : bytes.last
            let next = index + 1 < text.count ? text[index + 1] : nil
            let isInsideWord = index > 0 && text[index - 1].isASCIIWordCharacter && next?.isASCIIWordCharacter == true
            switch Unicode.Scalar(byte) {
            case " " where last == nil || endOfIndentation == bytes.count:
                break
            case "\\", "{", "}", "[", "]", "|":
                appendEntity(byte)
            case "*", "#", "+", "^", "~", "%", "!", "(":
                appendEscaped(byte)
            case "_" where isInsideWord && !isEmphasis, "-" where isInsideWord,
                "@" where isInsideWord && !Self.endsParameter(text, at: index),
                "-" where last == UInt8(ascii: " ") && next == UInt8(ascii: " "):
                bytes.append(byte)
            case "_", "-", "@":
                appendEscaped(byte)
            case "?" where last == UInt8(ascii: "?"),  // a citation
                ")" where last == UInt8(ascii: ":") || last == UInt8(ascii: ";"):  // an emoticon
                appendEscaped(byte)
            case "." where startsBlock:  // `h1.` and `bq.` at the start of a line
                appendEntity(byte)
            case ":" where Self.startsEmoticon(text, at: index) || Self.endsScheme(text, at: index):
                appendEntity(byte)
            case "&" where next.map { $0.isASCIIWordCharacter || $0 == UInt8(ascii: "#") } ?? true:  // an entity
                appendMarkup("&amp;")
            default:
                bytes.append(byte)
            }
        }
    }

    /// - Parameter url: one that `LinkTarget` has checked.
    mutating func appendLink(_ text: String, to url: String) {
        appendMarkup("[")
        if !text.utf8.elementsEqual(url.utf8) {
            append(text)
            appendMarkup("|")
        }
        for byte in url.utf8 {
            switch Unicode.Scalar(byte) {
            case "[", "]", "!", "*":  // legal in a URL, but not inside a wiki link
                appendMarkup("%" + String(byte, radix: 16, uppercase: true))
            default: bytes.append(byte)
            }
        }
        appendMarkup("]")
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
    }

    private mutating func appendEntity(_ byte: UInt8) {
        appendMarkup("&#\(byte);")
    }

    private var startsBlock: Bool {
        let start = endOfIndentation ?? startOfLine
        guard bytes.count == start + 2 else { return false }
        let (first, second) = (bytes[start], bytes[start + 1])
        return first == UInt8(ascii: "h") && (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(second)
            || first == UInt8(ascii: "b") && second == UInt8(ascii: "q")
    }

    /// `:P`, `:p`, `:D`; the other emoticons have a parenthesis, which is escaped.
    private static func startsEmoticon(_ text: Span<UInt8>, at colon: Int) -> Bool {
        guard colon + 1 < text.count, "PpD".utf8.contains(text[colon + 1]) else { return false }
        return colon + 2 == text.count || !text[colon + 2].isASCIILetter
    }

    /// Whether the text up to the sign has the form of a template's parameter, `@name@`.
    private static func endsParameter(_ text: Span<UInt8>, at index: Int) -> Bool {
        var start = index - 1
        while start >= 0, text[start].isASCIIWordCharacter || "-_.".utf8.contains(text[start]) { start -= 1 }
        return start >= 0 && text[start] == UInt8(ascii: "@")
    }

    /// Whether the colon would make the text a link: `https://x`, `mailto:x`.
    private static func endsScheme(_ text: Span<UInt8>, at colon: Int) -> Bool {
        let slash = UInt8(ascii: "/")
        if colon + 2 < text.count, text[colon + 1] == slash, text[colon + 2] == slash { return true }
        var scheme: [UInt8] = []
        var start = colon
        while start > 0, colon - start < longestScheme, text[start - 1].isASCIIWordCharacter { start -= 1 }
        for index in start..<colon { scheme.append(text[index] | 0x20) }  // a letter in lower case
        return schemesWithoutSlashes.contains(String(decoding: scheme, as: UTF8.self))
    }

    private static let schemesWithoutSlashes: Set<String> = [
        "mailto", "file", "news", "nntp", "irc", "skype", "callto", "tel", "sip", "sips", "facetime", "smb", "notes",
        "git",
        "xmpp", "javascript", "data",
    ]
    private static let longestScheme = 10
}

extension UInt8 {
    fileprivate var isASCIILetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }

    var isASCIIWordCharacter: Bool { isASCIILetter || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
