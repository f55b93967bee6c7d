import FoundationEssentials
import Jira

/// The why of an audit record, as JSON.
enum AuditDetail {
    /// Characters kept of one text: a reason may be forty pages.
    static let longestText = 2_000

    static func text(_ detail: [String: JSONValue]) -> String {
        storable(.object(detail.filter { !$0.value.isNull })).description
    }

    /// PostgreSQL's jsonb has no NUL.
    private static func storable(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(cut(text))
        case .array(let elements): .array(elements.map(storable))
        case .object(let members):
            .object(JSONObject(inAnyOrder: members.map { (cut($0.key), storable($0.value)) }))
        default: value
        }
    }

    private static func cut(_ text: String) -> String {
        let short =
            text.unicodeScalars.count <= longestText ? text : String(text.unicodeScalars.prefix(longestText - 1)) + "…"
        guard short.utf8.contains(0) else { return short }
        return String(String.UnicodeScalarView(short.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}

extension JSONValue {
    /// A moment, as PostgreSQL's JSON and ISO 8601 write it.
    static func moment(_ date: Date) -> JSONValue {
        .string(date.formatted(.iso8601))
    }
}
