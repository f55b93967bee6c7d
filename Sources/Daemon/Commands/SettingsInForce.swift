import Compliance
import FoundationEssentials
import Jobs
import Postgres

/// The settings by which tickets are made: those of the daemons that run, not those of the shell that a command is typed into.
struct SettingsInForce: Sendable {
    enum Source: Sendable {
        /// Daemons that are alive; the first has the settings.
        case daemons([WorkerSummary])
        /// None is alive; this one was the last.
        case lastDaemon(WorkerSummary)
        /// No daemon has ever told of its settings.
        case command
    }

    let report: DaemonReport
    let source: Source
    /// What a person should know who reads on.
    let warnings: [String]

    static func read(_ configuration: Configuration, on connection: PostgresConnection) async throws -> SettingsInForce
    {
        SettingsInForce(try await connection.execute(ListWorkers()), configuration)
    }

    private init(_ workers: [WorkerSummary], _ configuration: Configuration) {
        let own = DaemonReport(configuration)
        let alive = workers.filter(\.isAlive).compactMap { worker in DaemonReport(worker).map { (worker, $0) } }
        if let (_, first) = alive.first {
            report = first
            source = .daemons(alive.map(\.0))
            warnings = Self.differences(alive) + Self.difference(between: own, and: first)
        } else if let last = workers.first, let lastReport = DaemonReport(last), own.jira.baseURL == nil {
            report = lastReport
            source = .lastDaemon(last)
            warnings = []
        } else {
            report = own
            source = .command
            warnings = []
        }
    }

    /// Where the settings are from, for people.
    var origin: String {
        switch source {
        case .daemons(let workers):
            let names = workers.prefix(3).map { "\($0.name) (\($0.version))" }.joined(separator: ", ")
            return names + (workers.count > 3 ? " and \(workers.count - 3) more" : "")
        case .lastDaemon(let worker):
            return "none is alive; what follows is from the last one, \(worker.name), seen until "
                + ShownTime.instant(worker.heartbeatAt)
        case .command: return "none is alive; what follows is from this command's own settings"
        }
    }

    /// What keeps all customers of the environment's Jira waiting.
    var hindrances: [ConnectionHindrance] {
        var hindrances = report.jira.hindrances
        if case .daemons(let workers) = source, let name = workers.first?.name {
            for place in hindrances.indices {
                hindrances[place].reason += " So says the daemon \(name)."
                hindrances[place].remedy =
                    "In the settings of that daemon (not of this shell): \(hindrances[place].remedy)"
            }
        }
        if let obstacle = report.obstacle {
            hindrances.append(
                ConnectionHindrance(
                    scope: "jira", cause: "unavailable", reason: obstacle, remedy: "It is tried again by itself."))
        }
        return hindrances
    }

    /// A change of settings that not all daemons have got.
    private static func differences(_ daemons: [(WorkerSummary, DaemonReport)]) -> [String] {
        guard Set(daemons.map(\.1.configuration)).count > 1 else { return [] }
        let each = daemons.prefix(5).map { worker, report in
            "\(worker.name) (settings \(report.configuration), \(report.jira.browseURL ?? "no Jira"))"
        }
        return [
            "the daemons run with different settings: \(each.joined(separator: "; ")); the newest one's are shown"
        ]
    }

    /// Only where the shell names a Jira at all: mostly it does not, and need not.
    private static func difference(between own: DaemonReport, and daemons: DaemonReport) -> [String] {
        guard let mine = own.jira.browseURL, mine != daemons.jira.browseURL else { return [] }
        return [
            "this command's own settings name another Jira, \(mine); the daemons use \(daemons.jira.browseURL ?? "none")"
        ]
    }
}
