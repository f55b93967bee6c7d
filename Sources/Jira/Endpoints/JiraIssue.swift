package import FoundationEssentials

/// An issue as Jira tells it, as far as it was asked for fields.
package struct JiraIssue: Sendable, Hashable {
    /// What the status means; its name is free text in any language.
    package enum StatusCategory: String, Sendable {
        case undefined, new, indeterminate, done
    }

    /// Its identity: the key changes when the issue is moved.
    package var id: String
    package var key: String
    package var summary: String?
    package var status: String?
    package var statusCategory: StatusCategory?
    package var resolution: String?
    package var labels: [String]
    package var created: Date?
    package var resolved: Date?
    /// When its status came into its category. Cloud only.
    package var statusCategoryChanged: Date?
    package var updated: Date?
    /// Since when it has its status, by the changelog; nil if that was not asked for, or does not reach so far.
    package var statusSince: Date?
    /// What the server's clock showed when it told of this issue alone.
    package var serverTime: ServerTime?
    package var projectKey: String?
    package var properties: [String: JSONValue]
    /// All fields that came, as they came.
    package var fields: [String: JSONValue]

    /// The fields that the members above are read from.
    package static let standardFields = [
        "summary", "status", "resolution", "labels", "created", "resolutiondate", "project",
    ]

    /// How many issues an answer may hold with these fields: a hundred long descriptions can be more than is taken of one.
    package static func mostInAnswer(with fields: [String]) -> Int { fields.contains("description") ? 50 : 100 }

    package init(_ body: JSONValue) throws(UnreadableAnswer) {
        id = try body.requiredString("id")
        key = try body.requiredString("key")
        let fields = body["fields"]
        summary = fields?["summary"]?.stringValue
        status = fields?["status"]?["name"]?.stringValue
        statusCategory = (fields?["status"]?["statusCategory"]?["key"]?.stringValue).map {
            StatusCategory(rawValue: $0) ?? .undefined
        }
        resolution = fields?["resolution"]?["name"]?.stringValue
        labels = (fields?["labels"]?.arrayValue ?? []).compactMap(\.stringValue)
        created = (fields?["created"]?.stringValue).flatMap(JiraTimestamp.iso8601)
        resolved = (fields?["resolutiondate"]?.stringValue).flatMap(JiraTimestamp.iso8601)
        statusCategoryChanged = (fields?[Self.statusChangedField]?.stringValue).flatMap(JiraTimestamp.iso8601)
        updated = (fields?["updated"]?.stringValue).flatMap(JiraTimestamp.iso8601)
        statusSince = Self.statusSince(body["changelog"], status: fields?["status"]?["id"]?.stringValue)
        projectKey = fields?["project"]?["key"]?.stringValue
        properties = body["properties"]?.objectValue?.dictionary ?? [:]
        self.fields = fields?.objectValue?.dictionary ?? [:]
    }

    package static let statusChangedField = "statuscategorychangedate"

    /// When the last change of the status was made, if the changelog is whole and that change led to this status.
    private static func statusSince(_ changelog: JSONValue?, status: String?) -> Date? {
        guard let histories = changelog?["histories"]?.arrayValue, let status,
            (changelog?["total"]?.integerValue ?? 0) <= Int64(histories.count)
        else { return nil }
        let changes = histories.flatMap { history in
            (history["items"]?.arrayValue ?? []).compactMap { item -> (at: Date, to: String?)? in
                let field = (item["fieldId"] ?? item["field"])?.stringValue
                guard field?.lowercased() == "status" else { return nil }
                let at = (history["created"]?.stringValue).flatMap(JiraTimestamp.iso8601)
                return at.map { ($0, item["to"]?.stringValue) }
            }
        }
        guard let last = changes.max(by: { $0.at < $1.at }), last.to == status else { return nil }
        return last.at
    }

    package var isDone: Bool { statusCategory == .done }
}
