import FoundationEssentials
import Synchronization

/// The time for which one worker id is good: from its registration until the worker stops or is found to have been taken for dead.
final class Tenure: Sendable {
    let workerID: UUID
    private let lease: Duration
    private let clock: WorkerClock
    private let state: Mutex<State>

    private struct State {
        /// When the last heartbeat that the database answered was *sent*: the database saw it later than that, never earlier.
        var lastBeat: Duration
        var isOver = false
    }

    init(workerID: UUID, lease: Duration, beganAt: Duration, clock: WorkerClock) {
        self.workerID = workerID
        self.lease = lease
        self.clock = clock
        state = Mutex(State(lastBeat: beganAt))
    }

    func renew(sentAt: Duration) {
        state.withLock { $0.lastBeat = max($0.lastBeat, sentAt) }
    }

    func end() {
        state.withLock { $0.isOver = true }
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    /// Two thirds of the lease: the last third is for what is under way to end before anybody else may begin.
    func stillHolds() -> Bool {
        state.withLock { !$0.isOver && clock.now() - $0.lastBeat < lease * 2 / 3 }
    }

    /// The whole lease is over, so that another worker may have taken the jobs.
    func isSurelyLost() -> Bool {
        state.withLock { $0.isOver || clock.now() - $0.lastBeat >= lease }
    }
}
