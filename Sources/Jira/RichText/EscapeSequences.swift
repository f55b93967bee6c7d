/// Sequences by which a program drives a terminal: colours, cursor, links.
/// Source: ECMA-48, sections 5.3 to 5.6; xterm's OSC, which a BEL may end.
enum EscapeSequences {
    static func without(_ text: String) -> String.UnicodeScalarView {
        let scalars = text.unicodeScalars
        guard scalars.contains(where: { $0 == "\u{1B}" || $0 == "\u{9B}" }) else { return scalars }
        let all = Array(scalars)
        var kept = String.UnicodeScalarView()
        var index = 0
        while index < all.count {
            if let end = end(of: all, at: index) {
                index = end
            } else {
                kept.append(all[index])
                index += 1
            }
        }
        return kept
    }

    /// Behind the sequence that starts there; nil if none does. One that is cut off at the end of the text is one too.
    private static func end(of all: [Unicode.Scalar], at start: Int) -> Int? {
        if all[start] == "\u{9B}" { return endOfControl(all, from: start + 1) }
        guard all[start] == "\u{1B}" else { return nil }
        let index = start + 1
        guard index < all.count else { return index }
        switch all[index].value {
        case 0x5B: return endOfControl(all, from: index + 1)  // [
        case 0x50, 0x58, 0x5D, 0x5E, 0x5F: return endOfString(all, from: index + 1)  // P X ] ^ _
        case 0x20...0x2F:
            let final = all[index...].firstIndex { !(0x20...0x2F).contains($0.value) } ?? all.count
            return final < all.count && (0x30...0x7E).contains(all[final].value) ? final + 1 : final
        case 0x30...0x7E: return index + 1
        default: return index
        }
    }

    /// Parameters, intermediates and a final byte; what is none of them ends it too.
    private static func endOfControl(_ all: [Unicode.Scalar], from start: Int) -> Int {
        var index = start
        while index < all.count, (0x20...0x3F).contains(all[index].value) { index += 1 }
        return index < all.count && (0x40...0x7E).contains(all[index].value) ? index + 1 : index
    }

    /// Up to BEL or ESC \ on the same line; without such an end only the beginning is taken out, for the text must not vanish.
    private static func endOfString(_ all: [Unicode.Scalar], from start: Int) -> Int {
        var index = start
        while index < all.count, all[index] != "\n", all[index] != "\r" {
            if all[index] == "\u{7}" || all[index] == "\u{9C}" { return index + 1 }
            if all[index] == "\u{1B}" {
                return index + 1 < all.count && all[index + 1] == "\\" ? index + 2 : start
            }
            index += 1
        }
        return start
    }
}
