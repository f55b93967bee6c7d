import Jira

/// Finds marks, links and variables in a line of a template.
struct TemplateInlineParser {
    private typealias Element = DocumentTemplate.Element

    private let tokens: [TemplateToken]

    init(_ tokens: [TemplateToken]) {
        self.tokens = tokens
    }

    func parse() -> [DocumentTemplate.Element] {
        parse(tokens.startIndex..<tokens.endIndex, marks: [], allowsLinks: true)
    }

    /// Each mark is looked for only where it is not set yet and links only outside of links: the recursion is four deep.
    private func parse(
        _ range: Range<Int>, marks: Document.Marks, allowsLinks: Bool
    ) -> [DocumentTemplate.Element] {
        var elements: [Element] = []
        var literal = range.lowerBound
        var index = range.lowerBound
        // Marks that were looked for and do not close in this range: looked for once.
        var unclosed: Set<Delimiter> = []

        func append(_ new: [Element], upTo end: Int) {
            elements += Self.texts(tokens[literal..<index], marks)
            elements += new
            literal = end
            index = end
        }

        while index < range.upperBound {
            if let code = codeSpan(at: index, in: range) {
                append(Self.texts(tokens[code.content], [.code]), upTo: code.end)
            } else if allowsLinks, let link = link(at: index, in: range) {
                let label = parse(link.label, marks: marks, allowsLinks: false)
                append([.link(label, target(link.url), marks)], upTo: link.end)
            } else if allowsLinks, let end = bareURL(at: index, in: range) {
                append([.link([], target(index..<end), marks)], upTo: end)
            } else if let delimiter = delimiter(at: index, in: range), !marks.contains(delimiter.mark),
                !unclosed.contains(delimiter), opens(delimiter, at: index, in: range)
            {
                if let close = closing(of: delimiter, after: index, in: range) {
                    let content = (index + delimiter.width)..<close
                    append(
                        parse(content, marks: marks.union(delimiter.mark), allowsLinks: allowsLinks),
                        upTo: close + delimiter.width)
                } else {
                    unclosed.insert(delimiter)
                    index += delimiter.width
                }
            } else {
                index += 1
            }
        }
        append([], upTo: index)
        return elements
    }

    private static func texts(_ tokens: ArraySlice<TemplateToken>, _ marks: Document.Marks) -> [Element] {
        TemplatePiece.pieces(of: tokens).map { .text($0, marks) }
    }

    private func isCharacter(_ character: Character, at index: Int, in range: Range<Int>) -> Bool {
        range.contains(index) && tokens[index] == .character(character)
    }

    // MARK: Strong and emphasis

    private struct Delimiter: Hashable {
        var character: Character
        var width: Int

        var mark: Document.Marks { character == "*" ? .strong : .emphasis }
    }

    /// A run of one or two asterisks, or a single underscore.
    private func delimiter(at index: Int, in range: Range<Int>) -> Delimiter? {
        for character in ["*", "_"] as [Character] where isCharacter(character, at: index, in: range) {
            let longest = character == "*" ? 2 : 1
            let width = (1...longest).first { !isCharacter(character, at: index + $0, in: range) }
            guard let width, !isCharacter(character, at: index - 1, in: range) else { return nil }
            return Delimiter(character: character, width: width)
        }
        return nil
    }

    private func opens(_ delimiter: Delimiter, at index: Int, in range: Range<Int>) -> Bool {
        let next = index + delimiter.width
        guard range.contains(next), !tokens[next].isWhitespace else { return false }
        return !isWord(at: index - 1, beside: delimiter, in: range)
    }

    private func closing(of delimiter: Delimiter, after start: Int, in range: Range<Int>) -> Int? {
        var index = start + delimiter.width
        while index < range.upperBound {
            if let code = codeSpan(at: index, in: range) {
                index = code.end
            } else if let found = self.delimiter(at: index, in: range) {
                if found == delimiter, index > start + delimiter.width, !tokens[index - 1].isWhitespace,
                    !isWord(at: index + delimiter.width, beside: delimiter, in: range)
                {
                    return index
                }
                index += found.width
            } else {
                index += 1
            }
        }
        return nil
    }

    /// Beside an underscore a variable counts as a word: `{region}_{account}_{id}` holds no emphasis.
    private func isWord(at index: Int, beside delimiter: Delimiter, in range: Range<Int>) -> Bool {
        guard range.contains(index) else { return false }
        return delimiter.mark == .emphasis ? tokens[index].isWordLike : tokens[index].isLetterOrNumber
    }

    // MARK: Code and links

    private func codeSpan(at start: Int, in range: Range<Int>) -> (content: Range<Int>, end: Int)? {
        guard isCharacter("`", at: start, in: range) else { return nil }
        guard let end = tokens[(start + 1)..<range.upperBound].firstIndex(of: .character("`")), end > start + 1 else {
            return nil
        }
        return ((start + 1)..<end, end + 1)
    }

    private func link(at start: Int, in range: Range<Int>) -> (label: Range<Int>, url: Range<Int>, end: Int)? {
        guard let labelEnd = closing("[", "]", at: start, in: range),
            let urlEnd = closing("(", ")", at: labelEnd + 1, in: range)
        else { return nil }
        let url = (labelEnd + 2)..<urlEnd
        guard !url.isEmpty, !tokens[url].contains(where: \.isWhitespace) else { return nil }
        return ((start + 1)..<labelEnd, url, urlEnd + 1)
    }

    private func target(_ range: Range<Int>) -> LinkTemplate {
        LinkTemplate(pieces: TemplatePiece.pieces(of: tokens[range]))
    }

    /// The index of the bracket that closes the one at `start`; looked for not too far, since every bracket is tried.
    private func closing(_ open: Character, _ close: Character, at start: Int, in range: Range<Int>) -> Int? {
        guard isCharacter(open, at: start, in: range) else { return nil }
        var depth = 0
        for index in start..<min(range.upperBound, start + 1_000) {
            if tokens[index] == .character(open) { depth += 1 }
            if tokens[index] == .character(close) { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    /// The end of a URL that stands in the text; marks that end a sentence do not belong to it.
    private func bareURL(at start: Int, in range: Range<Int>) -> Int? {
        guard isCharacter("h", at: start, in: range), !isCharacterOfWord(at: start - 1, in: range) else { return nil }
        let rest = tokens[start..<range.upperBound]
        guard let scheme = ["https://", "http://"].first(where: { rest.starts(with: $0.map(TemplateToken.character)) })
        else { return nil }
        var end = rest.firstIndex { $0.isWhitespace || $0.isOneOf("<>\"`\\|") } ?? rest.endIndex
        while end > start, tokens[end - 1].isOneOf(".,;:!?)]'*_") { end -= 1 }
        return end > start + scheme.count ? end : nil
    }

    private func isCharacterOfWord(at index: Int, in range: Range<Int>) -> Bool {
        range.contains(index) && tokens[index].isLetterOrNumber
    }
}

extension TemplateToken {
    fileprivate func isOneOf(_ characters: String) -> Bool {
        if case .character(let character) = self { characters.contains(character) } else { false }
    }
}
