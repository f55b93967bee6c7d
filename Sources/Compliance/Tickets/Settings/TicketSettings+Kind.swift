package import Jira

extension TicketSettings {
    /// What is to be made of a failure for which a rule decides, or none.
    package func kind(by rule: TicketRule? = nil) -> IssueKind {
        // A rule that names an issue type wants an issue.
        let requestType = rule?.requestType ?? (rule?.issueType == nil ? requestType : nil)
        if let requestType, !requestType.isEmpty { return .requestType(requestType) }
        return .issueType(rule?.issueType ?? issueType)
    }

    /// Where tickets may be made, and as what; each once.
    package var targets: [(project: String, kind: IssueKind)] {
        var targets: [(project: String, kind: IssueKind)] = []
        let fromRules = rules.map { ($0.project ?? project, kind(by: $0)) }
        for (project, kind) in [(project, kind())] + fromRules {
            guard let project, !targets.contains(where: { $0 == (project, kind) }) else { continue }
            targets.append((project, kind))
        }
        return targets
    }
}
