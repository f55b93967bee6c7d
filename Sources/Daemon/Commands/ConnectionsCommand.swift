import ArgumentParser
import Compliance
import FoundationEssentials
import Postgres

struct ConnectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections", abstract: "The Jira of each customer: what holds it up, and how to hold it back.",
        discussion: """
            A customer without a connection of its own uses the environment's.

            EXAMPLE
              kushim-jira connections show acme
            """,
        subcommands: [
            ConnectionsListCommand.self, ConnectionsShowCommand.self, ConnectionsPauseCommand.self,
            ConnectionsResumeCommand.self,
        ])
}

struct ConnectionsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the environment's connection and the customers, with what holds each up.",
        discussion: """
            Customers are those who have settings of their own or were ever paused, and those whose jobs wait. With \
            --json, one object a line; the environment's is the one without customerID.

            EXAMPLE
              kushim-jira connections list
              kushim-jira connections list --json |
                  jq -r 'select(.state != "open") | .customerID'
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let configuration = try shared.load().configuration
        let (customers, gates, inForce) = try await DatabaseSession.with(configuration) { connection in
            let customers = try await CustomerConnection.list(on: connection)
            let gates = try await connection.execute(ListShutGates())
            return (customers, gates, try await SettingsInForce.read(configuration, on: connection))
        }
        let lines = [ConnectionLine(nil, inForce, gates)] + customers.map { ConnectionLine($0, inForce, gates) }
        SharedOptions.warn(inForce.warnings)
        if output.json {
            for line in lines { StandardStream.output.write(try JSONText.line(line)) }
            return
        }
        var table = TerminalTable([
            .init("CUSTOMER", shrinks: true), .init("STATE"), .init("SETTINGS", yields: true),
            .init("WAITING", alignsRight: true),
            .init("UNTIL"), .init("WHY", shrinks: true),
        ])
        for line in lines {
            let first = line.hindrances.first
            table.add([
                line.customerID ?? "(environment)", line.state.words, line.hasOwnSettings ? "own" : "environment's",
                line.waitingJobs.map { "\($0)" } ?? "-", first?.until.map(ShownTime.instant) ?? "-", line.why,
            ])
        }
        table.print()
    }
}

/// A connection as `connections list --json` prints it.
struct ConnectionLine: Encodable {
    enum State: String, Encodable {
        case open, paused
        case heldUp = "held_up"

        var words: String { self == .heldUp ? "held up" : rawValue }
    }

    /// Nil for the environment's.
    var customerID: String?
    var state: State
    /// The address; nil where there is none.
    var jira: String?
    var hasOwnSettings: Bool
    var waitingJobs: Int64?
    /// What one of them waits for.
    var waitsFor: String?
    var hindrances: [ConnectionHindrance]

    init(_ customer: CustomerConnection?, _ inForce: SettingsInForce, _ gates: [ShutGateLine]) {
        let environment = inForce.report.jira
        customerID = customer?.customerID
        jira = environment.browseURL
        hasOwnSettings = customer.map { $0.settings != "{}" } ?? false
        waitingJobs = customer?.waitingJobs
        waitsFor = customer?.waitsFor
        hindrances = inForce.hindrances
        do {
            let settings = try inForce.report.compliance.effective(patch: customer?.settings ?? "{}")
            if customer != nil, settings.tickets.targets.isEmpty {
                hindrances.append(
                    ConnectionHindrance(
                        scope: "settings", cause: "settings", reason: "no project is named",
                        remedy: "Set tickets.project for the customer, or JIRA_DEFAULT_PROJECT_KEY."))
            }
            if let baseURL = environment.baseURL {
                hindrances += ConnectionHindrance.gates(
                    gates, at: baseURL, for: settings.tickets, of: settings.hasOwnTickets ? customerID : nil)
            }
        } catch {
            hindrances.append(
                ConnectionHindrance(
                    scope: "settings", cause: "settings", reason: "\(error)",
                    remedy: "Correct the customer's settings in kushim_jira.connections."))
        }
        state = customer?.isPaused == true ? .paused : hindrances.isEmpty ? .open : .heldUp
    }

    var why: String {
        var reasons = hindrances.map { "\($0.cause) (\($0.scope)): \($0.reason)" }
        if state == .paused, let customerID { reasons.insert(CustomerPause.resumeCommand(for: customerID), at: 0) }
        return reasons.isEmpty ? waitsFor ?? "-" : reasons.joined(separator: "; ")
    }
}
