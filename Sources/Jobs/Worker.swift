package import Logging
package import Postgres
import ServiceLifecycle
import Synchronization

/// Claims jobs and runs them, one task a job, until it is told to stop. No error of the database ever ends it.
package final class Worker: Service, Sendable {
    let pool: PostgresPool
    let postgres: PostgresConfiguration
    let handlers: [String: any JobHandler]
    /// Of the handlers.
    let kinds: [String]
    let configuration: WorkerConfiguration
    let logger: Logger

    let registration = Registration()
    let shutdown = Shutdown()
    /// Rung when there may be something to claim: a notification, a freed slot, a due job, a new connection.
    let alarm = Alarm()
    /// Rung when a job was scheduled that is due before the promoter would look again.
    let dueSoon = Alarm()
    /// Rung when there may be lanes that nobody knows of.
    let surveyWanted = Alarm()
    /// Rung when somebody has set the database's clock.
    let clockWasSet = Alarm()
    let tips = Tips()
    let databaseClock = DatabaseClock()
    let claiming: Outage
    let beating: Outage
    let claimsUnderWay = UnderWay()
    let locks: LockWatch
    let endings: Endings
    let settler: Settler
    let metrics: JobMetrics
    let pulse = Pulse()
    /// False where polling alone must do.
    let canListen: Atomic<Bool>

    /// - Parameters:
    ///   - pool: for everything but heartbeats and notifications; must outlive the worker.
    ///   - postgres: for the two connections of the worker's own.
    ///   - handlers: one a kind. Jobs of other kinds are left for workers that know them.
    package init(
        pool: PostgresPool, postgres: PostgresConfiguration, handlers: [any JobHandler],
        configuration: WorkerConfiguration, logger: Logger
    ) {
        self.pool = pool
        self.postgres = postgres
        self.handlers = Dictionary(handlers.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
        kinds = self.handlers.keys.sorted()
        self.configuration = configuration
        canListen = Atomic(configuration.listens)
        self.logger = logger
        claiming = Outage("claiming jobs", logger: logger)
        locks = LockWatch(logger: logger)
        beating = Outage("the heartbeat", logger: logger)
        metrics = JobMetrics(kinds: self.handlers.keys)
        endings = Endings(
            configuration: configuration, metrics: metrics, tips: tips, alarm: alarm, dueSoon: dueSoon, logger: logger)
        settler = Settler(
            pool: pool, configuration: configuration, shutdown: shutdown, endings: endings, logger: logger)
    }

    /// Returns after shutdown, when nothing is in hand any more.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await work()
        } onGracefulShutdown: {
            self.drain()
        }
    }

    /// Claim no more; what is in hand has the grace to finish, and is then cancelled and released. Graceful shutdown does this.
    package func drain() {
        shutdown.begin(deadline: configuration.clock.now() + configuration.shutdownGrace)
        alarm.ring()
    }

    /// Claim no more, cancel and release at once; for the second signal.
    package func releaseAtOnce() {
        let now = configuration.clock.now()
        shutdown.begin(deadline: now)
        inHand.interrupt(at: now, isLeaving: true)
        alarm.ring()
    }

    private func work() async {
        await withDiscardingTaskGroup { chores in
            chores.addTask { await self.heartbeat.run() }
            chores.addTask { await self.oversee() }
            chores.addTask { await self.promoteWhenDue() }
            chores.addTask { await self.survey() }
            chores.addTask { await self.mendTimes() }
            chores.addTask { await self.watchLocks() }
            for chore in self.chores { chores.addTask { await self.repeatedly(chore) } }
            if self.canListen.load(ordering: .relaxed) { chores.addTask { await self.listen() } }
            await self.claimAndRun()
            chores.cancelAll()
        }
        await sayFarewell()
    }

    var inHand: InHand { endings.inHand }

    private var heartbeat: Heartbeat {
        var postgres = postgres
        postgres.connectTimeout = min(postgres.connectTimeout, configuration.lease / 3)
        return Heartbeat(
            postgres: postgres, configuration: configuration, kinds: kinds, registration: registration,
            databaseClock: databaseClock, outage: beating,
            onRegistered: { self.alarm.ring() },
            onLost: { self.inHand.interrupt(at: self.configuration.clock.now(), isLeaving: false) },
            onClockSet: { self.clockWasSet.ring() },
            logger: logger)
    }

    private func sayFarewell() async {
        guard let tenure = registration.tenure else { return }
        registration.end()
        do {
            // Not in this task, which may be cancelled by now.
            let stop = Task { try await pool.execute(StopWorker(workerID: tenure.workerID)) }
            _ = try await configuration.clock.within(.seconds(5)) { try await stop.value }
        } catch {
            logger.warning(
                "could not sign off; other workers will notice when the lease is over", metadata: ["error": "\(error)"])
        }
    }
}
