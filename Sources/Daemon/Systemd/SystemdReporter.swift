import Logging
import ServiceLifecycle

/// Keeps systemd informed while the daemon runs: the status line when it changes, at most once a second, and the watchdog
/// while every loop that must turn does turn. Services stop in reverse order: as the first of the group this one goes on
/// while the others drain.
struct SystemdReporter: Service {
    /// A loop of the daemon that can hang. A timer alone would prove nothing.
    struct Heartbeat: Sendable {
        var name: String
        /// Whether the loop has turned recently enough.
        var isAlive: @Sendable () -> Bool
    }

    private let notifier: SystemdNotifier
    private let status: @Sendable () async -> String
    private let heartbeats: [Heartbeat]
    private let watchdogInterval: Duration?
    private let statusInterval: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - environment: for `WATCHDOG_USEC`, the time after which systemd kills a silent service (sd_watchdog_enabled(3)).
    ///   - status: one line for `systemctl status`, asked once a second.
    init(
        notifier: SystemdNotifier, environment: [String: String], heartbeats: [Heartbeat], logger: Logger,
        statusInterval: Duration = .seconds(1), status: @escaping @Sendable () async -> String
    ) {
        self.notifier = notifier
        self.heartbeats = heartbeats
        self.logger = logger
        self.status = status
        self.statusInterval = statusInterval
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) }
        // More often than systemd asks for is always right.
        watchdogInterval = microseconds.flatMap { $0 > 0 ? min(.microseconds($0) / 2, .seconds(3_600)) : nil }
    }

    func run() async throws {
        guard notifier.isListening else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await reportStatus() }
                if let watchdogInterval { group.addTask { await feedWatchdog(every: watchdogInterval) } }
            }
        }
    }

    private func reportStatus() async {
        var last: String?
        repeat {
            let line = await status()
            if line != last { notifier.status(line) }
            last = line
            try? await Task.sleep(for: statusInterval)
        } while !Task.isCancelled
    }

    private func feedWatchdog(every interval: Duration) async {
        repeat {
            let silent = heartbeats.filter { !$0.isAlive() }.map(\.name)
            if silent.isEmpty {
                notifier.watchdog()
            } else {
                logger.error("part of the daemon hangs", metadata: ["parts": "\(silent.joined(separator: ", "))"])
            }
            try? await Task.sleep(for: interval)
        } while !Task.isCancelled
    }
}
