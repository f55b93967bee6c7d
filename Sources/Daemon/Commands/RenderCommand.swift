import ArgumentParser
import Compliance
import FoundationEssentials
import Jira

struct RenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Show the ticket that a failure would get, without making it.",
        discussion: """
            Reads the payload of a compliance_failure job and applies the configuration: threshold, rules, templates. \
            Neither Jira nor the database is touched, so what a customer overrides there, the label with the \
            fingerprint and what deduplication would decide are not shown.

            EXAMPLE
              kushim-jira render --format text failure.json
              kushim-jira render --explain failure.json
              kushim-jira render failure.json | jq .body.fields
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case request, text
    }

    @OptionGroup var shared: SharedOptions
    @Argument(help: "A file with the payload, a JSON object; - or nothing is standard input.") var file = "-"
    @Option(
        help:
            "request: what is sent to Jira, as JSON. text: as a person would read it. (default: request; with --explain text)"
    )
    var format: Format?
    @Flag(help: "Tell instead which rule or setting decided each part of the ticket, and why.") var explain = false
    @Option(help: "Whose control it is.") var customer = "default"

    func run() async throws {
        let configuration = try shared.load(hasPayload: true).configuration
        let failure = try readFailure()
        let planner = TicketPlanner(configuration.compliance.tickets, appURL: configuration.kushim.appURL)
        let now = Date.now
        let due = RenderedDueDate(failure, configuration.compliance.sla, now: now)
        if let warning = due.warning { warn([warning]) }
        let facts = TicketFacts(
            customerID: customer, jobID: 0, insertedAt: now, dueDate: due.day,
            deployment: Self.address(configuration)?.deployment ?? .cloud)
        let plan = planner.plan(failure, facts)
        if case .create = plan { warn(planner.warnings(for: failure, facts).map(\.description)) }
        if explain {
            try show(planner.explain(failure, facts))
            return
        }
        switch plan {
        case .create(let draft): try show(draft, configuration)
        case .skip(let skip):
            StandardStream.output.write(
                (format ?? .request) == .request
                    ? try JSONText.of(["skipped": skip.reason, "rule": skip.rule]) : "no ticket: \(skip)\n")
        case .misconfigured(let reason):
            throw CommandFailure(
                status: .configuration, what: "tickets", message: reason,
                hint: "kushim-jira config show lists the settings in force")
        }
    }

    private static func address(_ configuration: Configuration) -> JiraAddress? {
        configuration.jira.connection.flatMap { try? JiraAddress($0) }
    }

    private func readFailure() throws -> ComplianceFailure {
        let payloads = try JobInput.read(file, byLine: false)
        do throws(PayloadError) {
            return try ComplianceFailure(payload: payloads.first?.text ?? "")
        } catch {
            throw CommandFailure(
                status: .badInput, what: payloads.first?.place ?? file, message: error.description,
                hint: "the README lists what a payload may hold")
        }
    }

    private func show(_ draft: TicketDraft, _ configuration: Configuration) throws {
        switch format ?? .request {
        case .text:
            StandardStream.output.write(readable(draft.text()))
        case .request:
            let address = Self.address(configuration)
            let deployment = address?.deployment ?? .cloud
            if draft.assigneeMustBeLookedUp(for: deployment) {
                warn(["tickets.assignee: Jira is asked whose account \(draft.assignee ?? "") is; it is left out here"])
            }
            let (path, body) = request(for: draft, deployment)
            StandardStream.output.write(
                try JSONText.of(
                    ["method": "POST", "url": .string((address?.baseURL ?? "") + path), "body": body] as JSONValue))
        }
    }

    private func request(
        for draft: TicketDraft, _ deployment: JiraConnection.Deployment
    ) -> (path: String, body: JSONValue) {
        let fields = draft.createFields(for: deployment)
        switch draft.kind {
        case .issueType:
            return (JiraAPI.platform.root(for: deployment) + "/issue", CreateIssue(fields: fields).body)
        case .requestType(let name):
            warn(["Jira is asked for the ids of service desk and request type; what the form lacks is left out"])
            let request = CreateCustomerRequest(
                serviceDeskID: "(id of the service desk of \(draft.project))", requestTypeID: "(id of \(name))",
                fields: fields)
            return (JiraAPI.serviceDesk.root(for: deployment) + "/request", request.body(for: deployment))
        }
    }

    private func show(_ reasons: [TicketReason]) throws {
        if format == .request {
            let list: JSONValue = .array(
                reasons.map { reason in
                    [
                        "subject": .string(reason.subject), "value": reason.value.map { .string($0) } ?? .null,
                        "because": .string(reason.because),
                    ]
                })
            StandardStream.output.write(try JSONText.of(list))
            return
        }
        var sheet = FactSheet()
        for reason in reasons { sheet.add(reason.subject, "\(reason.value ?? "-") (\(reason.because))") }
        sheet.print()
    }

    /// Lines as wide as the terminal.
    private func readable(_ text: String) -> String {
        guard let width = ProcessFacts.terminalWidth(ProcessFacts.environment) else { return text }
        // The names of the header are padded to one width.
        let indent =
            text.prefix { $0 != "\n" }.dropFirst("Project:".count).prefix { $0 == " " }.count + "Project:".count
        let header = text.split(separator: "\n\n", maxSplits: 1).first.map(\.count) ?? 0
        let (head, body) = (String(text.prefix(header)), String(text.dropFirst(header)))
        return head.wrappedByLine(toTerminalWidth: width) { _ in indent }
            + body.wrappedByLine(toTerminalWidth: width, margin: Self.margin)
    }

    /// What a line is set in by, such as one in an entry or of a stack trace, and the mark of an entry.
    static func margin(of line: Substring) -> Int {
        line.prefixMatch(of: #/ *(?:(?:•|[0-9]+\.) )?/#)?.0.count ?? 0
    }

    private func warn(_ warnings: [String]) {
        let style = TerminalStyle.standardError(ProcessFacts.environment)
        for warning in warnings {
            StandardStream.error.write(
                "\(style.bold("kushim-jira:")) \(style.yellow("warning")): \(warning.escapingControls)\n")
        }
    }
}
