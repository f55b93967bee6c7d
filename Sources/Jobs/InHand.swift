import Postgres
import Synchronization

/// The runs under way in this worker, until each is settled.
final class InHand: Sendable {
    private struct State {
        var runs: [Int64: Run] = [:]
        /// How many of them are whose.
        var counts: [ExactText: Int] = [:]
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.runs.count } }

    var fences: [Int64] { state.withLock { Array($0.runs.keys) } }

    func counts(of customers: [String]) -> [Int] {
        state.withLock { state in customers.map { state.counts[ExactText($0)] ?? 0 } }
    }

    func begin(_ runs: [Run]) {
        state.withLock { state in
            for run in runs {
                state.runs[run.job.fence] = run
                state.counts[ExactText(run.job.customerID), default: 0] += 1
            }
        }
    }

    /// - Returns: the run of each fence.
    func end(_ fences: [Int64]) -> [Run?] {
        let (ended, waiter) = state.withLock { state in
            let ended = fences.map { state.runs.removeValue(forKey: $0) }
            for case let run? in ended {
                let customer = ExactText(run.job.customerID)
                let count = (state.counts[customer] ?? 0) - 1
                state.counts[customer] = count > 0 ? count : nil
            }
            guard state.runs.isEmpty else { return (ended, CheckedContinuation<Void, Never>?.none) }
            defer { state.waiter = nil }
            return (ended, state.waiter)
        }
        waiter?.resume()
        return ended
    }

    /// Interrupts what is over its time, what is no longer this worker's, and everything when the process must go.
    func interrupt(at now: Duration, isLeaving: Bool) {
        for run in state.withLock({ Array($0.runs.values) }) {
            if run.tenure.isSurelyLost() {
                run.interrupt(.leaseLost)
            } else if isLeaving {
                run.interrupt(.shutdown)
            } else if run.isOverdue(at: now) {
                run.interrupt(.timeLimit)
            }
        }
    }

    /// Returns when nothing is in hand. For one task at a time, when nothing more begins.
    func untilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.runs.isEmpty { state.waiter = continuation }
                return state.runs.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }
}
