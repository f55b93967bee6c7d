import Compliance
import Jira
import Postgres

/// The detail of an audit record in words; --json has it as it stands.
enum AuditWords {
    /// What a person asks first.
    private static let first = ["reason", "rule", "omitted", "remedy", "cause"]

    /// `reason: ...`, one for each thing; what was left out of a ticket stands field by field.
    static func lines(_ detail: PostgresJSON) -> [String] {
        guard case .object(let members)? = try? JSONValue(parsing: Array(detail.text.utf8)) else {
            return [detail.text]
        }
        let names = first.filter { members[$0] != nil } + members.keys.filter { !first.contains($0) }.sorted()
        return names.flatMap { name in
            let value = members[name] ?? .null
            if name == "omitted", case .object(let fields) = value {
                return fields.sorted { $0.key < $1.key }.map { "left out \($0.key): \(words($0.value))" }
            }
            return ["\(spaced(name)): \(words(value))"]
        }
    }

    static func line(_ detail: PostgresJSON) -> String {
        lines(detail).joined(separator: "; ")
    }

    private static func words(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .bool(let isSo): isSo ? "yes" : "no"
        case .array([]): "none"
        case .array(let elements): elements.map(words).joined(separator: ", ")
        case .object(let members):
            // An alert reads `threshold 75% at ...`.
            members.sorted { $0.key > $1.key }.map { "\(spaced($0.key)) \(words($0.value))" }.joined(separator: " ")
        case .null: "-"
        case .integer, .number: "\(value)"
        }
    }

    /// `dueDate` as `due date`.
    private static func spaced(_ name: String) -> String {
        name.map { $0.isUppercase ? " \($0.lowercased())" : String($0) }.joined()
    }
}

/// The records of one ticket or job, one after the other: what is the same for all of them is not said again.
enum AuditStory {
    private static let most = 1_000

    static func read(
        _ filter: AuditFilter, on connection: PostgresConnection
    ) async throws -> [AuditEntry] {
        var filter = filter
        filter.limit = most + 1
        let entries = try await connection.execute(ListAuditEntries(filter))
        guard entries.count > most else { return entries }
        CutList.tell(newest: most, json: true, instead: "kushim-jira audit list shows the others of the log")
        return entries.suffix(most)
    }

    static func print(_ entries: [AuditEntry]) {
        var sheet = FactSheet()
        for entry in entries {
            let who = [entry.jobID.map { "job \($0)" }, entry.issueKey, "by \(entry.actor)", "record \(entry.id)"]
            sheet.add(
                ShownTime.instant(entry.recordedAt),
                "\(entry.action) (\(who.compactMap { $0 }.joined(separator: ", ")))")
            sheet.add("", lines: AuditWords.lines(entry.detail))
        }
        sheet.print()
    }
}
