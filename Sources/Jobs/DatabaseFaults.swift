import Logging
import Postgres
import Synchronization

/// The lasting faults of the database, each with jobs that were put off for it. A fault is over when one of its jobs runs through.
final class DatabaseFaults: Sendable {
    private struct Known {
        var jobs: Set<Int64> = []
        var expiresAt = Duration.zero
    }

    private static let mostJobs = 100
    private static let mostFaults = 10
    /// How long after a job's pause its next run is awaited: another worker may have taken it.
    private static let patience = Duration.seconds(60)

    private let logger: Logger
    private let known = Mutex<[ExactText: Known]>([:])

    init(logger: Logger) {
        self.logger = logger
    }

    /// - Parameter pause: until the job is tried again.
    func found(_ fault: DatabaseFault, by job: Int64, pause: Duration, at now: Duration) {
        guard fault.isLasting else { return }
        let words = ExactText(fault.description)
        let isNew = known.withLock { known in
            known = known.filter { $0.value.expiresAt > now }
            let isNew = known[words] == nil
            guard !isNew || known.count < Self.mostFaults else { return false }
            var jobs = known[words] ?? Known()
            if jobs.jobs.count < Self.mostJobs { jobs.jobs.insert(job) }
            jobs.expiresAt = max(jobs.expiresAt, now + pause + Self.patience)
            known[words] = jobs
            return isNew
        }
        logger.log(
            level: isNew ? .warning : .debug, "the database keeps jobs from their work; they wait and lose no attempt",
            metadata: ["job": "\(job)", "error": "\(fault)"])
    }

    /// The job met with no fault of the database.
    func passed(_ job: Int64) {
        let over = known.withLock { known in
            let over = known.filter { $0.value.jobs.contains(job) }.map(\.key)
            for fault in over { known[fault] = nil }
            return over
        }
        for fault in over {
            logger.info("the database lets jobs do their work again", metadata: ["error": "\(fault.text)"])
        }
    }

    /// nil when nothing is known to be wrong.
    func problem(at now: Duration) -> String? {
        let faults = known.withLock { known in known.filter { $0.value.expiresAt > now }.map(\.key.text) }
        return faults.isEmpty ? nil : "jobs wait for the database: " + faults.sorted().joined(separator: "; ")
    }
}
