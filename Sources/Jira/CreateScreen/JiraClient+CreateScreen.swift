/// What Jira tells of a create screen.
package enum CreateScreenAnswer: Sendable {
    case screen(CreateScreen)
    /// The project has no such issue type, but these.
    case noSuchType([String])
    /// The account may not ask, or this Jira is too old to tell.
    case unknown

    package var screen: CreateScreen? {
        if case .screen(let screen) = self { screen } else { nil }
    }
}

extension JiraClient {
    /// What an issue of a type can and must be made with, by createmeta.
    ///
    /// - Parameter issueType: name or id.
    package func createScreen(
        of project: String, issueType: String
    ) async throws(JiraError) -> CreateScreenAnswer {
        do throws(JiraError) {
            let types = try await all(ListCreatableIssueTypes(project: project))
            guard let type = types.named(issueType) else { return .noSuchType(types.map(\.name)) }
            let fields = try await all(ListCreateFields(project: project, issueTypeID: type.id))
            // A screen without a summary is none.
            guard fields.contains(where: { $0.id == "summary" }) else { return .unknown }
            return .screen(CreateScreen(projectKey: project, issueType: type, fields: fields))
        } catch {
            switch error.kind {
            case .forbidden, .notFound, .invalid, .removedEndpoint: return .unknown
            default: throw error
            }
        }
    }
}
