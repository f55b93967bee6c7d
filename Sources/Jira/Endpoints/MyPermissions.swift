/// Which of some permissions the account has in a project.
package struct MyPermissions: Endpoint {
    package enum Permission: String, Sendable, CaseIterable {
        case browseProjects = "BROWSE_PROJECTS"
        case createIssues = "CREATE_ISSUES"
        case addComments = "ADD_COMMENTS"
        case assignIssues = "ASSIGN_ISSUES"
        case linkIssues = "LINK_ISSUES"
        case editIssues = "EDIT_ISSUES"
        case administerProjects = "ADMINISTER_PROJECTS"
    }

    package var projectKey: String
    package var permissions: [Permission]

    package static let operation = "my_permissions"
    package static let absenceIsConclusive = true

    package init(projectKey: String, _ permissions: [Permission]) {
        self.projectKey = projectKey
        self.permissions = permissions
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        // Cloud insists on being told which; Data Center ignores it and tells all.
        .get(
            "/mypermissions",
            query: [
                ("projectKey", projectKey), ("permissions", permissions.map(\.rawValue).joined(separator: ",")),
            ])
    }

    /// Those asked for that the account has.
    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Set<Permission> {
        guard let entries = answer.body["permissions"]?.objectValue else {
            throw UnreadableAnswer(missing: "permissions")
        }
        let held = permissions.filter { permission in
            let entry = entries[permission.rawValue]
            return entry?["havePermission"]?.boolValue == true && entry?["deprecatedKey"]?.boolValue != true
        }
        return Set(held)
    }
}
