import Jira

/// A `FieldSetting`, parsed once.
indirect enum FieldTemplate: Sendable, Hashable {
    case text(TextTemplate)
    case option(TextTemplate)
    case options([TextTemplate])
    case literal(JSONValue)
    case array([FieldTemplate])
    case object([String: FieldTemplate])

    init(_ setting: FieldSetting) {
        switch setting {
        case .text(let text): self = .text(TextTemplate(text))
        case .option(let text): self = .option(TextTemplate(text))
        case .options(let texts): self = .options(texts.map(TextTemplate.init))
        case .json(let value): self.init(value)
        }
    }

    private init(_ value: JSONValue) {
        switch value {
        case .string(let text): self = .text(TextTemplate(text))
        case .array(let elements): self = .array(elements.map { FieldTemplate($0) })
        case .object(let members): self = .object(members.mapValues { FieldTemplate($0) })
        case .null, .bool, .integer, .number: self = .literal(value)
        }
    }

    /// What the field is sent; nil, and not sent, if nothing is left of it.
    ///
    /// A text is made fit for a single-line text field (255 characters): until the types of fields are learnt from
    /// createmeta, longer ones cannot be told apart.
    func value(_ values: TemplateValues) -> JSONValue? {
        switch self {
        case .text(let template): Self.text(template.text(values))
        case .option(let template): Self.text(template.text(values)).map { ["value": $0] }
        case .options(let templates): Self.options(templates.flatMap { Self.elements($0.value(values)) })
        case .literal(let value): value
        case .array(let elements): .array(elements.compactMap { $0.value(values) })
        case .object(let members): .object(members.compactMapValues { $0.value(values) })
        }
    }

    var variables: [TemplateVariable] {
        switch self {
        case .text(let template), .option(let template): template.variables
        case .options(let templates): templates.flatMap(\.variables)
        case .literal: []
        case .array(let elements): elements.flatMap(\.variables)
        case .object(let members): members.sorted { $0.key < $1.key }.flatMap(\.value.variables)
        }
    }

    private static func text(_ text: String) -> JSONValue? {
        let line = text.singleLine(limit: 255)
        return line.isEmpty ? nil : .string(line)
    }

    private static func elements(_ value: JSONValue?) -> [String] {
        switch value {
        case .array(let elements): elements.map(\.templateText)
        case .some(let value): [value.templateText]
        case nil: []
        }
    }

    private static func options(_ texts: [String]) -> JSONValue? {
        var seen: Set<String> = []
        let lines = texts.map { $0.singleLine(limit: 255) }.filter { !$0.isEmpty && seen.insert($0).inserted }
        return lines.isEmpty ? nil : .array(lines.map { ["value": .string($0)] })
    }
}
