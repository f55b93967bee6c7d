import Compliance
import FoundationEssentials
import Glibc
import HTTP
import Jira
import Jobs
import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// Puts the parts of the daemon together and runs them to the end.
struct RunningDaemon: Sendable {
    private let loaded: LoadedConfiguration
    private let reload: @Sendable () throws(InvalidConfiguration) -> LoadedConfiguration
    private let environment = ProcessFacts.environment
    private let startedAt = Date.now
    private let telemetry: Telemetry
    private let logger: Logger
    private static let mostConnections = 8

    /// Sets up logs and metrics for the whole process; there can be only one.
    init(
        _ loaded: LoadedConfiguration,
        reload: @escaping @Sendable () throws(InvalidConfiguration) -> LoadedConfiguration
    ) {
        self.loaded = loaded
        self.reload = reload
        telemetry = Telemetry.bootstrap(loaded, environment: environment)
        logger = Logger(label: "kushim-jira")
    }

    func run() async throws {
        let settings = loaded.configuration
        // Until somebody listens for it: a reload that comes while the database is awaited must not end the process.
        signal(SIGHUP, SIG_IGN)
        Secrecy.forbidCoreDumps(logger)
        logger.notice(
            "starting", metadata: ["version": "\(BuildVersion.number)", "configuration": "\(loaded.path ?? "no file")"])
        let notifier = SystemdNotifier(environment: environment)
        let gate = DatabaseGate(postgres: settings.postgres, logger: logger) { notifier.status($0) }
        try await gate.pass()

        // So that a lock which another session holds is told of as that, and soon.
        var patient = settings.postgres
        patient.lockTimeout = .seconds(3)
        let pool = PostgresPool(
            patient, size: max(2, min(settings.worker.concurrency, Self.mostConnections)), logger: logger)
        let http = HTTPClient(settings.network, logger: logger)
        let host = ProcessInfo.processInfo.hostName
        let actor = "kushim-jira/\(BuildVersion.number) \(host)"
        let live = LiveHandlers(settings, pool: pool, http: http, actor: actor, logger: logger)
        await live.installOrWait(settings)
        let worker = Worker(
            pool: pool, postgres: settings.postgres, handlers: live.handlers,
            configuration: WorkerConfiguration(settings, name: "\(host)/\(getpid())", actor: actor) {
                live.report.text
            },
            logger: logger)
        // Without it the gates' own time decides: nothing to end the process for.
        _ = try? await pool.execute(ProbeGatesNow())
        try await serve(
            settings, notifier: notifier, gate: gate, pool: pool, http: http, live: live, worker: worker)
        await http.shutDown()
        logger.notice("stopped")
    }

    private func serve(
        _ settings: Configuration, notifier: SystemdNotifier, gate: DatabaseGate, pool: PostgresPool, http: HTTPClient,
        live: LiveHandlers,
        worker: Worker
    ) async throws {
        let isStopping = StopMark()
        let measurements = ComplianceMeasurements(pool: pool, logger: logger)
        let desk = ReadinessDesk(
            look: { await gate.readiness(pool) },
            silence: { age in
                let silence = "has not answered for \(age.components.seconds) s"
                return Readiness(checks: [.init(name: "database", problem: pool.trouble?.description ?? silence)])
            })
        let routes = OperationsRoutes(
            readiness: {
                var readiness = await desk.answer()
                readiness.checks += worker.health.map { .init(name: $0.name, problem: $0.problem) }
                if isStopping.isSet { readiness.checks.append(.init(name: "daemon", problem: "is stopping")) }
                readiness.heldUp = measurements.shutGates.words
                return readiness
            }, metrics: { telemetry.exposition() })
        let trouble = ListenTrouble()
        let status: @Sendable () -> String = {
            let work = live.obstacle ?? "\(worker.jobsInHand) of \(settings.worker.concurrency) jobs in hand"
            return (measurements.shutGates.words + [work, trouble.text].compactMap { $0 }).joined(separator: "; ")
        }
        let listener = PatientListener(
            listener: HTTPListener(settings.http.listen, router: routes.router(), logger: logger) { _ in
                trouble.clear()
                notifier.ready(status: status())
            }, trouble: trouble, logger: logger
        ) {
            notifier.ready(status: status())
        }
        let reporter = SystemdReporter(
            notifier: notifier, environment: environment,
            heartbeats: [.init(name: "claiming", isAlive: { worker.isTurning })], logger: logger,
            status: { status() })
        // They stop in reverse order: the worker drains while health and metrics can still be asked.
        let lifetime = DaemonLifetime(
            services: [
                reporter, listener, pool, measurements, worker,
                JiraDiscovery(live: live, logger: logger),
                TwinSweep(pool: pool, http: http, actor: live.actor, logger: logger) { live.connection },
                ForsakenGates(pool: pool, actor: live.actor, logger: logger),
                StartupPages(logger: logger),
            ],
            shutdownGrace: settings.worker.shutdownGrace, notifier: notifier, logger: logger,
            reload: {
                let outcome = await reloaded(into: live)
                _ = try? await pool.execute(ProbeGatesNow())
                return outcome + "; " + status()
            },
            onStopping: { isStopping.set() }, onHaste: { worker.releaseAtOnce() })
        if case .off = settings.http.listen { notifier.ready(status: status()) }
        try await lifetime.run()
    }

