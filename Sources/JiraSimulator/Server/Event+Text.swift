extension SimulatedJira.Event {
    /// The event for a person; nil for requests, which are too many to read.
    package func text(browsedAt baseURL: String, isStyled: Bool) -> String? {
        let writer = TerminalWriter(isStyled: isStyled)
        switch self {
        case .requestAnswered: return nil
        case .issueCreated(let issue):
            var lines = [
                "",
                writer.styled("┌─ \(issue.key) ", .strong) + "  \(baseURL)/browse/\(issue.key)",
                "│ " + writer.styled(writer.visible(issue.summary), .strong),
                "│ \(issue.type.name)\(issue.requestType.map { " · request type \($0)" } ?? "") · priority \(issue.priority?.name ?? "none") · due \(issue.due ?? "none")"
                    + " · assignee \(issue.assignee?.displayName ?? "nobody")",
            ]
            if !issue.labels.isEmpty {
                lines.append("│ labels: " + writer.visible(issue.labels.joined(separator: ", ")))
            }
            for (key, value) in issue.properties.sorted(by: { $0.key < $1.key }) {
                lines.append("│ property \(writer.visible(key)): " + writer.visible(String(value.text.prefix(300))))
            }
            if let description = issue.description {
                lines.append("│")
                lines += writer.lines(of: description.blocks).map { $0.isEmpty ? "│" : "│   " + $0 }
            }
            return (lines + ["└─"]).joined(separator: "\n")
        case .commentAdded(let comment, let key):
            let body = writer.lines(of: comment.body.blocks).map { $0.isEmpty ? "│" : "│   " + $0 }
            let head = "┌─ " + writer.styled("\(key) comment by \(comment.author.displayName)", .strong)
            return (["", head] + body + ["└─"]).joined(separator: "\n")
        }
    }

    /// The event for a program.
    package var json: JSON {
        switch self {
        case .issueCreated(let issue): ["event": "issueCreated", "issue": issue.adminJSON]
        case .commentAdded(let comment, let key):
            ["event": "commentAdded", "issueKey": .string(key), "comment": comment.adminJSON]
        case .requestAnswered(let record): ["event": "requestAnswered", "request": record.adminJSON]
        }
    }
}
