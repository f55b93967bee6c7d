import Synchronization

/// Whether one of the things that a worker must be able to do is being done.
package struct WorkerHealth: Sendable {
    package let name: String
    /// nil when all is well.
    package let problem: String?
}

extension Worker {
    /// What the worker needs to do its work: a lease, claims that succeed, settlements that are written, and a database that
    /// lets the jobs do theirs.
    package var health: [WorkerHealth] {
        let now = configuration.clock.now()
        return [
            WorkerHealth(name: "lease", problem: leaseProblem),
            WorkerHealth(name: "claiming", problem: claiming.problem ?? delay(of: claimsUnderWay, "a claim", at: now)),
            WorkerHealth(
                name: "settling",
                problem: settler.problem(at: now) ?? delay(of: settler.underWay, "a settlement", at: now)),
            WorkerHealth(name: "jobs", problem: jobsProblem(at: now)),
        ]
    }

    private func jobsProblem(at now: Duration) -> String? {
        let fault = endings.faults.problem(at: now)
        let waits = locks.problem(at: now, isSuspected: fault != nil || settler.problem(at: now) != nil)
        let problems = [fault, waits].compactMap { $0 }
        return problems.isEmpty ? nil : problems.joined(separator: "; ")
    }

    private var leaseProblem: String? {
        if registration.tenure?.stillHolds() == true { return nil }
        guard let error = beating.lastError else {
            return "this worker has no lease: the database has not answered its heartbeats"
        }
        return "this worker has no lease: \(error)"
    }

    private func delay(of calls: UnderWay, _ what: String, at now: Duration) -> String? {
        guard let age = calls.longest(at: now), age >= min(.seconds(10), configuration.lease / 3) else { return nil }
        return "\(what) has been waiting for the database for \(age.components.seconds) s; "
            + "see pg_stat_activity: wait_event SyncRep means that a synchronous standby is gone"
    }
}

/// Since when calls to the database have been under way.
final class UnderWay: Sendable {
    private struct State {
        var lastNumber = 0
        var calls: [Int: Duration] = [:]
    }

    private let state = Mutex(State())

    func begin(at now: Duration) -> Int {
        state.withLock { state in
            state.lastNumber += 1
            state.calls[state.lastNumber] = now
            return state.lastNumber
        }
    }

    func end(_ number: Int) {
        state.withLock { $0.calls[number] = nil }
    }

    /// How long the one takes that began first; nil when there is none.
    func longest(at now: Duration) -> Duration? {
        state.withLock { $0.calls.values.min() }.map { now - $0 }
    }
}
