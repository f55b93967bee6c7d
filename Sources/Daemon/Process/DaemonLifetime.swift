import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// From start to end of the services: SIGTERM and SIGINT drain, a second one stops at once, a third gives up on manners;
/// SIGHUP reloads.
struct DaemonLifetime: Sendable {
    /// In starting order; they stop in reverse order.
    var services: [any Service]
    /// What draining may take. The worker keeps to it by itself; this is the backstop, with a little on top.
    var shutdownGrace: Duration
    var notifier: SystemdNotifier
    var logger: Logger
    /// Reads the configuration again. Returns the status line to report; problems are its own to log.
    var reload: @Sendable () async -> String
    /// Told before anything is stopped, so that `/readyz` can say no.
    var onStopping: @Sendable () -> Void = {}
    /// Told at the second signal: let go of what is in hand. What does not end by itself then is cancelled.
    var onHaste: @Sendable () -> Void = {}
    private static let hasteGrace = Duration.seconds(2)

    /// Runs until a signal or a failing service ends it.
    func run() async throws {
        // Trapped before the services start: a signal in between must not be lost.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        configuration.maximumGracefulShutdownDuration = shutdownGrace + .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        let (haste, hurry) = AsyncStream.makeStream(of: Void.self)

        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await run(group, until: haste) }
            tasks.addTask { await obey(signals, group, hurry) }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }

    /// The services, cancelled (not merely asked to end) when `haste` yields.
    private func run(_ group: ServiceGroup, until haste: AsyncStream<Void>) async throws {
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                try await group.run()
                return true
            }
            tasks.addTask {
                for await _ in haste { return false }
                return false
            }
            defer { tasks.cancelAll() }
            guard try await tasks.next() == false else { return }
            tasks.cancelAll()
            // What services throw because they are cancelled is no failure: it was asked for.
            while let result = await tasks.nextResult() { _ = result }
        }
    }

    private func obey(
        _ signals: UnixSignalsSequence, _ group: ServiceGroup, _ hurry: AsyncStream<Void>.Continuation
    ) async {
        var stops = 0
        for await signal in signals {
            guard signal != .sighup else {
                guard stops == 0 else { continue }
                logger.notice("reloading")
                notifier.reloading()
                notifier.ready(status: await reload())
                continue
            }
            stops += 1
            switch stops {
            case 1:
                logger.notice("stopping", metadata: ["signal": "\(signal)", "grace": "\(shutdownGrace.notation)"])
                notifier.stopping(status: "finishing what is in hand")
                notifier.extendTimeout(by: shutdownGrace + .seconds(10))
                onStopping()
                await group.triggerGracefulShutdown()
            case 2:
                logger.warning("stopping at once", metadata: ["signal": "\(signal)"])
                onHaste()
                Task {
                    try? await Task.sleep(for: Self.hasteGrace)
                    hurry.yield()
                }
            default:
                // The database still knows of every lease: another worker takes over when they run out.
                _exit(ExitStatus.problemFound.rawValue)
            }
        }
    }
}
