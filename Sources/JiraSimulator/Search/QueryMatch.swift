import FoundationEssentials

/// A query made ready to be run: field names resolved, values checked, times computed.
struct QueryMatch {
    let query: Query
    let now: Date

    init(_ query: Query, now: Date) {
        self.query = query
        self.now = now
    }

    static let knownFields: Set<String> = [
        "project", "key", "issuekey", "issue", "id", "labels", "status", "statuscategory", "created", "updated",
        "resolutiondate", "resolved", "issuetype", "type", "priority", "resolution", "summary", "text", "reporter",
        "assignee", "due", "duedate", "creator", "description", "component", "environment", "parent",
    ]

    static func isKey(_ field: String) -> Bool { ["key", "issuekey", "issue", "id"].contains(field) }

    /// All clauses, wherever they stand.
    static func clauses(_ restriction: Query.Restriction) -> [(
        field: String, comparison: Query.Comparison, values: [String]
    )] {
        switch restriction {
        case .and(let parts), .or(let parts): parts.flatMap(clauses)
        case .not(let part): clauses(part)
        case .clause(let field, let comparison, let values): [(field, comparison, values)]
        }
    }

    /// Fields that take a text search.
    static func isText(_ field: String) -> Bool { ["summary", "text", "description", "environment"].contains(field) }

    func matches(_ issue: SimulatedIssue, _ restriction: Query.Restriction) -> Bool {
        switch restriction {
        case .and(let parts): parts.allSatisfy { matches(issue, $0) }
        case .or(let parts): parts.contains { matches(issue, $0) }
        case .not(let part): !matches(issue, part)
        case .clause(let field, let comparison, let values): matches(issue, field, comparison, values)
        }
    }

    private func matches(
        _ issue: SimulatedIssue, _ field: String, _ comparison: Query.Comparison, _ values: [String]
    ) -> Bool {
        switch field {
        case "created": time(issue.created, comparison, values)
        case "updated": time(issue.updated, comparison, values)
        case "resolved", "resolutiondate": time(issue.resolved, comparison, values)
        case "due", "duedate": text(issue.due.map { [$0] } ?? [], comparison, values)
        case "key", "issuekey", "issue", "id":
            text([issue.key, "\(issue.id)"] + issue.formerKeys, comparison, values)
        case "labels": text(issue.labels, comparison, values, exactCase: true)
        case "project": text([issue.projectKey], comparison, values)
        case "status": text([issue.status.name, issue.status.id], comparison, values)
        case "statuscategory":
            text(
                [issue.status.category.name, issue.status.category.rawValue, "\(issue.status.category.id)"], comparison,
                values)
        case "issuetype", "type": text([issue.type.name, issue.type.id], comparison, values)
        case "priority": text(issue.priority.map { [$0.name, $0.id] } ?? [], comparison, values)
        case "resolution": text(issue.resolution.map { [$0] } ?? [], comparison, values, emptyWord: "unresolved")
        case "reporter", "creator": text([issue.reporter.accountID, issue.reporter.name], comparison, values)
        case "assignee": text(issue.assignee.map { [$0.accountID, $0.name] } ?? [], comparison, values)
        case "summary": text([issue.summary], comparison, values)
        case "description": text(issue.description.map { [$0.words] } ?? [], comparison, values)
        case "text":
            text(
                [issue.summary] + issue.richFields.values.map(\.words) + issue.comments.map(\.body.words), comparison,
                values)
        case "parent": text(issue.parentKey.map { [$0] } ?? [], comparison, values)
        default: false
        }
    }

    private func text(
        _ held: [String], _ comparison: Query.Comparison, _ values: [String], exactCase: Bool = false,
        emptyWord: String? = nil
    ) -> Bool {
        func equal(_ value: String) -> Bool {
            if let emptyWord, held.isEmpty { return value.lowercased() == emptyWord }
            return held.contains { exactCase ? $0 == value : $0.lowercased() == value.lowercased() }
        }
        switch comparison {
        case .equal, .isIn: return values.contains(where: equal)
        // As in Jira, an issue without a value does not match "!=" or "not in".
        case .notEqual, .notIn: return !held.isEmpty && !values.contains(where: equal)
        case .isEmpty: return held.isEmpty
        case .isNotEmpty: return !held.isEmpty
        case .contains:
            return values.contains { value in held.contains { TextQuery(value)?.matches($0) ?? false } }
        case .atLeast: return held.contains { $0 >= values[0] }
        case .atMost: return held.contains { $0 <= values[0] }
        case .above: return held.contains { $0 > values[0] }
        case .below: return held.contains { $0 < values[0] }
        }
    }

    private func time(_ instant: Date?, _ comparison: Query.Comparison, _ values: [String]) -> Bool {
        guard let instant else { return comparison == .isEmpty }
        if comparison == .isNotEmpty { return true }
        guard let text = values.first, let bound = Self.instant(text, now: now) else { return false }
        return switch comparison {
        case .atLeast: instant >= bound
        case .atMost: instant <= bound
        case .above: instant > bound
        case .below: instant < bound
        default: false
        }
    }

    /// `-24h`, `-30m`, `-7d`, `-2w` from now (days by midnight, UTC); `2026-11-23` and `2026-11-23 14:05`.
    static func instant(_ text: String, now: Date) -> Date? {
        if let unit = text.last, let count = Int(text.dropLast().replacing("+", with: "")) {
            let midnight = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / 86_400).rounded(.down) * 86_400)
            switch unit {
            case "m": return now.addingTimeInterval(Double(count) * 60)
            case "h": return now.addingTimeInterval(Double(count) * 3600)
            case "d": return midnight.addingTimeInterval(Double(count) * 86_400)
            case "w": return midnight.addingTimeInterval(Double(count) * 604_800)
            default: break
            }
        }
        let parts = text.replacing("/", with: "-").split(separator: " ", maxSplits: 1)
        guard let day = parts.first, isCalendarDate(String(day)) else { return nil }
        let time = parts.count == 2 ? String(parts[1]) : "00:00"
        return try? Date("\(day)T\(time):00Z", strategy: .iso8601)
    }
}
