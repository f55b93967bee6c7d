import HTTP

/// The target of a template's link. What variables bring cannot leave their place in the URL: it is percent-encoded down to
/// the unreserved characters of RFC 3986, section 2.3. Only a variable that opens the URL, as in `{evidenceUrl}` or
/// `{appUrl}/evidence`, may bring a URL's own marks; Jira is sent it only if it is absolute and http, https or mailto.
struct LinkTemplate: Sendable, Hashable {
    let pieces: [TemplatePiece]

    /// As people read it.
    func text(_ values: TemplateValues) -> String { pieces.map { $0.text(in: values) }.joined() }

    /// Nil if a variable has no value: such a link would lead nowhere.
    func url(_ values: TemplateValues) -> String? {
        var url = ""
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case .literal(let text):
                url += PercentEncoding.url(text)
            case .variable(let variable):
                guard let value = variable.value(in: values)?.templateText, !value.isEmpty else { return nil }
                url += index == 0 ? PercentEncoding.url(value) : PercentEncoding.query(value)
            }
        }
        return url
    }
}
