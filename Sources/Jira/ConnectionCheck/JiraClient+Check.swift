extension JiraClient {
    /// Looks at everything that must be right before a ticket can be made.
    ///
    /// `/serverInfo`, then `/myself`, then permissions and create metadata of each project: in that order, since a
    /// rejected credential makes all but `/myself` answer as if Jira were empty.
    package func check(_ targets: [ConnectionCheck.Target]) async -> ConnectionCheck {
        var check = ConnectionCheck()
        guard await checkServer(&check), await checkUser(&check) else {
            for target in targets {
                check.add(.permissions, target.projectKey, .skipped("Jira could not be asked"))
            }
            return check
        }
        await checkProjects(&check)
        for target in targets {
            await checkTarget(target, &check)
        }
        return check
    }

    /// Whether there is a Jira to go on with.
    private func checkServer(_ check: inout ConnectionCheck) async -> Bool {
        let site = connection.browseURL
        do {
            let server = try await exchange.withoutCredentials.send(ServerInfo()).response
            check.add(.domain, nil, .ok(site))
            guard server.deployment == connection.deployment else {
                check.add(
                    .apiVersion, nil,
                    .problem(
                        "the server says that it is Jira \(server.deployment.name), but it is configured as"
                            + " \(connection.deployment.name)",
                        remedy:
                            "Set JIRA_TYPE to \(server.deployment == .cloud ? "cloud" : "server"), or leave it out.",
                        error: nil))
                return false
            }
            check.add(.apiVersion, nil, .ok("\(connection.deployment.apiName), Jira \(server.version)"))
            return true
        } catch {
            switch error.kind {
            case .credentialsRefused, .anonymous, .forbidden:
                // The gateway, and sites that are shut to strangers, tell nothing without credentials: but they are there.
                check.add(.domain, nil, .ok(site))
                check.add(.apiVersion, nil, .ok(connection.deployment.apiName))
                return true
            default:
                check.add(.domain, nil, .problem("\(site): \(error.summary)", remedy: error.remedy, error: error))
                return false
            }
        }
    }

    private func checkUser(_ check: inout ConnectionCheck) async -> Bool {
        do {
            let (user, isNamed) = try await exchange.send(Myself())
            if connection.deployment == .cloud, !isNamed {
                let error = exchange.context(of: Myself.self).namesTakenAway()
                check.add(.authentication, nil, .problem(error.words, remedy: error.remedy, error: error))
            } else {
                check.add(.authentication, nil, .ok("valid"))
            }
            guard user.isActive else {
                check.add(
                    .user, nil,
                    .problem(
                        "the account \(user.displayName) is deactivated",
                        remedy: "Activate it, or use another account.",
                        error: nil))
                return false
            }
            check.add(.user, nil, .ok(user.email ?? user.displayName))
            return true
        } catch {
            check.add(.authentication, nil, .problem(error.words, remedy: error.remedy, error: error))
            return false
        }
    }

    private func checkProjects(_ check: inout ConnectionCheck) async {
        do {
            check.projects = try await all(ListProjects(), limit: 1_000)
            if check.projects.isEmpty {
                check.add(
                    .projects, nil,
                    .problem(
                        "there is no project in which the account can create issues",
                        remedy: "Give the account Browse Projects and Create Issues in the project for tickets.",
                        error: nil))
            } else {
                check.add(.projects, nil, .ok(check.projects.map(\.key).joined(separator: ", ")))
            }
        } catch {
            check.add(.projects, nil, .problem(error.words, remedy: error.remedy, error: error))
        }
    }

    // MARK: One project

    private func checkTarget(_ target: ConnectionCheck.Target, _ check: inout ConnectionCheck) async {
        let key = target.projectKey
        do {
            let wanted: [MyPermissions.Permission] = [.browseProjects, .createIssues, .addComments]
            let held = try await send(MyPermissions(projectKey: key, wanted))
            let missing = wanted.filter { !held.contains($0) }
            guard missing.isEmpty else {
                let names = missing.map(\.rawValue).joined(separator: ", ")
                check.add(
                    .permissions, key,
                    .problem(
                        missing == wanted
                            ? "there is no project \(key), or the account may not see it" : "missing: \(names)",
                        remedy: missing == wanted
                            ? check.remedy(forMissing: key)
                                ?? "Check the key (keys are case sensitive), and give the account \(names) in that project."
                            : "Give the account \(names) in the permission scheme of project \(key).",
                        error: nil))
                return
            }
            check.add(.permissions, key, .ok(wanted.map(\.rawValue).joined(separator: ", ")))
        } catch {
            check.add(
                .permissions, key,
                .problem(projectProblem(error, key), remedy: remedy(for: error, key, check), error: error))
            return
        }
        await checkScreen(target, &check)
    }

    private func checkScreen(_ target: ConnectionCheck.Target, _ check: inout ConnectionCheck) async {
        let key = target.projectKey
        do {
            switch try await createScreen(of: key, for: target.kind) {
            case .obstacle(let problem, let remedy):
                check.add(target.subject, key, .problem(problem, remedy: remedy, error: nil))
            case .unknown:
                check.add(target.subject, key, .skipped("Jira does not tell this account what it takes"))
            case .screen(let screen):
                check.add(target.subject, key, .ok(screen.ownersName))
                checkFields(on: screen, target, &check)
            }
        } catch {
            check.add(target.subject, key, .problem(projectProblem(error, key), remedy: error.remedy, error: error))
        }
    }

    private func checkFields(
        on screen: CreateScreen, _ target: ConnectionCheck.Target, _ check: inout ConnectionCheck
    ) {
        let missing = screen.missing(from: target.suppliedFields)
        guard missing.isEmpty else {
            let wanting = MissingFields(missing, on: screen)
            return check.add(
                .requiredFields, target.projectKey, .problem(wanting.problem, remedy: wanting.remedy, error: nil))
        }
        check.add(.requiredFields, target.projectKey, .ok("all filled"))
    }

    private func remedy(for error: JiraError, _ key: String, _ check: ConnectionCheck) -> String {
        guard case .notFound = error.kind else { return error.remedy }
        return check.remedy(forMissing: key) ?? error.remedy
    }

    private func projectProblem(_ error: JiraError, _ key: String) -> String {
        if case .notFound = error.kind {
            "there is no project \(key), or the account may not see it"
        } else {
            error.words
        }
    }
}

extension ConnectionCheck {
    /// For a key that is written otherwise, or the project's name in its stead.
    fileprivate func remedy(forMissing key: String) -> String? {
        let meant = projects.first { [$0.key, $0.name].contains { $0.lowercased() == key.lowercased() } }
        return meant.map { "Write \($0.key), the key of \($0.name): keys are case sensitive." }
    }
}

extension ConnectionCheck.Target {
    fileprivate var subject: ConnectionCheck.Step.Subject {
        switch kind {
        case .issueType: .issueType
        case .requestType: .requestType
        }
    }
}

extension CreateScreen {
    fileprivate var ownersName: String {
        switch owner {
        case .issueType(let type): type.name
        case .requestType(let type, _): type.name
        }
    }
}

extension JiraConnection.Deployment {
    /// As people call it.
    package var name: String {
        switch self {
        case .cloud: "Cloud"
        case .dataCenter: "Data Center"
        }
    }

    fileprivate var apiName: String {
        switch self {
        case .cloud: "REST API v3"
        case .dataCenter: "REST API v2"
        }
    }
}
