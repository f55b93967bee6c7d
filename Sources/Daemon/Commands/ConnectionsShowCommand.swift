import ArgumentParser
import Compliance
import FoundationEssentials
import Jira
import Postgres

struct ConnectionsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a customer's Jira, its settings, and what holds its jobs up.",
        discussion: """
            Secrets are masked: ••• says that one is set.

            EXAMPLE
              kushim-jira connections show
              kushim-jira connections show acme
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The customer.") var customer = "default"

    func run() async throws {
        let configuration = try shared.load().configuration
        let (row, gates, changes, inForce) = try await DatabaseSession.with(configuration) { connection in
            let row = try await CustomerConnection.list(customer, on: connection).first
            let gates = try await connection.execute(ListShutGates())
            let changes = AuditFilter(customer: customer, action: "connection.changed", limit: 1)
            let entries = try await connection.execute(ListAuditEntries(changes))
            return (row, gates, entries, try await SettingsInForce.read(configuration, on: connection))
        }
        let document = ConnectionDocument(
            row ?? CustomerConnection(unknown: customer), inForce, gates, lastChange: changes.last)
        if output.json {
            StandardStream.output.write(try JSONText.of(document))
        } else {
            document.print()
        }
    }
}

/// `connections show --json`, and what `connections show` prints.
private struct ConnectionDocument: Encodable {
    struct Target: Encodable {
        var project: String
        var issueType: String?
        /// Of Jira Service Management.
        var requestType: String?

        init(_ project: String, _ kind: IssueKind) {
            self.project = project
            switch kind {
            case .issueType(let name): issueType = name
            case .requestType(let name): requestType = name
            }
        }

        var words: String { "\(project)/\(issueType ?? requestType.map { "request type \($0)" } ?? "")" }
    }

    struct Pause: Encodable {
        var since: Date
        var by: String
        var reason: String?
    }

    var connection: ConnectionLine
    /// Whose settings these are.
    var daemons: String
    /// Whether the settings can be used.
    var isUsable: Bool
    var deployment: String?
    var account: String?
    var pause: Pause?
    /// The customer's own, with secrets masked.
    var settings: JSONValue
    /// Where tickets go by the settings in force.
    var targets: [Target]
    /// What of the settings decides nothing, or stays empty.
    var warnings: [String]

    init(
        _ customer: CustomerConnection, _ inForce: SettingsInForce, _ gates: [ShutGateLine], lastChange: AuditEntry?
    ) {
        let environment = inForce.report.jira
        connection = ConnectionLine(customer, inForce, gates)
        daemons = inForce.origin
        deployment = environment.kind
        account = environment.account
        let patch = (try? JSONValue(parsing: customer.settings)) ?? [:]
        settings = MaskedSettings.of(patch, hiding: customer.hiddenSections)
        let effective = try? inForce.report.compliance.effective(patch: customer.settings)
        isUsable = effective != nil
        targets =
            effective?.tickets.targets.map { Target($0.project, $0.kind) } ?? []
        let own = customer.settings == "{}" ? nil : effective
        warnings = inForce.warnings + (own?.tickets.warnings(appURL: inForce.report.appURL) ?? [])
        guard customer.isPaused else { return }
        if let lastChange, let detail = try? JSONValue(parsing: lastChange.detail.text), detail["paused"] == true {
            pause = Pause(since: lastChange.recordedAt, by: lastChange.actor, reason: detail["reason"]?.stringValue)
        }
    }

    func print() {
        var sheet = FactSheet()
        sheet.add("customer", connection.customerID)
        sheet.add("state", state)
        sheet.add("daemons", daemons)
        sheet.add("jira", connection.jira.map { "\($0) (the environment's)" } ?? "none")
        sheet.add("deployment", deployment)
        sheet.add("account", account)
        sheet.add("jobs that wait", connection.waitingJobs.map { "\($0)" })
        if connection.hindrances.isEmpty { sheet.add("wait for", connection.waitsFor) }
        let places = targets.map(\.words).joined(separator: ", ")
        sheet.add(
            "tickets go to",
            !isUsable
                ? "unknown, its settings cannot be used"
                : places.isEmpty ? "no project; set JIRA_DEFAULT_PROJECT_KEY, or tickets.project" : places)
        let own = MaskedSettings.lines(settings)
        if own.isEmpty {
            sheet.add("own settings", isUsable ? "none, those of the environment hold" : "cannot be read")
        }
        sheet.add("own settings", lines: own)
        sheet.add("warnings", lines: warnings)
        for hindrance in connection.hindrances {
            sheet.add("", "")
            sheet.add("held up", hindrance.scope)
            sheet.add("cause", hindrance.cause)
            sheet.add("tried again", hindrance.until.map(ShownTime.instant))
            sheet.add("why", hindrance.reason)
            sheet.add("remedy", hindrance.remedy.isEmpty ? nil : hindrance.remedy)
        }
        sheet.print()
    }

    private var state: String {
        guard connection.state == .paused, let customer = connection.customerID else { return connection.state.words }
        let whom = pause.map { pause in
            " since \(ShownTime.instant(pause.since)) by \(pause.by)" + (pause.reason.map { " (\($0))" } ?? "")
        }
        return "paused\(whom ?? ""); to go on: \(CustomerPause.resumeCommand(for: customer))"
    }
}

/// A customer's settings as they may be shown.
enum MaskedSettings {
    /// What is a secret in `slack`, and what stands where no settings are: it may be one.
    ///
    /// - Parameter hidden: sections that this login may not read.
    static func of(_ patch: JSONValue, hiding hidden: [String] = []) -> JSONValue {
        guard case .object(let sections) = patch else { return masked(patch) }
        return .object(
            Dictionary(
                sections.map { name, section in
                    (name, ["tickets", "sla", "recheck"].contains(name) ? section : masked(section))
                } + hidden.map { ($0, masked(.bool(true))) }, uniquingKeysWith: { first, _ in first }))
    }

    /// `tickets.labels: ["a"]`, one for each leaf.
    static func lines(_ value: JSONValue, at path: String = "") -> [String] {
        // Every leaf repeats the path: a payload's long name with many leaves under it would become gigabytes.
        if case .object(let members) = value, !members.isEmpty, path.utf8.count <= longestPath {
            return members.sorted { $0.key < $1.key }.flatMap { name, member in
                lines(member, at: path.isEmpty ? name : "\(path).\(name)")
            }
        }
        return path.isEmpty ? [] : ["\(path): \(value.stringValue ?? "\(value)")"]
    }

    private static let longestPath = 200

    private static func masked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members): .object(JSONObject(inAnyOrder: members.map { ($0.key, masked($0.value)) }))
        case .null: .null
        default: "•••"
        }
    }
}
