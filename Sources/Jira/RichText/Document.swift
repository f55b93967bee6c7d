/// Rich text as Jira's two dialects both can say it: rendered to ADF for Cloud (`adf()`), to wiki markup for
/// Data Center (`wikiMarkup()`), and to plain text for terminals (`plainText()`).
///
/// Any `Document` may be rendered. The texts in it may hold anything a payload brings: they are data, never markup. A
/// newline in a text is a line break; what Jira could not show, or what would change the meaning of the text around it,
/// is replaced on the way out (`CleanText`).
package struct Document: Sendable, Hashable {
    package var blocks: [Block]

    package init(_ blocks: [Block] = []) {
        self.blocks = blocks
    }

    package enum Block: Sendable, Hashable {
        case paragraph([Inline])
        /// `level` is 1 to 6; what lies outside is moved to the nearest.
        case heading(level: Int, [Inline])
        /// A list without items is left out.
        case bulletList([[Inline]])
        case orderedList([[Inline]])
        case rule
    }

    package enum Inline: Sendable, Hashable {
        /// - Parameter link: an absolute `http`, `https` or `mailto` URL; with anything else the text stands without link.
        case text(String, Marks = [], link: String? = nil)
        case lineBreak
    }

    /// How a text is set. `.code` outranks the others, which Jira does not allow beside it.
    package struct Marks: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let strong = Marks(rawValue: 1)
        package static let emphasis = Marks(rawValue: 2)
        package static let code = Marks(rawValue: 4)
    }
}

extension Document {
    /// One paragraph without any marks.
    package init(plain text: String) {
        self.init([.paragraph([.text(text)])])
    }
}
