import ArgumentParser
import Compliance
import Jobs
import Postgres

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How the queue, the workers, the Jira connections and the SLAs stand.",
        discussion: """
            EXAMPLE
              kushim-jira status --watch
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Again and again until interrupted; with --json, one object a line.") var watch = false
    @Option(help: "Seconds between two looks with --watch.") var interval = 2

    func validate() throws {
        guard (1...3_600).contains(interval) else { throw ValidationError("--interval \(interval) is not 1 to 3600") }
    }

    func run() async throws {
        let configuration = try shared.load().configuration
        repeat {
            let report = try await Self.look(configuration)
            if output.json {
                StandardStream.output.write(watch ? try JSONText.line(report) : try JSONText.of(report))
            } else {
                // Home, and clear what is below: less flicker than clearing the screen.
                let clear =
                    watch && ProcessFacts.terminalWidth(ProcessFacts.environment) != nil ? "\u{1b}[H\u{1b}[J" : ""
                StandardStream.output.write(clear)
                report.print()
            }
            if watch { try await Task.sleep(for: .seconds(interval)) }
        } while watch
    }

    private static func look(_ configuration: Configuration) async throws -> StatusReport {
        let counts = try await DatabaseSession.withQueue(configuration) { try await $0.counts() }
        return try await DatabaseSession.with(configuration) { connection in
            let gates = try await connection.execute(ListShutGates())
            let tickets = try await connection.execute(ListUrgentTickets(limit: StatusReport.mostTickets + 1))
            let workers = try await connection.execute(ListWorkers()).filter(\.isAlive)
            let paused = try await connection.execute(ListPausedCustomers())
            let blockers = try await connection.execute(FindBlockers(waitingFor: .milliseconds(300)))
            return StatusReport(
                counts, workers: workers, gates: gates, paused: paused, tickets: tickets, blockers: blockers)
        }
    }
}

/// `status --json`, and what `status` prints.
private struct StatusReport: Encodable {
    struct Kind: Encodable {
        var kind: String
        var ready: Int64
        var scheduled: Int64
        var heldBack: Int64
        var running: Int64
        var discarded: Int64
        var oldestWaitingSeconds: Double?
        var completedLastMinute: Int64
    }

    struct Daemon: Encodable {
        var name: String
        var version: String
        /// nil where it does not tell, or has no Jira.
        var jira: String?
        var account: String?
        /// Equal for daemons with the same settings.
        var settings: String?
        /// What keeps it from working.
        var obstacle: String?

        init(_ worker: WorkerSummary) {
            name = worker.name
            version = worker.version
            guard let report = DaemonReport(worker) else { return }
            jira = report.jira.browseURL
            account = report.jira.account
            settings = report.configuration
            obstacle = report.obstacle ?? report.jira.hindrances.first.map { "\($0.reason) \($0.remedy)" }
        }

        var words: String {
            let place = [jira, account.map { "as \($0)" }, settings.map { "settings \($0)" }].compactMap { $0 }
            return "version \(version)" + place.map { ", \($0)" }.joined() + (obstacle.map { "; held up: \($0)" } ?? "")
        }
    }

    static let mostTickets = 20

    var workersAlive: Int64
    var daemons: [Daemon]
    var kinds: [Kind]
    var shutGates: [ShutGateLine]
    var pausedCustomers: [String]
    /// The sessions for whose locks a daemon waits at this moment.
    var blockers: [String]
    var urgentTickets: [UrgentTicket]
    /// Whether there are more of them.
    var moreUrgentTickets: Bool

    init(
        _ counts: QueueCounts, workers: [WorkerSummary], gates: [ShutGateLine], paused: [String],
        tickets: [UrgentTicket], blockers: [Blocker]
    ) {
        workersAlive = counts.workersAlive
        daemons = workers.map(Daemon.init)
        kinds = counts.kinds.map {
            Kind(
                kind: $0.kind, ready: $0.ready, scheduled: $0.scheduled, heldBack: $0.heldBack, running: $0.running,
                discarded: $0.discarded, oldestWaitingSeconds: $0.oldestWaiting.map { $0 / .seconds(1) },
                completedLastMinute: $0.completedLastMinute)
        }
        shutGates = gates
        pausedCustomers = paused
        self.blockers = blockers.map(\.words)
        urgentTickets = Array(tickets.prefix(Self.mostTickets))
        moreUrgentTickets = tickets.count > Self.mostTickets
    }

    func print() {
        let style = TerminalStyle.standardOutput(ProcessFacts.environment)
        let workers = workersAlive == 0 ? style.red("none; start one with: kushim-jira run") : "\(workersAlive)"
        StandardStream.output.write("\(style.bold("workers alive:")) \(workers)\n")
        var sheet = FactSheet()
        for daemon in daemons { sheet.add(daemon.name, daemon.words) }
        sheet.print()
        StandardStream.output.write("\n")
        var table = TerminalTable([
            .init("KIND"), .init("READY", alignsRight: true), .init("RUNNING", alignsRight: true),
            .init("SCHEDULED", alignsRight: true), .init("HELD BACK", alignsRight: true),
            .init("DEAD", alignsRight: true), .init("OLDEST", alignsRight: true), .init("DONE/MIN", alignsRight: true),
        ])
        for kind in kinds {
            table.add([
                kind.kind, "\(kind.ready)", "\(kind.running)", "\(kind.scheduled - kind.heldBack)", "\(kind.heldBack)",
                "\(kind.discarded)", kind.oldestWaitingSeconds.map { ShownTime.span(seconds: $0) } ?? "-",
                "\(kind.completedLastMinute)",
            ])
        }
        table.print()
        StandardStream.output.write("\n")
        if shutGates.isEmpty {
            StandardStream.output.write("no Jira connection is held up\n")
        } else {
            var gates = FactSheet()
            for gate in shutGates {
                gates.add("held up", gate.scope)
                gates.add("cause", "\(gate.cause), tried again at \(ShownTime.instant(gate.closedUntil))")
                gates.add("why", gate.reason)
                gates.add("remedy", gate.remedy.isEmpty ? nil : gate.remedy)
            }
            gates.print()
        }
        StandardStream.output.write("\n")
        if !blockers.isEmpty {
            var waits = FactSheet()
            waits.add("waits for the lock of", lines: blockers)
            waits.print()
            StandardStream.output.write("\n")
        }
        if !pausedCustomers.isEmpty {
            let names = pausedCustomers.prefix(20).map(\.escapingControls).joined(separator: ", ")
            let more = pausedCustomers.count > 20 ? " and \(pausedCustomers.count - 20) more" : ""
            StandardStream.output.write("\(style.bold("paused:")) \(names)\(more)\n\n")
        }
        if urgentTickets.isEmpty {
            StandardStream.output.write("no ticket is near its due date\n")
            return
        }
        var tickets = TerminalTable([
            .init("ISSUE"), .init("SLA"), .init("LEFT", alignsRight: true), .init("SEVERITY"),
            .init("CUSTOMER", shrinks: true), .init("CONTROL", shrinks: true),
        ])
        for ticket in urgentTickets {
            tickets.add([
                ticket.issueKey ?? "-", ticket.sla, ShownTime.span(seconds: ticket.secondsLeft), ticket.severity,
                ticket.customerID, ticket.controlID,
            ])
        }
        tickets.print()
        if moreUrgentTickets {
            StandardStream.output.write(
                "the \(Self.mostTickets) most urgent; the view kushim_jira.sla_status has all of them\n")
        }
    }
}
