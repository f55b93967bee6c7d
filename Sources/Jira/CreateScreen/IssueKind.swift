/// What is to be made: an issue of a type, or a request of Jira Service Management. Each by name or id, as the settings have it.
package enum IssueKind: Sendable, Hashable {
    case issueType(String)
    /// Of the project's service desk.
    case requestType(String)

    package var name: String {
        switch self {
        case .issueType(let name), .requestType(let name): name
        }
    }
}

extension IssueKind: CustomStringConvertible {
    /// `Task`, `request type Get IT help`
    package var description: String {
        switch self {
        case .issueType(let name): name
        case .requestType(let name): "request type \(name)"
        }
    }
}
