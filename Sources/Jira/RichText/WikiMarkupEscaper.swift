/// Writes one line of wiki markup in which texts show as themselves.
///
/// Where a backslash escapes for good, it is used, since people read the markup when they edit a ticket. Where it does not, an
/// HTML entity is: the renderer takes the backslash off braces and brackets before it looks for `{{`, a backslash before a
/// backslash is a line break, and `.`, `:`, `|` cannot be escaped. What stands inside a word (`AWS_IAM_MFA`, `us-east-1`)
/// is no markup and stays, so that Jira's search finds it.
struct WikiMarkupEscaper {
    private var bytes: [UInt8] = []
    private var last: Unicode.Scalar?

    var line: String { String(decoding: bytes, as: UTF8.self) }

    mutating func appendMarkup(_ markup: String) {
        bytes.append(contentsOf: markup.utf8)
        last = markup.unicodeScalars.last ?? last
    }

    /// - Parameter isEmphasis: the text stands between underscores, where one inside a word might end it.
    mutating func append(_ text: [Unicode.Scalar], isEmphasis: Bool = false) {
        for index in text.indices {
            let scalar = text[index]
            // Most of a text, and never markup by itself.
            if scalar.isASCIIWordCharacter {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
                last = scalar
                continue
            }
            let next = index + 1 < text.count ? text[index + 1] : nil
            let isInsideWord = index > 0 && text[index - 1].isASCIIWordCharacter && next?.isASCIIWordCharacter == true
            switch scalar {
            case " " where bytes.isEmpty:
                break
            case "\\", "{", "}", "[", "]", "|":
                appendEntity(scalar)
            case "*", "#", "+", "^", "~", "%", "!", "(":
                appendEscaped(scalar)
            case "_" where isInsideWord && !isEmphasis, "-" where isInsideWord,
                "@" where isInsideWord && !endsParameter(text, at: index),
                "-" where !bytes.isEmpty && last == " " && next == " ":
                appendPlain(scalar)
            case "_", "-", "@":
                appendEscaped(scalar)
            case "?" where last == "?",  // a citation
                ")" where last == ":" || last == ";":  // an emoticon
                appendEscaped(scalar)
            case ".":
                // `h1.` and `bq.` at the start of a line
                if startsBlock { appendEntity(scalar) } else { appendPlain(scalar) }
            case ":":
                if startsEmoticon(text, at: index) || endsScheme(text, at: index) {
                    appendEntity(scalar)
                } else {
                    appendPlain(scalar)
                }
            case "&" where next.map { $0.isASCIIWordCharacter || $0 == "#" } ?? true:  // an entity
                appendMarkup("&amp;")
            default:
                appendPlain(scalar)
            }
        }
    }

    /// - Parameter url: one that `LinkTarget` has checked.
    mutating func appendLink(_ text: [Unicode.Scalar], to url: String) {
        var target = String.UnicodeScalarView()
        for scalar in url.unicodeScalars {
            if "[]!*".unicodeScalars.contains(scalar) {  // legal in a URL, but not inside a wiki link
                target.append(contentsOf: "%\(String(scalar.value, radix: 16, uppercase: true))".unicodeScalars)
            } else {
                target.append(scalar)
            }
        }
        appendMarkup("[")
        if !text.elementsEqual(url.unicodeScalars) {
            append(text)
            appendMarkup("|")
        }
        appendMarkup(String(target) + "]")
    }

    private mutating func appendPlain(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        } else {
            bytes.append(contentsOf: String(scalar).utf8)
        }
        last = scalar
    }

    private mutating func appendEscaped(_ scalar: Unicode.Scalar) {
        bytes.append(UInt8(ascii: "\\"))
        appendPlain(scalar)
    }

    private mutating func appendEntity(_ scalar: Unicode.Scalar) {
        appendMarkup("&#\(scalar.value);")
    }

    private var startsBlock: Bool {
        bytes.count == 2 && ["bq", "h1", "h2", "h3", "h4", "h5", "h6"].contains { bytes.elementsEqual($0.utf8) }
    }

    /// `:P`, `:p`, `:D`; the other emoticons have a parenthesis, which is escaped.
    private func startsEmoticon(_ text: [Unicode.Scalar], at colon: Int) -> Bool {
        guard colon + 1 < text.count, "PpD".unicodeScalars.contains(text[colon + 1]) else { return false }
        guard colon + 2 < text.count else { return true }
        return !(text[colon + 2].isASCIIWordCharacter && text[colon + 2].properties.isAlphabetic)
    }

    /// Whether the text up to the sign has the form of a template's parameter, `@name@`.
    private func endsParameter(_ text: [Unicode.Scalar], at index: Int) -> Bool {
        text[..<index].last { !$0.isASCIIWordCharacter && !"-_.".unicodeScalars.contains($0) } == "@"
    }

    /// Whether the colon would make the text a link: `https://x`, `mailto:x`.
    private func endsScheme(_ text: [Unicode.Scalar], at colon: Int) -> Bool {
        if text[colon...].starts(with: "://".unicodeScalars) {
            return true
        }
        let letters = text[..<colon].suffix(10).reversed().prefix { $0.isASCIIWordCharacter }.reversed()
        var scheme = String.UnicodeScalarView()
        scheme.append(contentsOf: letters)
        return Self.schemesWithoutSlashes.contains(String(scheme).lowercased())
    }

    private static let schemesWithoutSlashes: Set<String> = [
        "mailto", "file", "news", "nntp", "irc", "skype", "callto", "tel", "sip", "sips", "facetime", "smb", "notes",
        "git",
        "xmpp", "javascript", "data",
    ]
}
