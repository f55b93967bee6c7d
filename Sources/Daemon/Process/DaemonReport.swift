import Compliance
import FoundationEssentials
import Jira
import Jobs

/// What a daemon tells through its row in the database, so that a command anywhere can say what holds it up. Holds no secret.
struct DaemonReport: Codable, Sendable {
    /// Equal for daemons with the same settings. Of secrets, only whether they are set counts.
    var configuration: String
    var jira: EnvironmentJira
    /// What keeps it from working.
    var obstacle: String?
    var appURL: String
    var tickets: TicketSettings
    var sla: SLASettings

    init(_ configuration: Configuration, connection: JiraConnection? = nil, obstacle: String? = nil) {
        self.configuration = configuration.digest
        jira = EnvironmentJira(configuration, connection: connection)
        self.obstacle = obstacle
        appURL = configuration.kushim.appURL
        tickets = configuration.compliance.tickets
        sla = configuration.compliance.sla
    }

    /// The settings of customers who have none of their own.
    var compliance: ComplianceConfiguration {
        var result = ComplianceConfiguration(actor: AdminActor.name)
        result.tickets = tickets
        result.sla = sla
        result.appURL = appURL
        return result
    }

    /// A JSON object, always the same for the same report.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// nil for what a daemon of another version says otherwise.
    init?(_ worker: WorkerSummary) {
        guard let report = try? JSONDecoder().decode(Self.self, from: Data(worker.about.utf8)) else { return nil }
        self = report
    }
}
