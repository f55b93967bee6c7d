import Jira

/// Labels as Jira takes them: without white space, at most 255 UTF-16 units.
enum IssueLabels {
    /// - Parameter mark: a label that must be there, as it is.
    static func make(_ wanted: [String], mark: String?) -> [String] {
        var seen: Set<String> = []
        return (wanted.map(sanitized) + (mark.map { [$0] } ?? [])).filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    private static func sanitized(_ label: String) -> String {
        let words = label.unicodeScalars.split { scalar in
            scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
        }
        return String(words.map { String($0) }.joined(separator: "-").prefix(utf16Units: 255))
    }
}
