import Jira

/// A template of rich text: a document in whose leaves variables may stand. Parsed once; for each ticket values are put into
/// the leaves and never parsed, so that the shape of the ticket depends on the template alone.
///
/// The notation is that of the integration guide, a mixture of Jira's and Markdown's:
/// - `*strong*` (also `**strong**`), `_emphasis_`, `` `code` ``, `[text](url)`, a bare `https://...`; marks work at the
///   edges of words only and within a line, so `AWS_IAM_MFA` and URLs stay whole.
/// - Lines: `1.` or `1)` a numbered list; `•`, `-`, `*` a bullet list; `##` or `h2.` a heading; a line of `━` or `----` a
///   rule; a blank line ends a paragraph, a single line end is a line break.
/// - `{name}`, `{name|default}`, filters `|date`, `|upper`, `|lower`; a backslash makes any mark literal (`\{`). What does
///   not end, or is no variable, is literal text.
///
/// Filling in:
/// - A list that stands alone in a line is a bullet list, elsewhere its elements are separated by commas.
/// - A variable without value is empty. A line or list entry is left out if nothing remains of it, or if all it holds is a
///   link whose URL lacks a value; beside other words such a link becomes its plain text.
package struct DocumentTemplate: Sendable, Hashable {
    let blocks: [Block]

    enum Block: Sendable, Hashable {
        case paragraph([Line])
        case heading(level: Int, Line)
        case list(isOrdered: Bool, items: [[Line]])
        case rule
    }

    struct Line: Sendable, Hashable {
        let elements: [Element]
        /// The only one that is more than white space.
        let soleElement: Element?

        init(elements: [Element]) {
            self.elements = elements
            let visible = elements.filter { !$0.isBlank }
            soleElement = visible.count == 1 ? visible[0] : nil
        }
    }

    enum Element: Sendable, Hashable {
        case text(TemplatePiece, Document.Marks)
        /// An empty text stands for the URL itself, set in these marks.
        case link([Element], LinkTemplate, Document.Marks)
    }

    package init(_ source: String) {
        var parser = TemplateBlockParser()
        blocks = parser.parse(source)
    }

    package var variables: [TemplateVariable] {
        blocks.flatMap { block -> [Line] in
            switch block {
            case .paragraph(let lines): lines
            case .heading(_, let line): [line]
            case .list(_, let items): items.flatMap(\.self)
            case .rule: []
            }
        }.flatMap { $0.elements.flatMap(\.variables) }
    }
}

extension DocumentTemplate.Element {
    fileprivate var isBlank: Bool {
        if case .text(.literal(let text), _) = self { text.allSatisfy(\.isWhitespace) } else { false }
    }

    fileprivate var variables: [TemplateVariable] {
        switch self {
        case .text(let piece, _): piece.variable.map { [$0] } ?? []
        case .link(let label, let target, _): label.flatMap(\.variables) + target.pieces.compactMap(\.variable)
        }
    }
}
