import Jira

@testable import Compliance

/// A template and, behind a NUL byte, a payload. Every template can be filled in with every payload; what comes out of it is told
/// as a document is.
func fuzzTemplates(_ bytes: [UInt8]) {
    let parts = bytes.parts(atMost: 2)
    let payload = parts.count > 1 ? (try? JSONValue(parsing: parts[1]))?.objectValue ?? [:] : [:]
    let values = TemplateValues(
        named: ["customerId": "acme", "jobId": 7, "appUrl": "https://app.kushim.io"], payload: payload)

    let text = TextTemplate(parts[0])
    let filled = text.text(values)
    if text.variables.isEmpty {
        demand(filled == TextTemplate(parts[0]).text(TemplateValues(named: [:])), "words need no values: \(filled)")
    }
    let line = filled.singleLine()
    demand(line.utf16.count <= 254 && !line.contains(where: \.isNewline), "one line: \(line.debugDescription)")

    let template = DocumentTemplate(parts[0])
    checkRendering(template.document(values))
    for warning in TemplateWarning.warnings(
        for: text.variables + template.variables, of: "tickets.summary", values, hasPayload: true)
    {
        demand(!"\(warning)".isEmpty, "a warning says something")
    }
    _ = TemplateWarning.foreign(in: parts[0], of: "tickets.summary")
}
