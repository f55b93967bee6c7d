package import Jira

/// What `tickets.fields` puts into a field: JSON whose strings are templates.
///
/// - `"{controlId}"`: a text field or URL.
/// - `{option: "{framework}"}`: a select list.
/// - `{options: "{affectedSystems}"}`: a multi-select, one option for each element of a list.
/// - anything else goes to Jira as it stands, its strings filled in: `{name: "jira-developers"}`, `5`.
package enum FieldSetting: Sendable, Hashable {
    case text(String)
    case option(String)
    case options([String])
    case json(JSONValue)
}

extension FieldSetting {
    var holdsNothing: Bool { self == .json([:]) }

    /// As they are written, where the setting is made of texts.
    var texts: [String] {
        switch self {
        case .text(let text), .option(let text), .json(.string(let text)): [text]
        case .options(let texts): texts
        case .json(.array(let elements)): elements.compactMap(\.stringValue)
        case .json: []
        }
    }
}

extension FieldSetting: Codable {
    private enum CodingKeys: String, CodingKey {
        case option, options
    }

    package init(from decoder: any Decoder) throws {
        // A member that is null is as if it were absent, as in a merge patch.
        let value = try JSONValue(from: decoder).withoutNullMembers
        switch value {
        case .string(let text):
            self = .text(text)
        case .object(let members) where members.count == 1 && members["option"] != nil:
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self = .option(try container.decode(String.self, forKey: .option))
        case .object(let members) where members.count == 1 && members["options"] != nil:
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self = .options(try container.oneOrMany(.options) ?? [])
        case .null:
            self = .json([:])
        default:
            self = .json(value)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text): try text.encode(to: encoder)
        case .option(let text): try JSONValue.object(["option": .string(text)]).encode(to: encoder)
        case .options(let texts):
            try JSONValue.object(["options": .array(texts.map(JSONValue.string))]).encode(to: encoder)
        case .json(let value): try value.encode(to: encoder)
        }
    }
}
