import Jira

/// The labels of an issue, each once and as Jira takes them.
enum IssueLabels {
    /// - Parameter mark: a label that must be there, as it is.
    static func make(_ wanted: [String], mark: String?) -> [String] {
        var seen: Set<String> = []
        return (wanted.map(\.jiraLabel) + (mark.map { [$0] } ?? [])).filter { !$0.isEmpty && seen.insert($0).inserted }
    }
}
