/// A project: which types, fields and priorities its create screen takes.
package struct SimulatedProject: Sendable {
    package var key: String
    package var name: String
    package var issueTypes: [IssueType] = IssueType.standard
    package var components: [String] = ["Security", "Infrastructure"]
    package var versions: [String] = ["1.0", "2.0"]
    /// Fields that must be sent on create, by field id; `summary`, `project` and `issuetype` always must.
    package var requiredFields: Set<String> = []
    /// Fields that are not on the create screen, by field id.
    package var hiddenFields: Set<String> = []
    /// What validators of the workflow refuse: what stands in a summary, and what they then say; of a field where that begins with
    /// the field's id and a colon.
    package var validators: [String: String] = [:]
    package var priorities: [Priority] = Priority.standard
    package var isArchived = false
    /// An issue security scheme, by which issues can be hidden. Without one none is.
    package var hasIssueSecurity = false
    /// Nil for a project of Jira Software.
    package var serviceDesk: ServiceDesk?
    /// What the signed-in user may do here. Without `BROWSE_PROJECTS` the project does not seem to exist.
    package var permissions: Set<String> = Set(Self.allPermissions)

    package init(key: String, name: String, serviceDesk: ServiceDesk? = nil) {
        self.key = key
        self.name = name
        self.serviceDesk = serviceDesk
    }

    package static let allPermissions = [
        "BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "ASSIGN_ISSUES", "LINK_ISSUES",
        "SET_ISSUE_SECURITY", "TRANSITION_ISSUES", "DELETE_ISSUES", "ADMINISTER_PROJECTS",
    ]

    static let formerPermissions = [
        "BROWSE_PROJECTS": "BROWSE", "CREATE_ISSUES": "CREATE_ISSUE", "EDIT_ISSUES": "EDIT_ISSUE",
        "ADD_COMMENTS": "COMMENT_ISSUE", "ASSIGN_ISSUES": "ASSIGN_ISSUE", "LINK_ISSUES": "LINK_ISSUE",
    ]

    package static let defaults = [
        SimulatedProject(key: "COMP", name: "Compliance Management"),
        SimulatedProject(key: "SEC", name: "Security"),
        SimulatedProject(key: "IT", name: "IT Operations", serviceDesk: ServiceDesk()),
        SimulatedProject(key: "INFRA", name: "Infrastructure"),
        SimulatedProject(key: "DEV", name: "Development"),
    ]
}

package struct IssueType: Sendable, Hashable {
    package var id: String
    package var name: String
    package var isSubtask: Bool

    package init(id: String, name: String, isSubtask: Bool = false) {
        self.id = id
        self.name = name
        self.isSubtask = isSubtask
    }

    package static let standard = [
        IssueType(id: "10000", name: "Epic"), IssueType(id: "10001", name: "Task"), IssueType(id: "10002", name: "Bug"),
        IssueType(id: "10003", name: "Story"), IssueType(id: "10004", name: "Sub-task", isSubtask: true),
        IssueType(id: "10005", name: "Incident"), IssueType(id: "10006", name: "Service Request"),
    ]
}

package struct Priority: Sendable, Hashable {
    package var id: String
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }

    package static let standard = [
        Priority(id: "1", name: "Highest"), Priority(id: "2", name: "High"), Priority(id: "3", name: "Medium"),
        Priority(id: "4", name: "Low"), Priority(id: "5", name: "Lowest"),
    ]
}

package struct Status: Sendable, Hashable {
    package enum Category: String, Sendable {
        case new
        case indeterminate
        case done

        var id: Int {
            switch self {
            case .new: 2
            case .done: 3
            case .indeterminate: 4
            }
        }
        var name: String {
            switch self {
            case .new: "To Do"
            case .done: "Done"
            case .indeterminate: "In Progress"
            }
        }
        var color: String {
            switch self {
            case .new: "blue-gray"
            case .done: "green"
            case .indeterminate: "yellow"
            }
        }
    }

    package var id: String
    package var name: String
    package var category: Category

    package static let toDo = Status(id: "10000", name: "To Do", category: .new)
    static let all = [
        toDo, Status(id: "3", name: "In Progress", category: .indeterminate),
        Status(id: "10001", name: "Done", category: .done), Status(id: "10002", name: "Closed", category: .done),
        Status(id: "10003", name: "Reopened", category: .new),
    ]

    static func named(_ name: String) -> Status? {
        all.first { $0.name.lowercased() == name.lowercased() || $0.id == name }
    }
}
