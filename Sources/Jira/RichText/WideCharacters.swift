extension JSONValue {
    /// The value without characters that take four bytes in UTF-8, such as most emoji: a Data Center whose MySQL has the character set
    /// `utf8`, which has three, refuses them. An emoji is left out, of a letter U+FFFD tells. Nil if there is no such character.
    package var withoutWideCharacters: JSONValue? {
        switch self {
        case .string(let text):
            guard text.utf8.contains(where: { $0 >= 0xF0 }) else { return nil }
            return .string(text.withoutWideCharacters)
        case .array(let elements):
            let narrow = elements.map(\.withoutWideCharacters)
            guard narrow.contains(where: { $0 != nil }) else { return nil }
            return .array(zip(elements, narrow).map { $1 ?? $0 })
        case .object(let members):
            let narrow = members.map { ($0.key, $0.value.withoutWideCharacters) }
            guard narrow.contains(where: { $0.1 != nil }) else { return nil }
            return .object(JSONObject(inAnyOrder: zip(members, narrow).map { ($0.key, $1.1 ?? $0.value) }))
        default: return nil
        }
    }
}

extension String {
    fileprivate var withoutWideCharacters: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.compactMap { scalar in
                    guard scalar.value > 0xFFFF else { return scalar }
                    return scalar.properties.isEmoji || scalar.properties.isEmojiModifier ? nil : "\u{FFFD}"
                }))
    }
}
