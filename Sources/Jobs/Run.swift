import Postgres
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
    func begin(_ handler: any JobHandler, _ context: JobContext, then end: @escaping @Sendable (Run, Outcome) -> Void) {
        let task = Task {
            let outcome: Outcome
            do {
                outcome = try await handler.perform(job, context)
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

    /// A database that is away or read-only is no fault of the job's, and costs it no attempt.
    private func putOff(_ error: PostgresError) -> Outcome {
        let backoff = Backoff(base: .seconds(2), cap: .seconds(60))
        // Between the half of it and the whole.
        let pause = backoff.delay(afterAttempt: job.snoozes + 1, random: 0.5 + Double.random(in: 0...0.5))
        return .snooze(for: pause, reason: "the database takes no work at the moment: \(error)")
    }

    /// What a handler throws after the engine interrupted it is the interruption's doing, whatever it looks like.
    private func judge(_ error: any Error) -> Outcome {
        switch state.withLock({ $0.interruption }) {
        case .shutdown, .leaseLost:
            return .released
        case .timeLimit:
            return .retry(reason: "it ran longer than its time limit of \(timeLimit)")
        case nil:
            if error is LeaseLost { return .released }
            if let error = error as? PostgresError, error.isOutage { return putOff(error) }
            return .retry(reason: String(describing: error))
        }
    }
}
