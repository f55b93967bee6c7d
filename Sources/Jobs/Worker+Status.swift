import Synchronization

extension Worker {
    /// Runs under way.
    package var jobsInHand: Int { inHand.count }

    /// Whether the claiming still turns: false when it has hung for much longer than a poll, or a database that is away, explains.
    package var isTurning: Bool {
        shutdown.hasBegun
            || pulse.last.map { configuration.clock.now() - $0 < configuration.pollInterval * 2 + .seconds(90) } ?? true
    }
}

/// When a loop last turned.
final class Pulse: Sendable {
    private let time = Mutex<Duration?>(nil)
    var last: Duration? { time.withLock { $0 } }
    func beat(at now: Duration) { time.withLock { $0 = now } }
}
