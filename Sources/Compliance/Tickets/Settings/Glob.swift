/// A pattern in which `*` stands for any characters and `?` for one; takes no notice of case. Other characters match those of the
/// same bytes: what is two controls to PostgreSQL is two to a pattern.
package struct Glob: Sendable, Hashable {
    /// As the settings have it.
    package let text: String
    private let pattern: [Character]

    package init(_ text: String) {
        self.text = text
        pattern = Array(text.lowercased())
    }

    /// Whether the whole text matches.
    package func matches(_ text: String) -> Bool {
        let text = Array(text.lowercased())
        var (position, place) = (0, 0)
        // Where to try again with the last `*` standing for one character more: going back to that one is enough.
        var retry: (position: Int, place: Int)?
        while place < text.count {
            if position < pattern.count, pattern[position] == "*" {
                retry = (position + 1, place)
                position += 1
            } else if position < pattern.count, pattern[position] == "?" || Self.areSame(pattern[position], text[place])
            {
                position += 1
                place += 1
            } else if let (next, last) = retry {
                retry = (next, last + 1)
                (position, place) = (next, last + 1)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == "*" }
    }

    /// Characters that differ by bytes alone are equal to Swift.
    private static func areSame(_ one: Character, _ other: Character) -> Bool {
        one == other && one.utf8.elementsEqual(other.utf8)
    }
}

extension Glob: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        try text.encode(to: encoder)
    }
}

extension Glob: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self.init(text) }
}

extension Glob: CustomStringConvertible {
    package var description: String { text }
}
