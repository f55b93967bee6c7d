/// What stands after `~`: words and "phrases in quotes", all of which must be found.
///
/// Jira hands it to Lucene: text is cut into words without regard to case and punctuation, so that it is never an exact match,
/// and what Lucene's syntax reserves must be escaped outside of quotes.
struct TextQuery: Sendable, Hashable {
    struct Part: Sendable, Hashable {
        /// In a row.
        var words: [String]
        /// The last one is only the beginning of a word.
        var isOpenEnded = false
    }

    var parts: [Part]

    /// Nil where Jira cannot parse the text.
    init?(_ text: String) {
        parts = []
        var piece = ""
        var isPhrase = false
        var isEscaped = false
        func part() -> Part? {
            let isOpenEnded = !isPhrase && piece.hasSuffix("*")
            let words = Self.words(in: piece)
            return words.isEmpty ? nil : Part(words: words, isOpenEnded: isOpenEnded)
        }
        for character in text {
            if isEscaped {
                piece.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                if let part = part() { parts.append(part) }
                piece = ""
                isPhrase.toggle()
            } else if isPhrase {
                piece.append(character)
            } else if character.isWhitespace {
                if let part = part() { parts.append(part) }
                piece = ""
            } else {
                guard !"()[]{}^:/!".contains(character), !(piece.isEmpty && "*?".contains(character)) else {
                    return nil
                }
                piece.append(character)
            }
        }
        guard !isPhrase, !isEscaped else { return nil }
        if let part = part() { parts.append(part) }
    }

    func matches(_ text: String) -> Bool {
        let words = Self.words(in: text)
        return !parts.isEmpty && parts.allSatisfy { Self.found($0, in: words) }
    }

    private static func found(_ part: Part, in words: [String]) -> Bool {
        guard part.words.count <= words.count else { return false }
        return (0...words.count - part.words.count).contains { start in
            part.words.indices.allSatisfy { place in
                let word = words[start + place]
                let isLast = place == part.words.count - 1
                return part.isOpenEnded && isLast ? word.hasPrefix(part.words[place]) : word == part.words[place]
            }
        }
    }

    /// Runs of letters, digits and `_`; a point between two letters or two digits belongs to the word, as in Lucene's standard
    /// tokenizer: `CC6.1` is one word, `A.9.2` is `a` and `9.2`.
    static func words(in text: String) -> [String] {
        let characters = Array(text.lowercased())
        var words: [String] = []
        var word = ""
        for (place, character) in characters.enumerated() {
            let joins =
                character == "." && !word.isEmpty && place + 1 < characters.count
                && (isDigit(characters[place - 1]) && isDigit(characters[place + 1])
                    || characters[place - 1].isLetter && characters[place + 1].isLetter)
            if character.isLetter || isDigit(character) || character == "_" || joins {
                word.append(character)
            } else if !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func isDigit(_ character: Character) -> Bool { character.isNumber }
}
