import Logging
import Postgres

/// Takes over the jobs of workers that fell silent. Every worker does it; there is no leader to lose.
struct Rescue: Sendable {
    static let lossesUntilQuarantine = 3

    let pool: PostgresPool
    let configuration: WorkerConfiguration
    let registration: Registration
    let databaseClock: DatabaseClock
    let onClockSet: @Sendable () -> Void
    let logger: Logger

    func round() async throws {
        guard let tenure = registration.tenure, tenure.stillHolds(),
            registration.timeInTouch(at: configuration.clock.now()) >= configuration.lease
        else { return }
        var refused: [Int64] = []
        var limit = 200
        var readsPayloads = true
        while true {
            do {
                if try await takeUp(as: tenure, limit: limit, except: refused, readsPayloads) == 0 { return }
            } catch let error as PostgresError where readsPayloads && error.mayBeOneRows {
                readsPayloads = false
            } catch let error as RefusedRescue {
                // The record of one cannot be written: it stays where it is, and must not keep the others there.
                if let job = error.only {
                    logger.error(
                        "cannot take over a lost worker's job", metadata: ["job": "\(job)", "error": "\(error.cause)"])
                    refused.append(job)
                }
                limit = 1
            }
        }
    }

    private struct RefusedRescue: Error, CustomStringConvertible {
        var description: String { "\(cause)" }
        /// The job, when it was tried alone.
        let only: Int64?
        let cause: any Error
    }

    private func takeUp(as tenure: Tenure, limit: Int, except: [Int64], _ readsPayloads: Bool) async throws -> Int {
        let (silent, taken): ([BuryWorkers.Row], [TakeUpJobs.Row]) = try await pool.withTransaction { transaction in
            let sentAt = configuration.clock.now()
            let time = try await transaction.pipeline(PinSettling(limit: .together), ReadClock()).1.first
            let now = configuration.clock.now()
            if let time, databaseClock.saw(time, from: sentAt, to: now) != nil {
                // Nobody is dead for that, and who is will be found when the others have had time to show that they are not.
                registration.connected(at: now)
                onClockSet()
                return ([], [])
            }
            let bury = BuryWorkers(
                workerID: tenure.workerID, inTouch: registration.timeInTouch(at: sentAt),
                steady: databaseClock.steadyTime(at: sentAt))
            let silent = try await transaction.execute(bury)
            let taken = try await transaction.execute(
                TakeUpJobs(
                    except: except, limit: limit, quarantineAfter: Self.lossesUntilQuarantine,
                    quarantineReason: Self.quarantineReason, readsPayloads: readsPayloads))
            do {
                try await transaction.commit(with: statements(writing: effects(of: taken)))
            } catch let error as PostgresError where error.isLockTimeout || !error.isRetryable {
                guard let first = taken.first else { throw error }
                throw RefusedRescue(only: taken.count == 1 ? first.job.id : nil, cause: error)
            }
            return (silent, taken)
        }
        for worker in silent {
            logger.warning(
                "a worker fell silent; its jobs are taken over",
                metadata: ["worker": "\(worker.workerID)", "name": "\(worker.name)"])
        }
        for row in taken {
            logger.warning(
                row.isQuarantined ? "quarantined a job that killed its workers" : "took over a lost worker's job",
                metadata: ["job": "\(row.job.id)", "kind": "\(row.job.kind)", "losses": "\(row.job.losses)"])
        }
        return taken.count
    }

    static let quarantineReason =
        "its worker died three times while running it; find out from the workers' logs what it does to the process, "
        + "then run it again with: kushim-jira jobs retry"

    private func effects(of taken: [TakeUpJobs.Row]) -> [(job: ClaimedJob, effect: any Effect)] {
        taken.flatMap { row -> [(job: ClaimedJob, effect: any Effect)] in
            var job = row.job
            job.maxAttempts = configuration.maxAttempts
            let event: JobEvent
            if row.isQuarantined {
                event = .discarded(job, reason: Self.quarantineReason)
            } else if row.isLoss {
                event = .claimedAgain(job, worker: row.worker)
            } else {
                return []
            }
            return configuration.effects(event).map { (job: job, effect: $0) }
        }
    }
}
