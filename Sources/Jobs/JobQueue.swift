package import Postgres

/// The queue as an operator sees it: what stands in it, and what can be done about it.
package struct JobQueue: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// - Returns: the id of each, in order: of the new job, or of the unfinished one that has its unique key.
    package func enqueue(_ jobs: [NewJob]) async throws -> [Int64] {
        try await pool.execute(EnqueueJobs(jobs))
    }

    package func list(_ filter: JobFilter = JobFilter()) async throws -> [JobSummary] {
        try await pool.execute(ListJobs(filter: filter))
    }

    /// nil when there is no such job, or no longer.
    package func show(_ id: Int64) async throws -> JobStory? {
        let (summaries, places, attempts) = try await pool.transaction(
            FindJob(id: id), LocateJob(id: id), ListAttempts(id: id))
        guard let summary = summaries.first, let place = places.first else { return nil }
        return JobStory(summary, at: place, payload: try await payload(of: id), attempts: attempts)
    }

    private func payload(of id: Int64) async throws -> JobStory.Payload {
        do {
            guard let payload = try await pool.execute(FindPayload(id: id)).first else {
                return .unreadable("it is gone")
            }
            return payload.map { .text($0) } ?? .unreadable(PayloadText.tooLarge)
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            return .hidden
        } catch let error as PostgresError where error.mayBeOneRows {
            return .unreadable("\(error)")
        }
    }

    /// Makes dead letters and jobs that wait for their time ready at once.
    /// - Parameter effects: what to write for each, in the same transaction.
    package func retry(
        _ ids: [Int64], effects: @Sendable (ClaimedJob) -> [any Effect] = { _ in [] }
    ) async throws -> ChangedJobs {
        try await change(ids, with: RetryJobs(ids: ids.sorted()), effects) { state in
            switch state {
            case .available: "it is ready to run already"
            case .running: "it is running"
            case .completed: "it is done"
            case .discarded: "an unfinished job has the same unique key"
            case .cancelled: "it was cancelled; enqueue it anew"
            }
        }
    }

    /// Ends jobs that nobody has in hand.
    /// - Parameters:
    ///   - reason: kept with the job.
    ///   - effects: what to write for each, in the same transaction.
    package func cancel(
        _ ids: [Int64], reason: String, effects: @Sendable (JobEvent) -> [any Effect] = { _ in [] }
    ) async throws -> ChangedJobs {
        let statement = CancelJobs(ids: ids.sorted(), reason: reason)
        return try await change(ids, with: statement, { effects(.cancelled($0, reason: reason)) }) { state in
            switch state {
            case .available: "it was just being put back; try again"
            case .running: "it is running, and what it asks of Jira cannot be taken back; try again when it has ended"
            case .completed: "it is done"
            case .discarded: "it has been given up already"
            case .cancelled: "it is cancelled already"
            }
        }
    }

    package func counts() async throws -> QueueCounts {
        let (kinds, workers) = try await pool.transaction(CountJobs(), CountWorkersAlive())
        return QueueCounts(kinds: kinds, workersAlive: workers.first ?? 0)
    }

    /// What of the queue is not as it must be, the first `limit` findings; reads all of it.
    package func violations(limit: Int) async throws -> [QueueViolation] {
        try await pool.execute(FindViolations(limit: limit))
    }

    /// Of the newest jobs, those that have no place in the queue; cheap.
    package func nowhere() async throws -> (looked: Int, ids: [Int64]) {
        (FindNowhereJobs.newest, try await pool.execute(FindNowhereJobs()))
    }

    /// Gives every job that is nowhere the place that its insert should have given it; what breaks a rule becomes a dead letter. Only
    /// the schema's owner may; every other login gets a `PostgresError`.
    /// - Parameter effects: what to write for each dead letter, in the same transaction.
    package func admitForgotten(effects: @Sendable (JobEvent) -> [any Effect]) async throws -> AdmittedJobs {
        var all = AdmittedJobs()
        while true {
            let rows = try await pool.withTransaction { transaction in
                _ = try await transaction.execute(LockPlaces())
                let rows = try await transaction.execute(AdmitJobs(limit: 500))
                let written = rows.flatMap { row in
                    (row.refusal.map { effects(.discarded(row.job, reason: $0)) } ?? []).map {
                        (job: row.job, effect: $0)
                    }
                }
                try await transaction.commit(with: statements(writing: written))
                return rows
            }
            guard !rows.isEmpty else { return all }
            all.placed += rows.filter { $0.refusal == nil }.map(\.job.id)
            all.discarded += rows.compactMap { row in
                row.refusal.map { ChangedJobs.Refusal(id: row.job.id, reason: $0) }
            }
        }
    }

    private func change<S: Statement>(
        _ ids: [Int64], with statement: S, _ effects: @Sendable (ClaimedJob) -> [any Effect],
        reason: (JobState) -> String
    ) async throws -> ChangedJobs where S.Row == ClaimedJob {
        let (changed, states) = try await pool.withTransaction { transaction in
            let changed = try await transaction.execute(statement)
            let done = Set(changed.map(\.id))
            let states = try await transaction.execute(StatesOfJobs(ids: ids.filter { !done.contains($0) }))
            try await transaction.commit(
                with: statements(writing: changed.flatMap { job in effects(job).map { (job: job, effect: $0) } }))
            return (done, states)
        }
        let refused = ids.filter { !changed.contains($0) }.map { id in
            ChangedJobs.Refusal(
                id: id, reason: states.first { $0.id == id }.map { reason($0.state) } ?? "there is no such job")
        }
        return ChangedJobs(changed: ids.filter(changed.contains), refused: refused)
    }
}

/// What became of the jobs that were nowhere.
package struct AdmittedJobs: Sendable {
    /// The ids of those that wait for a worker now.
    package fileprivate(set) var placed: [Int64] = []
    /// Those that are dead letters now, each with the rule that it breaks.
    package fileprivate(set) var discarded: [ChangedJobs.Refusal] = []
}

/// What became of a command about several jobs.
package struct ChangedJobs: Sendable {
    package struct Refusal: Sendable {
        package let id: Int64
        package let reason: String

        package init(id: Int64, reason: String) {
            self.id = id
            self.reason = reason
        }
    }
    package let changed: [Int64]
    package var refused: [Refusal]
}

package struct KindCounts: Sendable {
    package let kind: String
    package let ready: Int64
    /// Waiting for their time; among them `heldBack`, after a failure or a "not now".
    package let scheduled: Int64
    package let heldBack: Int64
    package let running: Int64
    package let discarded: Int64
    package let oldestWaiting: Duration?
    package let longestRunning: Duration?
    package let completedLastMinute: Int64
}

package struct QueueCounts: Sendable {
    package let kinds: [KindCounts]
    package let workersAlive: Int64
}
