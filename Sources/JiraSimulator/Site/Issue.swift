package import FoundationEssentials

/// Formatted text as it was sent: the two notations of Jira.
package enum RichText: Sendable, Hashable {
    case adf(JSON)
    case wiki(String)
}

package struct SimulatedComment: Sendable, Hashable {
    package var id: Int
    package var issueID: Int
    package var author: SimulatedUser
    package var body: RichText
    package var properties: [String: JSON]
    package var created: Date
}

/// An entry of an issue's changelog.
package struct StatusChange: Sendable, Hashable {
    package var at: Date
    package var from: Status
    package var to: Status

    package init(at: Date, from: Status, to: Status) {
        self.at = at
        self.from = from
        self.to = to
    }
}

/// An issue as the simulator keeps it.
package struct SimulatedIssue: Sendable, Hashable {
    package enum Origin: String, Sendable {
        case api
        /// Made through the simulator's own surface, as a person at the screen would.
        case hand
        case clone
    }

    package var id: Int
    package var projectKey: String
    package var number: Int
    package var key: String { "\(projectKey)-\(number)" }
    /// Keys from before a move; reads under them still find the issue.
    package var formerKeys: [String] = []
    package var type: IssueType
    /// The id of the request type; nil for an issue that the portal does not show.
    package var requestType: String?
    package var status: Status = .toDo
    package var resolution: String?
    package var summary: String
    package var priority: Priority?
    package var labels: [String] = []
    package var due: String?
    package var assignee: SimulatedUser?
    package var reporter: SimulatedUser
    package var parentKey: String?
    /// Description, environment and text areas, by field id.
    package var richFields: [String: RichText] = [:]
    /// Components, versions and the other custom fields, by field id, as Jira returns them.
    package var otherFields: [String: JSON] = [:]
    package var properties: [String: JSON] = [:]
    package var comments: [SimulatedComment] = []
    package var created: Date
    package var updated: Date
    package var resolved: Date?
    /// The oldest first.
    package var statusChanges: [StatusChange] = []
    /// When its status last came into another category.
    var categoryChanged: Date { statusChanges.last { $0.from.category != $0.to.category }?.at ?? created }
    package var origin: Origin
    /// By its security level: whoever asks through the API does not see it.
    package var isHidden = false

    package var description: RichText? { richFields["description"] }
    /// Rises with each change; the index never goes back to an older one.
    var version = 1
}
