import Logging
import Postgres
import Synchronization

/// Writes how runs ended, all that ended while the last flush was in flight together, with their effects, in one transaction.
struct Settler: Sendable {
    private let coalescer: Coalescer<Settlement, Settlement.Result>
    private let flusher: SettlementFlush

    init(pool: PostgresPool, configuration: WorkerConfiguration, shutdown: Shutdown, logger: Logger) {
        let flusher = SettlementFlush(pool: pool, configuration: configuration, shutdown: shutdown, logger: logger)
        self.flusher = flusher
        coalescer = Coalescer { await flusher.flush($0) }
    }

    func settle(_ settlement: Settlement) async -> Settlement.Result {
        do {
            return try await coalescer.submit(settlement)
        } catch {
            return .abandoned
        }
    }

    /// Something cannot be written at the moment: no reason to take on more work.
    var isStalled: Bool { flusher.stalls.isStalled }
}

/// How many settlements wait for the database to take them.
final class Stalls: Sendable {
    private let count = Atomic(0)
    var isStalled: Bool { count.load(ordering: .relaxed) > 0 }
    func begin() { count.add(1, ordering: .relaxed) }
    func end() { count.subtract(1, ordering: .relaxed) }
}

struct SettlementFlush: Sendable {
    let pool: PostgresPool
    let configuration: WorkerConfiguration
    let shutdown: Shutdown
    let logger: Logger
    let stalls = Stalls()

    private enum Attempt {
        case written([Settlement.Result])
        /// Again would fail again: somebody's effect is not taken.
        case refused(any Error)
        /// The database stayed away for as long as shutdown could wait.
        case outOfTime
    }

    func flush(_ batch: [Settlement]) async -> [Settlement.Result] {
        switch await patiently(batch) {
        case .written(let results):
            return results
        case .outOfTime:
            return batch.map { _ in .abandoned }
        case .refused(let error):
            // One job's effect must not hold up the others': each by itself.
            logger.debug("settling one by one", metadata: ["jobs": "\(batch.count)", "error": "\(error)"])
            var results: [Settlement.Result] = []
            for settlement in batch { results.append(await alone(settlement)) }
            return results
        }
    }

    private func alone(_ settlement: Settlement) async -> Settlement.Result {
        switch await patiently([settlement]) {
        case .written(let results):
            return results.first ?? .abandoned
        case .outOfTime:
            return .abandoned
        case .refused(let error):
            logger.error(
                "the database refused what a job wanted to write; it will be tried again",
                metadata: ["job": "\(settlement.job.id)", "kind": "\(settlement.job.kind)", "error": "\(error)"])
            let reason = "what it wanted to write was refused: \(error)"
            return await insistently(configuration.settlement(of: settlement.job, .retry(reason: reason)))
        }
    }

    /// What the engine itself has to write has no smaller form, and leaving out its record is no choice: again until it is taken.
    private func insistently(_ settlement: Settlement) async -> Settlement.Result {
        var tries = 0
        stalls.begin()
        defer { stalls.end() }
        while true {
            switch await patiently([settlement]) {
            case .written(let results):
                return results.first ?? .abandoned
            case .outOfTime:
                return .abandoned
            case .refused(let error):
                tries += 1
                logger.error(
                    "cannot record that a job failed; no more jobs are taken until the database allows it",
                    metadata: ["job": "\(settlement.job.id)", "error": "\(error)"])
                guard await pause(afterTry: tries) else { return .abandoned }
            }
        }
    }

    /// Again while the database is away, under the same fences: whatever came through already is not done twice.
    private func patiently(_ batch: [Settlement]) async -> Attempt {
        var tries = 0
        defer { if tries > 0 { stalls.end() } }
        while true {
            do {
                return .written(try await write(batch, isRepeated: tries > 0))
            } catch let error as PostgresError where error.isRetryable {
                tries += 1
                if tries == 1 { stalls.begin() }
                logger.log(
                    level: tries == 2 ? .warning : .debug, "cannot settle jobs yet; trying again",
                    metadata: ["jobs": "\(batch.count)", "error": "\(error)"])
                guard await pause(afterTry: tries) else { return .outOfTime }
            } catch {
                return .refused(error)
            }
        }
    }

    /// - Returns: whether there is time for another try.
    private func pause(afterTry tries: Int) async -> Bool {
        let backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))
        let now = configuration.clock.now()
        // A second beyond the grace, so that what was cancelled at its end still gets its try.
        if shutdown.isOverdue(at: now - .seconds(1)) { return false }
        try? await configuration.clock.sleep(backoff.delay(afterAttempt: tries, random: configuration.random()))
        return true
    }

    private func write(_ batch: [Settlement], isRepeated: Bool) async throws -> [Settlement.Result] {
        // One lock order everywhere: by job.
        let statement = SettleJobs(settlements: batch.sorted { $0.job.id < $1.job.id })
        let rows: [SettleJobs.Row]
        if batch.allSatisfy(\.effects.isEmpty) {
            rows = try await pool.transaction(PinPlans(), statement).1
        } else {
            rows = try await pool.withTransaction { transaction in
                try await transaction.pipeline([PinPlans()])
                let rows = try await transaction.execute(statement)
                let live = Set(rows.filter { $0.result == .settled }.map(\.fence))
                let effects = batch.filter { live.contains($0.job.fence) }.flatMap { settlement in
                    settlement.effects.map { (job: settlement.job, effect: $0) }
                }
                try await transaction.commit(with: statements(writing: effects))
                return rows
            }
        }
        let results = Dictionary(rows.map { ($0.fence, $0.result) }, uniquingKeysWith: { first, _ in first })
        return batch.map { settlement in
            let result = results[settlement.job.fence] ?? .stale
            // Neither leaves a trace by which an earlier try that came through could be told from a lost lease.
            let isTraceless = settlement.verdict == .snoozed || settlement.verdict == .released
            return isRepeated && isTraceless && result == .stale ? .settledBefore : result
        }
    }
}
