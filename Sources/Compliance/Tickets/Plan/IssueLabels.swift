import Jira

/// Labels as Jira takes them: without white space, at most 255 UTF-16 units.
enum IssueLabels {
    /// - Parameter mark: a label that must be there, as it is.
    static func make(_ wanted: [String], mark: String?) -> [String] {
        var seen: Set<String> = []
        return (wanted.map(sanitized) + (mark.map { [$0] } ?? [])).filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    private static func sanitized(_ label: String) -> String {
        if label.utf8.count <= 255, label.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return label }
        let words = label.unicodeScalars.split { scalar in
            scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
        }
        return String(words.map { String($0) }.joined(separator: "-").prefix(utf16Units: 255))
    }
}
