import Synchronization

/// Holds the database's clock against this worker's own, which nobody sets, and notices when somebody sets the database's.
final class DatabaseClock: Sendable {
    private struct State {
        /// What the database's clock said, and between which moments of our own.
        var last: (time: Double, from: Duration, to: Duration)?
        var setAt: Duration?
    }

    /// Clocks that are only slewed do not part by so much from one look to the next.
    private static let tolerance = 1.0
    private let state = Mutex(State())

    /// - Parameters:
    ///   - time: seconds, as the database tells them.
    ///   - sentAt: when it was asked.
    ///   - answeredAt: when its answer had come.
    /// - Returns: by how many seconds its clock was set forward, or back if below zero, since the last look; nil if it was not.
    func saw(_ time: Double, from sentAt: Duration, to answeredAt: Duration) -> Double? {
        state.withLock { state in
            let before = state.last
            state.last = (time, sentAt, answeredAt)
            guard let before else { return nil }
            let elapsed = time - before.time
            let (least, most) = ((sentAt - before.to).inSeconds, (answeredAt - before.from).inSeconds)
            let step = elapsed < least ? elapsed - least : max(elapsed - most, 0)
            guard abs(step) > Self.tolerance else { return nil }
            state.setAt = sentAt
            return step
        }
    }

    /// For how long it has not been set, as far as this worker knows; nil: never since it began to look.
    func steadyTime(at now: Duration) -> Duration? {
        state.withLock { state in state.setAt.map { now - $0 } }
    }
}
