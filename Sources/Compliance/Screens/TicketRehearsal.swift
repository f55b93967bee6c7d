import FoundationEssentials
package import Jira

/// Tries what tickets by these settings would say against what Jira says that their projects take. Nothing is made.
///
/// A draft is made for each severity and rule, as the daemon makes and fits it. What a template takes from the failure is not
/// judged, since it depends on the failure; that its field is on the screen is.
package struct TicketRehearsal: Sendable {
    package struct Warning: Sendable, Hashable {
        /// As the settings have it: `tickets.priorities.high`.
        package var setting: String
        /// What of it is left out of tickets, with what the project takes.
        package var problem: String
    }

    /// For one kind of ticket in one project.
    package struct Result: Sendable {
        package var project: String
        package var kind: IssueKind
        package var warnings: [Warning] = []
        /// Why no ticket could be made, and the settings that cure it.
        package var obstacle: (problem: String, remedy: String)?
        /// Jira does not tell what the project takes.
        package var isUnknown = false
    }

    private let client: JiraClient
    private let customerID: String
    private let appURL: String
    /// Variables whose values are the same for all failures of a severity.
    private static let settled: Set<String> = ["severity", "appUrl", "customerId"]

    package init(_ client: JiraClient, customerID: String, appURL: String) {
        self.client = client
        self.customerID = customerID
        self.appURL = appURL
    }

    package func results(for settings: TicketSettings) async throws(JiraError) -> [Result] {
        let planner = TicketPlanner(settings, appURL: appURL)
        var results: [Result] = []
        for (project, kind) in settings.targets {
            results.append(try await result(project, kind, planner))
        }
        return results
    }

    /// By which of the accepted resolutions no issue can be closed, and by which it can: what is written otherwise accepts nothing.
    package func resolutions(
        of settings: TicketSettings
    ) async throws(JiraError) -> (unknown: [String], known: [String]) {
        guard !settings.acceptedResolutions.isEmpty else { return ([], []) }
        let known = try await client.all(ListResolutions())
        let names = Set(known.map { $0.lowercased() })
        return (settings.acceptedResolutions.filter { !names.contains($0.lowercased()) }, known)
    }

    /// Makes a ticket as the daemon would, outside of the ledger.
    package func make(
        _ draft: TicketDraft
    ) async throws(JiraError) -> (issue: CreateIssue.Response, omitted: [String: String]) {
        let answer = try await client.createScreen(of: draft.project, for: draft.kind)
        let fitted = try await fitted(draft, to: answer)
        guard case .requestType(let type, let serviceDeskID) = fitted.owner else {
            return (try await client.send(CreateIssue(fields: fitted.fields)), fitted.omitted)
        }
        let request = CreateCustomerRequest(
            serviceDeskID: serviceDeskID, requestTypeID: type.id, fields: fitted.fields)
        return (try await client.send(request).issue, fitted.omitted)
    }

    private func result(
        _ project: String, _ kind: IssueKind, _ planner: TicketPlanner
    ) async throws(JiraError) -> Result {
        var result = Result(project: project, kind: kind)
        let answer = try await client.createScreen(of: project, for: kind)
        if case .unknown = answer { result.isUnknown = true }
        if case .screen(let screen) = answer, case .issueType = screen.owner, screen.fields["labels"] == nil {
            result.warnings.append(
                Warning(
                    setting: "tickets.labels",
                    problem:
                        "the create screen has no field Labels, and with them goes the mark by which a ticket is searched for:"
                        + " after a lost answer it is looked for by its key alone, clones are not noticed, and a restored database"
                        + " does not find its tickets again; put the field Labels on the screen"))
        }
        for (draft, severity, rule) in drafts(planner) where draft.project == project && draft.kind == kind {
            let fitted = try await fitted(draft, to: answer)
            result.obstacle = result.obstacle ?? fitted.obstacle.map { ($0.problem, $0.remedy) }
            var omitted = fitted.omitted
            for (field, why) in try await unsuitable(draft, fitted) { omitted[field] = why }
            for (field, problem) in omitted.sorted(by: { $0.key < $1.key }) {
                let setting = Self.setting(field, draft, severity, rule: rule.map { ($0, planner.settings.rules[$0]) })
                let warning = Warning(setting: setting, problem: problem)
                if !result.warnings.contains(warning) { result.warnings.append(warning) }
            }
        }
        return result
    }

    /// With the severity and the place of the rule that each is for.
    private func drafts(
        _ planner: TicketPlanner
    ) -> [(draft: TicketDraft, severity: Severity, rule: Int?)] {
        let settings = planner.settings
        var drafts: [(draft: TicketDraft, severity: Severity, rule: Int?)] = []
        for rule in [nil] + settings.rules.indices.map({ Optional($0) }) {
            let match = rule.map { settings.rules[$0].match }
            guard let project = rule.flatMap({ settings.rules[$0].project }) ?? settings.project else { continue }
            for severity in Severity.allCases.reversed()
            where severity >= settings.minimumSeverity && match?.severity?.contains(severity) ?? true {
                drafts.append((draft(planner, severity, TicketRoute(project: project, rule: rule)), severity, rule))
            }
        }
        return drafts
    }

    private func draft(_ planner: TicketPlanner, _ severity: Severity, _ route: TicketRoute) -> TicketDraft {
        let failure = ComplianceFailure(
            controlID: "EXAMPLE", controlTitle: "Example", severity: severity, failureReason: "An example.",
            affectedSystems: [], payload: ["severity": .string(severity.rawValue)])
        let facts = TicketFacts(
            customerID: customerID, jobID: 0, insertedAt: .now,
            dueDate: String(Date.now.formatted(.iso8601).prefix(10)),
            deployment: client.connection.deployment)
        var draft = planner.draft(failure, facts, route)
        for (id, template) in planner.fields where !template.variables.allSatisfy({ Self.settled.contains($0.name) }) {
            // Passes as any value would.
            draft.fields[id] = .json("{...}")
        }
        return draft
    }

    private func fitted(
        _ draft: TicketDraft, to answer: CreateScreenAnswer
    ) async throws(JiraError) -> RequestFitting.Fitted {
        let fitting = RequestFitting(draft: draft, deployment: client.connection.deployment) { address, project in
            try await client.lookUp(address, assignableIn: project)
        }
        do {
            return try await fitting.fitted(to: answer)
        } catch let error as JiraError {
            throw error
        } catch {
            return RequestFitting.Fitted(fields: [:])
        }
    }

    /// What only Jira's refusal would tell the daemon.
    private func unsuitable(
        _ draft: TicketDraft, _ fitted: RequestFitting.Fitted
    ) async throws(JiraError) -> [String: String] {
        var problems: [String: String] = [:]
        if let assignee = draft.assignee, !assignee.contains("@"), fitted.fields["assignee"] != nil,
            case .missing(let why) = try await client.lookUp(assignee, assignableIn: draft.project)
        {
            problems["assignee"] = why
        }
        if let parent = draft.parent, !fitted.fields.isEmpty, fitted.omitted["parent"] == nil {
            do throws(JiraError) {
                _ = try await client.send(GetIssue(parent, fields: ["summary"]))
            } catch {
                guard case .notFound = error.kind else { throw error }
                problems["parent"] = "there is no issue \(parent), or the account may not see it"
            }
        }
        return problems
    }

    private static func setting(
        _ field: String, _ draft: TicketDraft, _ severity: Severity, rule: (place: Int, rule: TicketRule)?
    ) -> String {
        func named(_ key: String, _ isRules: Bool, or setting: String? = nil) -> String {
            guard isRules, let place = rule?.place else { return "tickets.\(setting ?? key)" }
            return "tickets.rules[\(place)].\(key)"
        }
        switch field {
        case "priority" where draft.priority != nil:
            return named("priority", rule?.rule.priority != nil, or: "priorities.\(severity.rawValue)")
        case "components" where !draft.components.isEmpty:
            return named("components", rule?.rule.components != nil)
        case "assignee" where draft.assignee != nil: return named("assignee", rule?.rule.assignee != nil)
        case "labels" where !draft.labels.isEmpty: return named("labels", rule?.rule.labels != nil)
        case "parent" where draft.parent != nil: return "tickets.parent"
        case "description": return "tickets.description"
        case "duedate": return "sla.due"
        default: return "tickets.fields.\(field)"
        }
    }
}
