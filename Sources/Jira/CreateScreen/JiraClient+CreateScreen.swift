/// What Jira tells of a create screen.
package enum CreateScreenAnswer: Sendable {
    case screen(CreateScreen)
    /// Nothing of that kind can be made in the project: why, and the setting that cures it.
    case obstacle(problem: String, remedy: String)
    /// The account may not ask, or this Jira is too old to tell.
    case unknown

    package var screen: CreateScreen? {
        if case .screen(let screen) = self { screen } else { nil }
    }
}

extension JiraClient {
    /// What can and must be said to make something of that kind.
    package func createScreen(of project: String, for kind: IssueKind) async throws(JiraError) -> CreateScreenAnswer {
        switch kind {
        case .issueType(let name): try await createScreen(of: project, issueType: name)
        case .requestType(let name): try await requestForm(of: project, requestType: name)
        }
    }

    /// By createmeta.
    private func createScreen(
        of project: String, issueType: String
    ) async throws(JiraError) -> CreateScreenAnswer {
        do throws(JiraError) {
            let types = try await all(ListCreatableIssueTypes(project: project))
            guard let type = types.named(issueType) else {
                if types.isEmpty { return .unknown }
                return .obstacle(
                    problem: "project \(project) has no issue type \(issueType) in which the account can create issues",
                    // Sub-tasks have a parent, which tickets have none of by default.
                    remedy: "Set tickets.issue_type to one of: "
                        + "\(Self.listed(types.filter { !$0.isSubtask }.map(\.name))).")
            }
            let fields = try await all(ListCreateFields(project: project, issueTypeID: type.id))
            // A screen without a summary is none.
            guard fields.contains(where: { $0.id == "summary" }) else { return .unknown }
            return .screen(CreateScreen(projectKey: project, owner: .issueType(type), fields: fields))
        } catch {
            switch error.kind {
            case .forbidden, .notFound, .invalid, .removedEndpoint: return .unknown
            default: throw error
            }
        }
    }

    /// By the service desk of the project. Without its ids nothing can be sent, so what cannot be asked is an obstacle.
    private func requestForm(
        of project: String, requestType: String
    ) async throws(JiraError) -> CreateScreenAnswer {
        do throws(JiraError) {
            guard let desk = try await all(ListServiceDesks()).first(where: { $0.projectKey == project }) else {
                return .obstacle(
                    problem: "project \(project) is no service desk that the account can see",
                    remedy:
                        "Name a project of Jira Service Management and make the account an agent in it, or leave out"
                        + " tickets.request_type.")
            }
            let types = try await all(ListRequestTypes(serviceDeskID: desk.id))
            guard let type = types.named(requestType) else {
                return .obstacle(
                    problem: "project \(project) has no request type \(requestType)",
                    remedy: types.isEmpty
                        ? "Add a request type to the project, or leave out tickets.request_type."
                        : "Set tickets.request_type to one of: \(Self.listed(types.map(\.name))).")
            }
            let fields = try await send(GetRequestForm(serviceDeskID: desk.id, requestTypeID: type.id))
            let owner = CreateScreen.Owner.requestType(type, serviceDeskID: desk.id)
            return .screen(CreateScreen(projectKey: project, owner: owner, fields: fields))
        } catch {
            switch error.kind {
            case .forbidden, .notFound, .invalid, .removedEndpoint:
                return .obstacle(problem: error.description, remedy: error.remedy)
            case .unreadableAnswer where error.status == 404:
                return .obstacle(
                    problem: "this Jira has no Jira Service Management",
                    remedy: "Leave out tickets.request_type, or install Jira Service Management.")
            default: throw error
            }
        }
    }

    /// The first thirty.
    private static func listed(_ names: [String]) -> String {
        names.prefix(30).joined(separator: ", ") + (names.count > 30 ? " and \(names.count - 30) more" : "")
    }
}
