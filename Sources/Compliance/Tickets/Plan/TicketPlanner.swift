import FoundationEssentials
import HTTP
import Jira

/// Decides about failures by the settings of a customer. Its templates are parsed once; `plan` is a pure function.
package struct TicketPlanner: Sendable {
    package let settings: TicketSettings
    private let appURL: String
    /// What the URL of a piece of evidence starts with.
    private let evidenceRoot: String
    private let summary: TextTemplate
    let description: DocumentTemplate
    private let descriptionForDataCenter: DocumentTemplate
    let fields: [String: FieldTemplate]
    private let changingFields: Set<String>

    /// - Parameter appURL: the root of the Kushim application that links lead to (`KUSHIM_APP_URL`).
    package init(_ settings: TicketSettings, appURL: String = "https://app.kushim.io") {
        self.settings = settings
        var appURL = appURL
        while appURL.last == "/" { appURL.removeLast() }
        self.appURL = appURL
        evidenceRoot = PercentEncoding.url("\(appURL)/evidence/")
        summary = TextTemplate(settings.summary)
        description = DocumentTemplate(settings.description)
        descriptionForDataCenter =
            settings.description == TicketSettings.guidesDescription
            ? DocumentTemplate(TicketSettings.guidesDescriptionForDataCenter) : description
        fields = settings.fields.mapValues(FieldTemplate.init)
        changingFields = Set(fields.filter { !$0.value.variables.isEmpty }.keys)
    }

    /// What is to be done about a failure: whether it becomes a ticket, and where.
    package func decide(_ failure: ComplianceFailure) -> TicketDecision {
        if let skip = skip(failure) {
            return .skip(skip)
        }
        let place = settings.rules.firstIndex { $0.match.matches(failure) }
        let rule = place.map { settings.rules[$0] }
        guard let project = rule?.project ?? settings.project, !project.isEmpty else {
            return .misconfigured(
                reason: "no project for \(failure.controlID): set tickets.project (JIRA_DEFAULT_PROJECT_KEY), or a rule"
                    + " that names one")
        }
        return .create(TicketRoute(project: project, rule: place))
    }

    package func plan(_ failure: ComplianceFailure, _ facts: TicketFacts) -> TicketPlan {
        switch decide(failure) {
        case .create(let route): .create(draft(failure, facts, route))
        case .skip(let skip): .skip(skip)
        case .misconfigured(let reason): .misconfigured(reason: reason)
        }
    }

    /// The variables that stay empty; without a failure, those that no failure fills as far as the contract tells.
    package func warnings(for failure: ComplianceFailure? = nil, _ facts: TicketFacts? = nil) -> [TemplateWarning] {
        guard let failure, let facts else {
            var anything = JSONObject()
            for name in TemplateValues.names { anything[name] = "x" }
            return warnings(TemplateValues(named: anything), hasPayload: false)
        }
        return warnings(values(failure, facts), hasPayload: true)
    }

    private func warnings(_ values: TemplateValues, hasPayload: Bool) -> [TemplateWarning] {
        let templates =
            [("summary", [settings.summary], summary.variables)]
            + [("description", [settings.description], description.variables)]
            + fields.sorted { $0.key < $1.key }.map {
                ("fields.\($0.key)", settings.fields[$0.key]?.texts ?? [], $0.value.variables)
            }
        return templates.flatMap { name, texts, variables in
            texts.flatMap { TemplateWarning.foreign(in: $0, of: "tickets.\(name)") }
                + TemplateWarning.warnings(for: variables, of: "tickets.\(name)", values, hasPayload: hasPayload)
        }
    }

    // MARK: Skipping

    private func skip(_ failure: ComplianceFailure) -> TicketSkip? {
        if failure.severity < settings.minimumSeverity {
            return TicketSkip(
                rule: "minimum_severity: \(settings.minimumSeverity.rawValue)",
                reason: "severity \(failure.severity.rawValue) is below the threshold")
        }
        if let disabled = settings.disabledControls.first(where: { $0.matches(failure.controlID) }) {
            return TicketSkip(
                rule: "disabled_controls: \(disabled.text)", reason: "control \(failure.controlID) is disabled")
        }
        return nil
    }

    // MARK: Drafting

    func draft(_ failure: ComplianceFailure, _ facts: TicketFacts, _ route: TicketRoute) -> TicketDraft {
        let rule = route.rule.map { settings.rules[$0] }
        let values = values(failure, facts)
        let priority = rule?.priority ?? settings.priorities[failure.severity]
        var labels = rule?.labels ?? settings.labels
        if settings.labelIntegration, let integration = failure.integration {
            labels.append(integration.lowercased())
        }
        let line = summary.text(values).singleLine()
        return TicketDraft(
            project: route.project,
            kind: settings.kind(by: rule),
            summary: line.isEmpty ? "\(failure.controlID) - Compliance Failure".singleLine() : line,
            description: document(values, facts),
            priority: priority.flatMap { $0.isEmpty ? nil : $0 },
            labels: IssueLabels.make(labels, mark: facts.fingerprint?.label),
            components: (rule?.components ?? settings.components).filter { !$0.isEmpty },
            assignee: rule?.assignee ?? settings.assignee,
            dueDate: facts.dueDate,
            parent: settings.parent,
            fields: fields.compactMapValues { $0.content(values) },
            changingFields: changingFields,
            fingerprint: facts.fingerprint,
            rule: route.rule.map { "rules[\($0)] (\(settings.rules[$0].match))" })
    }

    /// The former ticket of the control is always told of: where the template has no place for it, at the end.
    private func document(_ values: TemplateValues, _ facts: TicketFacts) -> Document {
        var document = (facts.deployment == .cloud ? description : descriptionForDataCenter).document(values)
        if let ticket = facts.previousTicket, !description.variables.contains(where: { $0.name == "previousTicket" }) {
            document.blocks.append(.paragraph([.text("Previous ticket of this control: "), .text(ticket)]))
        }
        return document
    }

    private func values(_ failure: ComplianceFailure, _ facts: TicketFacts) -> TemplateValues {
        var named: JSONObject = [
            "appUrl": .string(appURL),
            "customerId": .string(facts.customerID),
            "jobId": .integer(facts.jobID),
            "timestamp": failure.payload["detectedAt"].flatMap { $0.isNull || $0 == "" ? nil : $0 }
                ?? .string(facts.insertedAt.formatted(.iso8601)),
        ]
        if let dueDate = facts.dueDate { named["dueDate"] = .string(dueDate) }
        if let ticket = facts.previousTicket { named["previousTicket"] = .string(ticket) }
        if failure.evidenceURL == nil, let id = failure.evidenceID, !id.isEmpty {
            named["evidenceUrl"] = .string(evidenceRoot + PercentEncoding.query(id))
        }
        return TemplateValues(named: named, payload: failure.payload)
    }
}
