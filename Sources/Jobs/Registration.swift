import FoundationEssentials
import Synchronization

/// Under which id the worker works at the moment, and since when it has been in touch with the database.
final class Registration: Sendable {
    private struct State {
        var tenure: Tenure?
        var inTouchSince: Duration?
    }

    private let state = Mutex(State())

    /// nil until the database has taken the first registration, and between one that ended and the next.
    var tenure: Tenure? { state.withLock { $0.tenure } }

    func begin(_ tenure: Tenure) {
        state.withLock { $0.tenure = tenure }
    }

    /// The worker was taken for dead: its id is of no use any more.
    func end() {
        state.withLock { state in
            state.tenure?.end()
            state.tenure = nil
        }
    }

    func connected(at now: Duration) { state.withLock { $0.inTouchSince = now } }
    func disconnected() { state.withLock { $0.inTouchSince = nil } }

    /// For how long heartbeats have come through, while nobody set the database's clock: before a lease is over, the silence of
    /// others proves nothing, since the database may have been away for all.
    func timeInTouch(at now: Duration) -> Duration {
        state.withLock { state in state.inTouchSince.map { now - $0 } ?? .zero }
    }
}
