import Jira

extension TicketDraft {
    /// The ticket for a person at a terminal.
    package func text() -> String {
        var rows = [("Project", project), (kindName, kind.name), ("Summary", summary)]
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { rows.append((name, value)) }
        }
        add("Priority", priority)
        add("Due date", dueDate)
        add("Assignee", assignee)
        add("Components", components.joined(separator: ", "))
        add("Labels", labels.joined(separator: ", "))
        add("Parent", parent)
        for (id, value) in fields.sorted(by: { $0.key < $1.key }) {
            add(id.singleLine(limit: 100), "\(value)")  // as written in the settings
        }
        add("Decided by", rule)
        let width = rows.map(\.0.count).max() ?? 0
        let header = rows.map { name, value in
            "\(name):" + String(repeating: " ", count: width - name.count + 1) + value.singleLine(limit: 1_000)
        }
        return header.joined(separator: "\n") + "\n\n" + description.plainText() + "\n"
    }

    private var kindName: String {
        switch kind {
        case .issueType: "Issue type"
        case .requestType: "Request type"
        }
    }
}
