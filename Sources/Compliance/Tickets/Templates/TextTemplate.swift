import Jira

/// A template without markup: a summary, a custom field. Parsed once, filled in for each ticket; whatever is no variable is
/// literal text.
package struct TextTemplate: Sendable, Hashable {
    private let pieces: [TemplatePiece]

    package init(_ source: String) {
        pieces = TemplatePiece.pieces(of: TemplateToken.tokens(of: source, escapes: .braces))
    }

    package func text(_ values: TemplateValues) -> String {
        pieces.reduce(into: "") { $0 += $1.text(in: values) }
    }

    /// The value itself, if the template is a single variable: a list stays a list.
    func value(_ values: TemplateValues) -> JSONValue? {
        if pieces.count == 1, let variable = pieces[0].variable {
            return variable.value(in: values)
        }
        let text = text(values)
        return text.isEmpty ? nil : .string(text)
    }

    package var variables: [TemplateVariable] {
        pieces.compactMap(\.variable)
    }
}
