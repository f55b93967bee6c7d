import Jira

/// Why one thing about a ticket is as it is: what the settings decided, and which of them.
package struct TicketReason: Sendable, Hashable {
    /// What was decided: `project`, `labels`; or which rule was asked: `rules[0]`.
    package var subject: String
    /// What it came to; nil where a rule does not match.
    package var value: String?
    /// The setting that decided, or why it did not.
    package var because: String
}

extension TicketPlanner {
    /// The way to `plan`, step by step in the order of deciding.
    package func explain(_ failure: ComplianceFailure, _ facts: TicketFacts) -> [TicketReason] {
        var reasons = threshold(failure) + disabledControl(failure)
        let plan = plan(failure, facts)
        if case .skip = plan { return reasons }
        let decided = settings.rules.firstIndex { $0.match.matches(failure) }
        reasons += settings.rules.indices.map { ruleReason($0, decided: decided, failure) }
        switch plan {
        case .skip: break
        case .misconfigured(let reason): reasons.append(TicketReason(subject: "project", because: reason))
        case .create(let draft): reasons += parts(of: draft, decided, failure, facts)
        }
        return reasons
    }

    private func threshold(_ failure: ComplianceFailure) -> [TicketReason] {
        let isEnough = failure.severity >= settings.minimumSeverity
        return [
            TicketReason(
                subject: "severity", value: failure.severity.rawValue,
                because: "\(isEnough ? "at or above" : "below") tickets.minimum_severity, "
                    + "\(settings.minimumSeverity.rawValue)\(isEnough ? "" : ": no ticket")")
        ]
    }

    private func disabledControl(_ failure: ComplianceFailure) -> [TicketReason] {
        let disabled = settings.disabledControls.first { $0.matches(failure.controlID) }
        guard let disabled else { return [] }
        return [
            TicketReason(
                subject: "control", value: failure.controlID,
                because: "tickets.disabled_controls has \(disabled): no ticket")
        ]
    }

    private func ruleReason(_ place: Int, decided: Int?, _ failure: ComplianceFailure) -> TicketReason {
        let match = settings.rules[place].match
        let subject = "rules[\(place)] (\(match))"
        if place == decided {
            return TicketReason(subject: subject, value: "decides", because: "the first that matches")
        }
        if let decided, place > decided {
            return TicketReason(subject: subject, because: "not asked: rules[\(decided)] has decided")
        }
        return TicketReason(subject: subject, because: match.obstacle(to: failure) ?? "")
    }

    private func parts(
        of draft: TicketDraft, _ decided: Int?, _ failure: ComplianceFailure, _ facts: TicketFacts
    ) -> [TicketReason] {
        let rule = decided.map { settings.rules[$0] }
        func source(_ isFromRule: Bool, _ key: String, or setting: String? = nil) -> String {
            isFromRule ? "rules[\(decided ?? 0)].\(key)" : "tickets.\(setting ?? key)"
        }
        func text(_ values: [String]) -> String? { values.isEmpty ? nil : values.joined(separator: ", ") }
        var labels = source(rule?.labels != nil, "labels")
        if settings.labelIntegration, failure.integration != nil { labels += " and tickets.label_integration" }
        var reasons = [
            TicketReason(subject: "project", value: draft.project, because: source(rule?.project != nil, "project")),
            kindReason(draft.kind, rule, source),
            TicketReason(
                subject: "priority", value: draft.priority,
                because: source(rule?.priority != nil, "priority", or: "priorities.\(failure.severity.rawValue)")),
            TicketReason(
                subject: "assignee", value: draft.assignee, because: source(rule?.assignee != nil, "assignee")),
            TicketReason(
                subject: "components", value: text(draft.components),
                because: source(rule?.components != nil, "components")),
            TicketReason(subject: "labels", value: text(draft.labels), because: labels),
            TicketReason(subject: "parent", value: draft.parent, because: "tickets.parent"),
            TicketReason(
                subject: "due date", value: draft.dueDate, because: "sla.due.\(failure.severity.rawValue)"),
        ]
        let decidedElsewhere = settings.decidedElsewhere
        for id in settings.fields.keys.sorted() {
            if let setting = decidedElsewhere[id] {
                reasons.append(
                    TicketReason(subject: id, because: "tickets.fields.\(id) has no effect: \(setting) decides"))
                continue
            }
            let value = draft.fields[id].map { "\($0)" }
            reasons.append(
                TicketReason(
                    subject: id, value: value,
                    because: "tickets.fields.\(id)" + (value == nil ? ": nothing is left of it" : "")))
        }
        return reasons
    }
}

private func kindReason(
    _ kind: IssueKind, _ rule: TicketRule?, _ source: (Bool, String, String?) -> String
) -> TicketReason {
    switch kind {
    case .issueType(let name):
        TicketReason(subject: "issue type", value: name, because: source(rule?.issueType != nil, "issue_type", nil))
    case .requestType(let name):
        TicketReason(
            subject: "request type", value: name, because: source(rule?.requestType != nil, "request_type", nil))
    }
}

extension TicketRule.Match {
    /// What about a failure does not match; nil if all does.
    fileprivate func obstacle(to failure: ComplianceFailure) -> String? {
        let named: [(String, [Glob]?, String?)] = [
            ("control", control, failure.controlID), ("integration", integration, failure.integration),
            ("severity", severity?.map { Glob($0.rawValue) }, failure.severity.rawValue),
            ("framework", framework, failure.framework),
        ]
        for (name, wanted, found) in named {
            guard let wanted, !wanted.contains(where: { found.map($0.matches) ?? false }) else { continue }
            return "does not match: the \(name) is \(found ?? "not told")"
        }
        return nil
    }
}
