/// Text that any of Jira's dialects can carry, cut into lines.
///
/// - Every line end of Unicode (LF, CR, CRLF, VT, FF, NEL, LS, PS) is one.
/// - Escape sequences of terminals (ECMA-48), such as the colours of a scanner's output, are taken out whole.
/// - Control characters and noncharacters become U+FFFD, as CommonMark (section 2.3) does with NUL: XML, in which Data
///   Center keeps and exports texts, cannot carry them, and an escape sequence must not reach a terminal.
/// - Bidirectional embeddings, overrides and isolates are dropped: one that is not closed would turn around the text
///   after it ("Trojan Source", CVE-2021-42574). The marks of right-to-left scripts (LRM, RLM, ALM) stay.
enum CleanText {
    /// The lines of a text, without their ends. A text without line end is one line, an empty text one empty line.
    static func lines(of text: String) -> [String] {
        var lines: [String] = []
        forEachLine(of: text) { line, _ in lines.append(line) }
        return lines
    }

    static func forEachLine(of text: String, _ body: (_ line: String, _ isFirst: Bool) -> Void) {
        if isClean(text) {
            body(text, true)
        } else {
            for (index, line) in cleanLines(of: text).enumerated() { body(line, index == 0) }
        }
    }

    private static func cleanLines(of text: String) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        for scalar in EscapeSequences.without(text) {
            switch scalar {
            case "\n" where previous == "\r":
                break
            case "\n", "\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}":
                lines.append(String(line))
                line = String.UnicodeScalarView()
            default:
                if let scalar = clean(scalar) { line.append(scalar) }
            }
            previous = scalar
        }
        lines.append(String(line))
        return lines
    }

    /// The text as one line: line ends and tabs are spaces, runs of white space one space, none at either end.
    static func singleLine(_ text: String) -> String {
        if isPlainLine(text) { return text }
        var result = String.UnicodeScalarView()
        var pendingSpace = false
        for line in lines(of: text) {
            for scalar in line.unicodeScalars {
                if scalar.properties.isWhitespace {
                    pendingSpace = true
                    continue
                }
                if pendingSpace, !result.isEmpty {
                    result.append(" ")
                }
                pendingSpace = false
                result.append(scalar)
            }
            pendingSpace = true
        }
        return String(result)
    }

    /// Visible ASCII with single spaces in between, as most texts are.
    private static func isPlainLine(_ text: String) -> Bool {
        let space = UInt8(ascii: " ")
        var previous = space
        let isPlain = text.everyByte { byte in
            defer { previous = byte }
            return byte > space && byte < 0x7F || byte == space && previous != space
        }
        return isPlain && (previous != space || text.isEmpty)
    }

    private static func isClean(_ text: String) -> Bool {
        // Nearly every text is told clean by its bytes. The lead bytes that may be otherwise: C1 controls; U+2000 to
        // U+2FFF; U+F000 to U+FFFF; the planes above.
        let isSurelyClean = text.everyByte { byte in
            byte >= 0x20 && byte < 0x7F || byte >= 0x80 && byte != 0xC2 && byte != 0xE2 && byte < 0xEF
        }
        return isSurelyClean || text.unicodeScalars.allSatisfy(isClean)
    }

    private static func isClean(_ scalar: Unicode.Scalar) -> Bool {
        clean(scalar) == scalar
    }

    /// What stands for a scalar; nil if nothing does. Line ends are control characters here.
    private static func clean(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        case 0x09: scalar
        case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFDD0...0xFDEF: "\u{FFFD}"
        case 0x202A...0x202E, 0x2066...0x2069: nil
        default: scalar.value & 0xFFFE == 0xFFFE ? "\u{FFFD}" : scalar
        }
    }
}
