/// One line of a paragraph, heading or list item on its way to wiki markup.
///
/// The rules follow the order in which Jira's renderer (`com.atlassian.renderer.v2`) works: macros in braces, blocks by the
/// start of their lines, links, bare URLs, backslash escapes, HTML escapes (entities are kept), dashes, emoticons, images,
/// and at last phrases such as `*strong*`.
struct WikiMarkupLine {
    private struct Run {
        var text: [Unicode.Scalar]
        var marks: Document.Marks
        var link: String?

        func hasStyle(of other: Run) -> Bool { marks == other.marks && link == other.link }
    }

    private var runs: [Run] = []

    /// The markup of each line of the content; an empty string for a line that shows nothing.
    static func lines(of content: [Document.Inline]) -> [String] {
        var lines = [WikiMarkupLine()]
        for inline in content {
            guard case .text(let text, let wanted, let url) = inline else {
                lines.append(WikiMarkupLine())
                continue
            }
            let marks = wanted.contains(.code) ? .code : wanted
            let link = url.flatMap(LinkTarget.checked)
            for (index, line) in CleanText.lines(of: text).enumerated() {
                if index > 0 {
                    lines.append(WikiMarkupLine())
                }
                let text = line.unicodeScalars.map { $0 == "\t" ? " " : $0 }
                lines[lines.count - 1].append(Run(text: text, marks: marks, link: link))
            }
        }
        return lines.map { $0.withMarksThatHold().markup() }
    }

    /// The line with its marks set so that Jira reads them: `* a*` is not strong, so white space goes outside.
    private func withMarksThatHold() -> WikiMarkupLine {
        var line = WikiMarkupLine()
        for run in runs {
            if run.marks.isEmpty, run.link == nil {
                line.append(run)
                continue
            }
            let start = run.text.firstIndex { !$0.isSpace } ?? run.text.endIndex
            let end = (run.text.lastIndex { !$0.isSpace } ?? start - 1) + 1
            let core = run.text[start..<end]
            // A phrase is made of these classes of characters alone; around any other the marks would show as themselves.
            let marks = core.allSatisfy(\.canStandInPhrase) ? run.marks : []
            line.append(Run(text: Array(run.text[..<start]), marks: [], link: nil))
            line.append(Run(text: Array(core), marks: marks, link: run.link))
            line.append(Run(text: Array(run.text[end...]), marks: [], link: nil))
        }
        return line
    }

    private mutating func append(_ run: Run) {
        if run.text.isEmpty { return }
        if let last = runs.last, last.hasStyle(of: run) {
            runs[runs.count - 1].text += run.text
        } else {
            runs.append(run)
        }
    }

    private func markup() -> String {
        var writer = WikiMarkupEscaper()
        for (index, run) in runs.enumerated() {
            let followsWord = index > 0 && runs[index - 1].text.last?.isWordCharacter == true
            let precedesWord = index + 1 < runs.count && runs[index + 1].text.first?.isWordCharacter == true
            let insideWord = followsWord || precedesWord
            // Inside a word only the braced forms are read as marks.
            let strong = run.marks.contains(.strong) ? insideWord ? "{*}" : "*" : ""
            let emphasis = run.marks.contains(.emphasis) ? insideWord ? "{_}" : "_" : ""
            let code = run.marks.contains(.code) && !insideWord
            writer.appendMarkup(strong + emphasis + (code ? "{{" : ""))
            if let link = run.link {
                writer.appendLink(run.text, to: link)
            } else {
                writer.append(run.text, isEmphasis: !emphasis.isEmpty)
            }
            writer.appendMarkup((code ? "}}" : "") + emphasis + strong)
        }
        return writer.line
    }
}

extension Unicode.Scalar {
    /// Java's `[\p{L}\p{Nd}]`, beside which a mark is no mark.
    fileprivate var isWordCharacter: Bool {
        isASCII ? isASCIIWordCharacter : properties.isAlphabetic || properties.generalCategory == .decimalNumber
    }

    /// Java's `[\p{L}\p{Nd}\p{Z}\p{S}\p{M}\p{P}]`.
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

    var isASCIIWordCharacter: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }
}
