import Synchronization

/// How far the worker is on its way out.
final class Shutdown: Sendable {
    private let deadline = Mutex<Duration?>(nil)

    /// The earliest deadline counts.
    func begin(deadline new: Duration) {
        deadline.withLock { $0 = min($0 ?? new, new) }
    }

    var hasBegun: Bool { deadline.withLock { $0 != nil } }

    /// The grace is used up: what is still in hand is to be cancelled and released.
    func isOverdue(at now: Duration) -> Bool {
        deadline.withLock { deadline in deadline.map { now >= $0 } ?? false }
    }
}
