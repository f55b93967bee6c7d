import HTTP
import Jira
import Jobs
import Logging
import Metrics
import Postgres

/// What the handlers share.
struct ComplianceServices: Sendable {
    let configuration: ComplianceConfiguration
    let pool: PostgresPool
    let http: HTTPClient
    let ledger: Ledger
    let gates: Gates
    let customers: CustomerDirectory
    let frontier: ProjectFrontier
    let looks: SharedLooks
    let creates = SharedCreates()
    let screens = CreateScreens()
    let people = People()
    let logger: Logger
    /// Of the environment; so are `frontier`, `looks` and `creates`.
    private let jira: JiraClient?

    init(_ configuration: ComplianceConfiguration, pool: PostgresPool, http: HTTPClient, logger: Logger) {
        self.configuration = configuration
        self.pool = pool
        self.http = http
        self.logger = logger
        ledger = Ledger(pool: pool)
        gates = Gates(pool: pool, timing: configuration.gates, actor: configuration.actor, logger: logger)
        customers = CustomerDirectory(pool: pool, base: configuration)
        frontier = ProjectFrontier()
        looks = SharedLooks(pool: pool, frontier: frontier, pause: configuration.gates.configuration)
        jira = configuration.connection.map { JiraClient(connection: $0, http: http, logger: logger) }
    }

    /// The customer's Jira.
    func jira(for job: ClaimedJob, _ context: JobContext) throws(NotNow) -> GuardedJira {
        guard let jira else {
            throw NotNow(
                untilMended:
                    "no Jira connection for customer \(job.customerID); set JIRA_DOMAIN or JIRA_BASE_URL and its"
                    + " credentials", wait: configuration.gates.configuration)
        }
        return GuardedJira(jira, gates: gates, job: job, context)
    }

    func record(
        _ action: AuditAction, control: String?, issueKey: String? = nil, _ detail: [String: JSONValue] = [:]
    ) -> AuditRecord {
        AuditRecord(action, controlID: control, issueKey: issueKey, actor: configuration.actor, detail: detail)
    }

    /// Does the work of a run. What is "not now" becomes a snooze, which costs the job no attempt. What the worker makes of a fault
    /// of the database costs none either. Words that are disliked cost one: they are this job's trouble alone.
    func uncounted(_ job: ClaimedJob, _ work: () async throws -> Outcome) async throws -> Outcome {
        do {
            return try await work()
        } catch let words as DislikedWords {
            logger.warning(
                "a job waits alone, since something before Jira refuses its questions",
                metadata: ["job": "\(job.id)", "customer": "\(job.customerID)", "reason": "\(words.refusal.sentence)"])
            return .retry(reason: "\(words)")
        } catch let notNow as NotNow {
            return .snooze(for: notNow.wait, reason: notNow.reason, notNow.effects)
        } catch let error as PostgresError where error.sqlState == .invalidParameterValue {
            return .snooze(
                for: configuration.gates.configuration,
                reason: NotNow.waiting + "PostgreSQL cannot take a setting (sla.time_zone?): \(error.message)")
        }
    }
}

extension SQLState {
    static let invalidParameterValue = SQLState(rawValue: "22023")
}

/// What became of failures; the contract names it.
enum TicketMetrics {
    static func ended(_ outcome: String) {
        Counter(label: "kushim_jira_tickets_total", dimensions: [("outcome", outcome)]).increment()
    }
}
