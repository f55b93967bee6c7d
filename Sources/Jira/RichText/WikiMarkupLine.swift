/// One line of a paragraph, heading or list item on its way to wiki markup.
///
/// The rules follow the order in which Jira's renderer (`com.atlassian.renderer.v2`) works: macros in braces, blocks by the
/// start of their lines, links, bare URLs, backslash escapes, HTML escapes (entities are kept), dashes, emoticons, images,
/// and at last phrases such as `*strong*`.
struct WikiMarkupLine {
    private struct Run {
        var text: String
        var marks: Document.Marks
        var link: String?

        var isPlain: Bool { marks.isEmpty && link == nil }

        func hasStyle(of other: Run) -> Bool { marks == other.marks && link == other.link }
    }

    private var runs: [Run] = []

    static func forEach(
        of content: [Document.Inline], _ body: (_ line: WikiMarkupLine, _ isFirst: Bool) -> Void
    ) {
        var line = WikiMarkupLine()
        var isFirst = true
        func end() {
            body(line, isFirst)
            line.runs.removeAll(keepingCapacity: true)
            isFirst = false
        }
        for inline in content {
            guard case .text(let text, let wanted, let url) = inline else {
                end()
                continue
            }
            let marks = wanted.contains(.code) ? .code : wanted
            let link = url.flatMap(LinkTarget.checked)
            CleanText.forEachLine(of: text) { text, isFirst in
                if !isFirst { end() }
                line.append(Run(text: text.withSpacesForTabs, marks: marks, link: link))
            }
        }
        end()
    }

    /// The line with its marks set so that Jira reads them: `* a*` is not strong, so white space goes outside.
    private func withMarksThatHold() -> WikiMarkupLine {
        if runs.allSatisfy(\.isPlain) { return self }
        var line = WikiMarkupLine()
        line.runs.reserveCapacity(runs.count + 2)
        for run in runs {
            if run.isPlain {
                line.append(run)
                continue
            }
            let (before, core, after) = run.text.dividedBySpaceAtEnds
            // A phrase is made of these classes of characters alone; around any other the marks would show as themselves.
            line.append(Run(text: String(before), marks: [], link: nil))
            line.append(Run(text: String(core), marks: core.canStandInPhrase ? run.marks : [], link: run.link))
            line.append(Run(text: String(after), marks: [], link: nil))
        }
        return line
    }

    /// Spaces before the first character that shows; 0 if none does.
    private var indentation: Int {
        var width = 0
        for run in runs {
            for byte in run.text.utf8 {
                guard byte == UInt8(ascii: " ") else { return width }
                width += 1
            }
        }
        return 0
    }

    private mutating func append(_ run: Run) {
        if run.text.isEmpty { return }
        if let last = runs.last, last.hasStyle(of: run) {
            runs[runs.count - 1].text += run.text
        } else {
            runs.append(run)
        }
    }

    /// - Returns: whether the line shows anything.
    func write(to writer: inout WikiMarkupEscaper) -> Bool {
        writer.startLine()
        let runs = withMarksThatHold().runs
        if indentation > 1 { writer.appendIndentation(indentation) }
        for (index, run) in runs.enumerated() {
            if run.isPlain {
                writer.append(run.text)
                continue
            }
            let followsWord = index > 0 && runs[index - 1].text.unicodeScalars.last?.isWordCharacter == true
            let precedesWord =
                index + 1 < runs.count && runs[index + 1].text.unicodeScalars.first?.isWordCharacter == true
            let insideWord = followsWord || precedesWord
            // Inside a word only the braced forms are read as marks.
            let strong = run.marks.contains(.strong) ? insideWord ? "{*}" : "*" : ""
            let emphasis = run.marks.contains(.emphasis) ? insideWord ? "{_}" : "_" : ""
            let code = run.marks.contains(.code) && !insideWord
            writer.appendMarkup(strong)
            writer.appendMarkup(emphasis)
            if code { writer.appendMarkup("{{") }
            if let link = run.link {
                writer.appendLink(run.text, to: link)
            } else {
                writer.append(run.text, isEmphasis: !emphasis.isEmpty)
            }
            if code { writer.appendMarkup("}}") }
            writer.appendMarkup(emphasis)
            writer.appendMarkup(strong)
        }
        return !writer.isAtStartOfLine
    }
}

extension String {
    fileprivate var withSpacesForTabs: String {
        guard utf8.contains(UInt8(ascii: "\t")) else { return self }
        // Before a text, where they indent it, four columns each.
        let tab = UInt8(ascii: "\t")
        let start = utf8.prefix { $0 == tab || $0 == UInt8(ascii: " ") }
        return start.map { $0 == tab ? "    " : " " }.joined()
            + String(decoding: utf8[start.endIndex...].map { $0 == tab ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }

    /// The white space that it starts with, what lies between, the white space that it ends with.
    fileprivate var dividedBySpaceAtEnds: (Substring, Substring, Substring) {
        let scalars = unicodeScalars
        let start = scalars.firstIndex { !$0.isSpace } ?? endIndex
        let end = scalars.lastIndex { !$0.isSpace }.map(scalars.index(after:)) ?? start
        return (self[..<start], self[start..<end], self[end...])
    }
}

extension Substring {
    /// Whether all of it is of Java's `[\p{L}\p{Nd}\p{Z}\p{S}\p{M}\p{P}]`.
    fileprivate var canStandInPhrase: Bool {
        utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } || unicodeScalars.allSatisfy(\.canStandInPhrase)
    }
}

extension Unicode.Scalar {
    /// Java's `[\p{L}\p{Nd}]`, beside which a mark is no mark.
    fileprivate var isWordCharacter: Bool {
        isASCII
            ? UInt8(truncatingIfNeeded: value).isASCIIWordCharacter
            : properties.isAlphabetic || properties.generalCategory == .decimalNumber
    }

    fileprivate var canStandInPhrase: Bool {
        if isASCII { return value >= 0x20 && value < 0x7F }
        switch properties.generalCategory {
        case .letterNumber, .otherNumber, .control, .format, .surrogate, .privateUse, .unassigned: return false
        default: return true
        }
    }

    /// White space; of ASCII without a look into Unicode's tables.
    fileprivate var isSpace: Bool {
        isASCII ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace
    }
}
