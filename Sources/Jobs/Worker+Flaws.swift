import Logging
import Postgres

extension Worker {
    /// Reads claimed jobs one by one, after a claim that would read all of them had failed. One that cannot be read has a flaw.
    /// One whose read takes too long is put back, as one whose claim this worker did not hear of.
    /// - Throws: `PostgresError` when the database is at fault, or others have locked the table: then all are put back so.
    func read(_ claimed: [ClaimedRow]) async throws -> [ClaimJobs.Row] {
        var rows: [ClaimJobs.Row] = []
        for row in claimed {
            do {
                guard let job = try await pool.execute(ReadJob(id: row.id)).first else { continue }
                rows.append(row.with(job))
            } catch let error as PostgresError where error.isFlawOfRow {
                rows.append(row.with(JobRow(unreadable: error)))
            } catch let error as PostgresError where error.mayBeOneRows {
                logger.warning("reading a job took too long", metadata: ["job": "\(row.id)", "error": "\(error)"])
            }
        }
        return rows
    }

    /// Takes jobs out of the queue that have no row in `jobs`: what they were to do is lost, and a retry cannot bring it back.
    func remove(_ orphans: [ClaimedJob]) async {
        let reason =
            "it has no row in kushim_jira.jobs, so its work is not known: the row was deleted by hand, or a restore lacked it"
        for job in orphans {
            do {
                try await pool.withTransaction { transaction in
                    guard try await !transaction.execute(RemoveOrphan(jobID: job.id, fence: job.fence)).isEmpty else {
                        return
                    }
                    let effects = configuration.effects(.discarded(job, reason: reason))
                    try await transaction.commit(with: statements(writing: effects.map { (job: job, effect: $0) }))
                }
                logger.error("removed a job from the queue", metadata: ["job": "\(job.id)", "reason": "\(reason)"])
            } catch {
                // The job stays in this worker's hands and is put back with the next lease.
                logger.error(
                    "cannot remove a job without a row in kushim_jira.jobs; trying again later",
                    metadata: ["job": "\(job.id)", "error": "\(error)"])
            }
        }
    }
}

/// Gives up a job that cannot be read.
struct UnreadableJob: JobHandler {
    static let kind = "unreadable"
    let reason: String

    func perform(_ job: ClaimedJob, _ context: JobContext) async -> Outcome { .discard(reason: reason) }
}

extension PostgresError {
    /// Whether the same statement may succeed without some row: because of its data, or of the time that it takes.
    var mayBeOneRows: Bool {
        isFlawOfRow || kind == .timedOut && !isOutage
    }

    /// Whether what was read is at fault. A lock that others hold, a right that is missing or a server that is busy says nothing of
    /// it.
    var isFlawOfRow: Bool {
        switch kind {
        case .decoding: true
        // What is damaged, or larger than the server's memory, is told as the database's fault.
        case .server: !isDatabasesFault || sqlState?.errorClass == "XX" || sqlState == .outOfMemory
        case .timedOut, .cannotConnect, .connectionLost, .refusedCredentials, .cancelled, .poolClosed: false
        }
    }
}

extension Array {
    /// Those of which it is true, and the others, each in order.
    func partitioned(by isFirst: (Element) -> Bool) -> ([Element], [Element]) {
        (filter(isFirst), filter { !isFirst($0) })
    }
}
