import Logging
import Postgres
import Synchronization

/// A settlement that the database did not take while it takes others'.
struct Straggler: Sendable {
    let settlement: Settlement
    /// When it was first refused.
    let since: Duration
    /// What it was refused with the last time.
    let error: any Error
}

/// Tries stragglers again, each by itself and beside the batches, until the database takes them. Meanwhile their jobs stay in
/// this worker's hands, so that nothing of what they did is lost.
final class Stragglers: Sendable {
    private struct State {
        /// By fence.
        var waiting: [Int64: Straggler] = [:]
        var isRunning = false
    }

    /// What waits for less is nothing to tell of yet.
    private static let noteworthy = Duration.seconds(3)

    private let flush: SettlementFlush
    private let endings: Endings
    private let state = Mutex(State())

    init(flush: SettlementFlush, endings: Endings) {
        self.flush = flush
        self.endings = endings
    }

    var areWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    func add(_ stragglers: [Straggler]) {
        if stragglers.isEmpty { return }
        let wasRunning = state.withLock { state in
            for straggler in stragglers { state.waiting[straggler.settlement.job.fence] = straggler }
            defer { state.isRunning = true }
            return state.isRunning
        }
        for straggler in stragglers {
            let job = straggler.settlement.job
            flush.logger.error(
                "cannot record how a job ended; trying again until the database allows it",
                metadata: ["job": "\(job.id)", "kind": "\(job.kind)", "error": "\(straggler.error)"])
        }
        // It ends when none waits, and the worker does not leave before: the jobs are in its hands.
        if !wasRunning { Task { await settleAll() } }
    }

    /// Why some have waited for seconds; nil when none has.
    func problem(at now: Duration) -> String? {
        let late = state.withLock { $0.waiting.values.filter { now - $0.since >= Self.noteworthy } }
        guard let oldest = late.min(by: { $0.since < $1.since }) else { return nil }
        let remedy = (oldest.error as? PostgresError)?.remedy.map { "; \($0)" } ?? ""
        return "how jobs ended cannot be recorded: \(oldest.error)\(remedy) (jobs: \(late.count))"
    }

    private func settleAll() async {
        var rounds = 0
        repeat {
            rounds += 1
            let hasTime = await flush.pause(afterTry: rounds)
            // The first waits for long enough that the session which holds the lock can be seen.
            var limit = LockLimit.together
            for straggler in state.withLock({ $0.waiting.values.sorted { $0.since < $1.since } }) {
                let ending =
                    hasTime ? await flush.settle(straggler, limit) : .over(.init(straggler.settlement, .abandoned))
                limit = .alone
                note(ending)
            }
        } while state.withLock { state in
            state.isRunning = !state.waiting.isEmpty
            return state.isRunning
        }
    }

    private func note(_ ending: SettlementFlush.Ending) {
        switch ending {
        case .over(let run):
            state.withLock { $0.waiting[run.settlement.job.fence] = nil }
            endings.note([run])
        case .refused(let straggler):
            state.withLock { $0.waiting[straggler.settlement.job.fence] = straggler }
        }
    }
}
