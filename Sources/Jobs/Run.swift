import Synchronization

/// Why a run is cut short by the engine.
enum Interruption: Sendable {
    case timeLimit, leaseLost, shutdown
}

/// One run of one job: from the claim to its verdict.
final class Run: Sendable {
    let job: ClaimedJob
    let tenure: Tenure
    let startedAt: Duration
    let timeLimit: Duration

    private struct State {
        var task: Task<Void, Never>?
        var interruption: Interruption?
    }

    private let state = Mutex(State())

    init(_ job: ClaimedJob, tenure: Tenure, startedAt: Duration, timeLimit: Duration) {
        self.job = job
        self.tenure = tenure
        self.startedAt = startedAt
        self.timeLimit = timeLimit
    }

    /// Runs the handler in a task of its own, and not in a child, which could not be cancelled without its siblings.
    func begin(
        _ handler: any JobHandler, _ context: JobContext,
        then end: @escaping @Sendable (Run, Result<Outcome, DatabaseFault>) -> Void
    ) {
        let task = Task {
            let outcome: Result<Outcome, DatabaseFault>
            do {
                outcome = .success(try await handler.perform(job, context))
            } catch {
                outcome = judge(error)
            }
            end(self, outcome)
        }
        let isInterrupted = state.withLock { state in
            state.task = task
            return state.interruption != nil
        }
        if isInterrupted { task.cancel() }
    }

    /// The first reason counts.
    func interrupt(_ reason: Interruption) {
        let task = state.withLock { state in
            state.interruption = state.interruption ?? reason
            return state.task
        }
        task?.cancel()
    }

    func isOverdue(at now: Duration) -> Bool { now - startedAt >= timeLimit }

    /// What a handler throws after the engine interrupted it is the interruption's doing, whatever it looks like.
    private func judge(_ error: any Error) -> Result<Outcome, DatabaseFault> {
        switch state.withLock({ $0.interruption }) {
        case .shutdown, .leaseLost:
            return .success(.released)
        case .timeLimit:
            return .success(.retry(reason: "it ran longer than its time limit of \(timeLimit)"))
        case nil:
            if error is LeaseLost { return .success(.released) }
            if let fault = DatabaseFault(error) { return .failure(fault) }
            return .success(.retry(reason: String(describing: error)))
        }
    }
}
