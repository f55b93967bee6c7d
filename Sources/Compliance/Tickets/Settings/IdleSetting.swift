/// A setting that is written and decides nothing: more often than not a slip.
package struct IdleSetting: Sendable, Hashable, CustomStringConvertible {
    /// Such as `tickets.fields.summary`.
    package var setting: String
    package var reason: String

    package var description: String { "\(setting) \(reason)" }
}

extension TicketSettings {
    package var idle: [IdleSetting] {
        fields.sorted { $0.key < $1.key }.compactMap { id, value in
            reason(idle: id, value).map { IdleSetting(setting: "tickets.fields.\(id)", reason: $0) }
        } + idleRules
    }

    /// Those of `fields` that settings of their own decide, with these.
    var decidedElsewhere: [String: String] {
        var deciding = [
            "summary": "tickets.summary", "description": "tickets.description", "project": "tickets.project",
            "issuetype": "tickets.issue_type", "duedate": "sla.due",
        ]
        // The mark of a ticket is a label; that of a request is not.
        if requestType == nil || !labels.isEmpty || labelIntegration { deciding["labels"] = "tickets.labels" }
        if Severity.allCases.allSatisfy({ priorities[$0]?.isEmpty == false }) {
            deciding["priority"] = "tickets.priorities"
        }
        if components.contains(where: { !$0.isEmpty }) { deciding["components"] = "tickets.components" }
        if assignee?.isEmpty == false { deciding["assignee"] = "tickets.assignee" }
        if parent?.isEmpty == false { deciding["parent"] = "tickets.parent" }
        return deciding.filter { fields[$0.key] != nil }
    }

    private func reason(idle id: String, _ value: FieldSetting) -> String? {
        if let setting = decidedElsewhere[id] { return "has no effect: \(setting) decides" }
        // As the integration guide maps them, the other way round.
        guard case .text(let text) = value, text.wholeMatch(of: #/customfield_[0-9]+/#) != nil,
            !id.hasPrefix("customfield_")
        else { return nil }
        return "is no field of Jira; the field comes first: \(text): \"{\(id)}\""
    }

    private var idleRules: [IdleSetting] {
        var all: Int?
        return rules.enumerated().compactMap { place, rule in
            defer { if all == nil, rule.match.fitsAll(from: minimumSeverity) { all = place } }
            let reason =
                if let all { "never decides: tickets.rules[\(all)] fits every failure before it" } else {
                    rule.match.impossible(from: minimumSeverity)
                }
            return reason.map { IdleSetting(setting: "tickets.rules[\(place)]", reason: $0) }
        }
    }
}

extension TicketRule.Match {
    fileprivate func fitsAll(from threshold: Severity) -> Bool {
        let wanted = Severity.allCases.filter { $0 >= threshold }
        return integration == nil && framework == nil && control?.contains { $0.text == "*" } ?? true
            && wanted.allSatisfy { severity?.contains($0) ?? true }
    }

    /// Why no failure can fit.
    fileprivate func impossible(from threshold: Severity) -> String? {
        let lists = [("control", control), ("integration", integration), ("framework", framework)]
        if let (name, _) = lists.first(where: { $1?.isEmpty == true }) {
            return "never decides: its match.\(name) is an empty list"
        }
        guard let severity, !severity.contains(where: { $0 >= threshold }) else { return nil }
        return severity.isEmpty
            ? "never decides: its match.severity is an empty list"
            : "never decides: tickets.minimum_severity is \(threshold.rawValue)"
    }
}