    /// - Returns: what became of it, for the status line.
    private func reloaded(into live: LiveHandlers) async -> String {
        do throws(InvalidConfiguration) {
            let fresh = try reload()
            telemetry.noteReload(fresh)
            do throws(JiraConfigurationError) {
                try await live.install(fresh.configuration)
            } catch {
                logger.error("the new configuration is not used", metadata: ["error": "\(error)"])
                return "configuration not reloaded: \(error)"
            }
            let needRestart = fresh.settings.filter { setting in
                Self.readAtStart.contains { setting.key.hasPrefix($0) }
                    && loaded.settings.first { $0.key == setting.key }?.shownValue != setting.shownValue
            }
            if !needRestart.isEmpty {
                logger.warning(
                    "some settings take effect only with a restart",
                    metadata: ["settings": "\(needRestart.map(\.key).joined(separator: ", "))"])
            }
            logger.notice("configuration reloaded; jobs that begin from now on use it")
            let stale = fresh.credentialsAsAtStart(startedAt)
            guard !stale.isEmpty else { return "configuration reloaded" }
            let names = stale.joined(separator: ", ")
            logger.warning(
                "credentials are those of the start: systemd copies them only then; if they were changed, restart the service",
                metadata: ["credentials": "\(names)"])
            return "configuration reloaded, but for credentials (\(names)): after a change of those restart the service"
        } catch {
            for problem in error.problems {
                logger.error("the new configuration is not used", metadata: ["problem": "\(problem.line)"])
            }
            return "configuration not reloaded: \(error.problems.first?.line ?? "it is invalid")"
        }
    }

    private static let readAtStart = ["worker.", "http.", "retention.", "database.", "log.format"]
}

/// Set once, when the daemon begins to stop.
private final class StopMark: Sendable {
    private let mark = Mutex(false)
    var isSet: Bool { mark.withLock { $0 } }
    func set() { mark.withLock { $0 = true } }
}

extension WorkerConfiguration {
    fileprivate init(
        _ settings: Configuration, name: String, actor: String, about: @escaping @Sendable () -> String
    ) {
        self.init(name: name, version: BuildVersion.number)
        self.about = about
        slots = settings.worker.concurrency
        pollInterval = settings.worker.pollInterval
        lease = settings.worker.lease
        shutdownGrace = settings.worker.shutdownGrace
        maxAttempts = settings.worker.maxAttempts
        retention.completed = settings.retention.completed
        retention.discarded = settings.retention.discarded
        effects = complianceEffects(actor: actor)
    }
}

extension CommandFailure {
    init(_ error: JiraConfigurationError) {
        self.init(
            status: .configuration, what: error.setting, message: error.problem, hint: error.remedy)
    }
}
