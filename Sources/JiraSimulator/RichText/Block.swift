/// Formatted text, whichever notation it came in: what the terminal, the page and the other notation are made from.
indirect enum Block: Hashable, Sendable {
    case paragraph([Inline])
    case heading(level: Int, [Inline])
    case list(start: Int?, items: [[Block]])
    case code(language: String?, String)
    case rule
    case quote([Block])
    case panel(kind: String, title: String?, [Block])
    case table([[Cell]])

    struct Cell: Hashable, Sendable {
        var isHeader: Bool
        var blocks: [Block]
    }
}

enum Inline: Hashable, Sendable {
    case text(String, Style = [], link: String? = nil)
    case lineBreak

    struct Style: OptionSet, Hashable, Sendable {
        let rawValue: Int
        static let strong = Style(rawValue: 1)
        static let emphasis = Style(rawValue: 2)
        static let code = Style(rawValue: 4)
        static let underline = Style(rawValue: 8)
        static let strike = Style(rawValue: 16)
        static let sub = Style(rawValue: 32)
        static let sup = Style(rawValue: 64)
    }
}

extension RichText {
    var blocks: [Block] {
        switch self {
        case .adf(let document): ADFReader.blocks(document["content"])
        case .wiki(let text): WikiReader.blocks(text)
        }
    }
}

extension [Inline] {
    /// The bare words.
    var plain: String {
        map { part in
            switch part {
            case .text(let text, _, _): text
            case .lineBreak: "\n"
            }
        }.joined()
    }
}
