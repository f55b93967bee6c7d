import Jira

/// The labels of an issue, each once and as Jira takes them.
enum IssueLabels {
    /// - Parameter mark: a label that must be there, as it is.
    static func make(_ wanted: [String], mark: String?) -> [String] {
        var labels: [String] = []
        for label in wanted.lazy.map(\.jiraLabel) where !label.isEmpty && !labels.contains(label) {
            labels.append(label)
        }
        if let mark, !mark.isEmpty, !labels.contains(mark) { labels.append(mark) }
        return labels
    }
}
