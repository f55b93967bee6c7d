package import Jira
import Postgres

/// A `FieldSetting`, parsed once.
indirect enum FieldTemplate: Sendable, Hashable {
    case text(TextTemplate)
    case option(TextTemplate)
    case options([TextTemplate])
    case literal(JSONValue)
    case array([FieldTemplate])
    case object([Member])

    struct Member: Sendable, Hashable {
        let name: String
        let value: FieldTemplate
    }

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
        case .object(let members): self = .object(members.map { Member(name: $0.key, value: FieldTemplate($0.value)) })
        case .null, .bool, .integer, .number: self = .literal(value)
        }
    }

    /// What the field is to hold; nil if nothing is left of it.
    func content(_ values: TemplateValues) -> FieldContent? {
        switch self {
        case .text(let template): FieldContent.texts(Self.elements(template.value(values)), .untyped)
        case .option(let template): FieldContent.texts([template.text(values)], .option)
        case .options(let templates):
            FieldContent.texts(templates.flatMap { Self.elements($0.value(values)) }, .options)
        case .literal(let value) where isScalar:
            FieldContent.texts([value.templateText], .value(value))
        case .array(let elements) where elements.allSatisfy(\.isScalar):
            FieldContent.texts(
                elements.flatMap { $0.texts(values) },
                elements.contains(where: \.isText) ? .list : .value(json(values) ?? []))
        case .literal, .array, .object: json(values).map(FieldContent.json)
        }
    }

    var variables: [TemplateVariable] {
        switch self {
        case .text(let template), .option(let template): template.variables
        case .options(let templates): templates.flatMap(\.variables)
        case .literal: []
        case .array(let elements): elements.flatMap(\.variables)
        case .object(let members): members.flatMap(\.value.variables)
        }
    }

    private var isText: Bool {
        if case .text = self { true } else { false }
    }

    /// A text, or what stands for one without quotes: `2.0` may be a version's name.
    private var isScalar: Bool {
        switch self {
        case .text, .literal(.bool), .literal(.integer), .literal(.number): true
        default: false
        }
    }

    private func texts(_ values: TemplateValues) -> [String] {
        switch self {
        case .text(let template): Self.elements(template.value(values))
        case .literal(let value): [value.templateText]
        default: []
        }
    }

    /// As it stands in the settings, its strings filled in; nil if all that it holds were variables without value.
    private func json(_ values: TemplateValues) -> JSONValue? {
        switch self {
        case .text(let template), .option(let template):
            FieldContent.texts([template.text(values)], .untyped)?.withoutType
        case .options: nil
        case .literal(let value): value
        case .array(let elements): Self.unlessEmpty(elements.compactMap { $0.json(values) }, JSONValue.array)
        case .object(let members):
            Self.unlessEmpty(members.compactMap { member in member.value.json(values).map { (member.name, $0) } }) {
                .object(JSONObject(inAnyOrder: $0))
            }
        }
    }

    private static func unlessEmpty<C: Collection>(_ content: C, _ value: (C) -> JSONValue) -> JSONValue? {
        if content.isEmpty { return nil }
        return value(content)
    }

    private static func elements(_ value: JSONValue?) -> [String] {
        switch value {
        case .array(let elements): elements.map(\.templateText)
        case .some(let value): [value.templateText]
        case nil: []
        }
    }
}

/// What a field is to hold, before it is said as the field's type wants it.
package enum FieldContent: Sendable, Hashable {
    /// What the settings say of the type; the field itself knows better, where it could be asked.
    package enum Form: Sendable, Hashable {
        case untyped, option, options, list
        /// A number or truth value, and sent as that where nothing else is known.
        case value(JSONValue)
    }

    /// Not empty, nor are they.
    case words([String], Form)
    /// To be sent as it is.
    case json(JSONValue)

    /// Nil if nothing is left of the texts.
    static func texts(_ texts: [String], _ form: Form) -> FieldContent? {
        var seen: Set<ExactText> = []
        let kept = texts.filter { !$0.isEmpty && seen.insert(ExactText($0)).inserted }
        return kept.isEmpty ? nil : .words(kept, form)
    }

    /// For a field of which nothing is known but its id: a text is made fit for a single-line text field (255 characters).
    var withoutType: JSONValue? {
        switch self {
        case .json(let value): return value
        case .words(let words, let form):
            let lines = words.map { $0.singleLine(limit: 255) }.filter { !$0.isEmpty }
            guard let first = lines.first else { return nil }
            switch form {
            case .untyped:
                return .string(lines.count == 1 ? first : lines.joined(separator: ", ").singleLine(limit: 255))
            case .option: return ["value": .string(first)]
            case .options: return .array(lines.map { ["value": .string($0)] })
            case .list: return .array(lines.map { .string($0) })
            case .value(let value): return value
            }
        }
    }

    /// The words that may be people's.
    var addresses: [String] {
        if case .words(let words, _) = self { words.filter { $0.contains("@") } } else { [] }
    }
}

extension FieldContent: CustomStringConvertible {
    package var description: String {
        switch self {
        case .json(let value): value.stringValue ?? "\(value)"
        case .words(let words, _): words.joined(separator: ", ")
        }
    }
}
