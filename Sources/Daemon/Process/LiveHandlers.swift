import Compliance
import HTTP
import Jira
import Jobs
import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// The handlers of the worker, made anew when the configuration is read again: a job that begins after that runs by the
/// new settings, one in hand ends by the old ones.
final class LiveHandlers: Sendable {
    private struct State {
        var configuration: Configuration
        var handlers: [String: any JobHandler] = [:]
        var connection: JiraConnection?
        /// Why there are no handlers yet.
        var obstacle: String?
        var generation = 0
    }

    private let state: Mutex<State>
    private let pool: PostgresPool
    private let http: HTTPClient
    /// Who acts, in the audit log.
    let actor: String
    private let logger: Logger

    init(_ configuration: Configuration, pool: PostgresPool, http: HTTPClient, actor: String, logger: Logger) {
        state = Mutex(State(configuration: configuration))
        self.pool = pool
        self.http = http
        self.actor = actor
        self.logger = logger
    }

    /// For the worker: one a kind, each looking up the handler in force at every run.
    var handlers: [any JobHandler] {
        made(for: state.withLock { $0.configuration }, jira: nil).map { following($0) }
    }

    /// Why jobs cannot be done yet; nil when all is well.
    var obstacle: String? { state.withLock { $0.obstacle } }

    /// What the worker's row tells of it.
    var report: DaemonReport {
        let (configuration, connection, obstacle) = state.withLock { ($0.configuration, $0.connection, $0.obstacle) }
        return DaemonReport(configuration, connection: connection, obstacle: obstacle)
    }

    /// The Jira of the environment, once it is known.
    var connection: JiraConnection? { state.withLock { $0.connection } }

    /// Makes the handlers for a configuration. Where only the server can tell what kind of Jira it is, it is asked.
    ///
    /// - Throws: `JiraConfigurationError`: these credentials do not go with that kind of Jira.
    func install(_ configuration: Configuration) async throws(JiraConfigurationError) {
        let generation = state.withLock { state in
            state.configuration = configuration
            state.generation += 1
            return state.generation
        }
        var connection: JiraConnection?
        if let settings = configuration.jira.connection {
            do throws(JiraConnectionError) {
                connection = try await JiraConnection.resolve(settings, http: http, logger: logger)
            } catch {
                switch error {
                case .configuration(let error): throw error
                case .server(let error): return wait(for: error, settings, generation)
                }
            }
        } else {
            logger.notice("no Jira is configured: jobs are accepted and wait; set JIRA_DOMAIN or JIRA_BASE_URL")
        }
        let made = made(for: configuration, jira: connection)
        state.withLock { state in
            // A reload in the meantime knows better.
            guard state.generation == generation else { return }
            state.handlers = Dictionary(made.map { ($0.kind, $0) }) { first, _ in first }
            state.connection = connection
            state.obstacle = nil
        }
    }

    /// At the start: what Jira says of itself may be another's word, and may be mended there.
    func installOrWait(_ configuration: Configuration) async {
        do throws(JiraConfigurationError) {
            try await install(configuration)
        } catch {
            logger.error("Jira cannot be used with these settings; asking again", metadata: ["error": "\(error)"])
            state.withLock { $0.obstacle = "\(error)" }
        }
    }

    private func wait(for error: JiraError, _ settings: JiraSettings, _ generation: Int) {
        logger.warning("Jira did not say what it is; asking again", metadata: ["error": "\(error)"])
        let address = settings.baseURL ?? settings.domain ?? "the configured address"
        state.withLock { state in
            guard state.generation == generation else { return }
            state.obstacle =
                "what kind of Jira is at \(address) is not known yet: \(error.words); JIRA_TYPE spares the question"
        }
    }

    fileprivate var current: (handlers: [String: any JobHandler], obstacle: String?) {
        state.withLock { ($0.handlers, $0.obstacle) }
    }

    fileprivate var configuration: Configuration { state.withLock { $0.configuration } }

    private func made(for configuration: Configuration, jira: JiraConnection?) -> [any JobHandler] {
        complianceHandlers(
            configuration.compliance(actor: actor, jira: jira), pool: pool, http: http, logger: logger)
    }

    private func following<Handler: JobHandler>(_ handler: Handler) -> any JobHandler {
        FollowingHandler<Handler>(live: self)
    }
}

/// Hands a job to whatever handler of its kind is in force.
private struct FollowingHandler<Handler: JobHandler>: JobHandler {
    static var kind: String { Handler.kind }
    let live: LiveHandlers

    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome {
        let (handlers, obstacle) = live.current
        guard obstacle == nil, let handler = handlers[job.kind] else {
            return .snooze(for: .seconds(5), reason: obstacle ?? "the daemon is starting")
        }
        return try await handler.perform(job, context)
    }
}

/// Asks a Jira that did not say what it is until it does.
struct JiraDiscovery: Service {
    let live: LiveHandlers
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = Duration.seconds(2)
            while !Task.isCancelled {
                try? await Task.sleep(for: pause)
                guard live.obstacle != nil, !Task.isCancelled else {
                    pause = .seconds(2)
                    continue
                }
                pause = min(pause * 2, .seconds(60))
                do throws(JiraConfigurationError) {
                    try await live.install(live.configuration)
                } catch {
                    logger.error("Jira cannot be used with these settings", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

extension Configuration {
    func compliance(actor: String, jira connection: JiraConnection?) -> ComplianceConfiguration {
        var result = ComplianceConfiguration(actor: actor)
        result.tickets = compliance.tickets
        result.sla = compliance.sla
        result.slack.webhook = slack.webhookURL
        for (name, url) in slack.channels {
            if let severity = Severity(rawValue: name) { result.slack.channels[severity] = url }
        }
        // The configuration lets plain HTTP pass for loopback alone.
        result.slack.allowsPlainHTTP = true
        result.appURL = kushim.appURL
        result.connection = connection
        result.connection?.timeout = jira.requestTimeout
        result.settlingTime = jira.settlingTime
        result.sendWithin = worker.lease * 2 / 3
        return result
    }
}
