import Logging
import Postgres

/// What was written in the end, which is another settlement than was wanted where the database refused that one.
struct SettledRun: Sendable {
    let settlement: Settlement
    let result: Settlement.Result
}

/// One batch of settlements, written whatever it takes.
struct SettlementFlush: Sendable {
    let pool: PostgresPool
    let configuration: WorkerConfiguration
    let shutdown: Shutdown
    let logger: Logger
    let stalls = Stalls()
    let underWay = UnderWay()

    private enum Attempt {
        case written([Settlement.Result])
        /// Again would fail again: somebody's effect is not taken.
        case refused(any Error)
        /// The database stayed away for as long as shutdown could wait.
        case outOfTime
    }

    func flush(_ batch: [Settlement]) async -> [SettledRun] {
        switch await patiently(batch) {
        case .written(let results):
            return zip(batch, results).map(SettledRun.init)
        case .outOfTime:
            return batch.map { SettledRun(settlement: $0, result: .abandoned) }
        case .refused(let error):
            // One job's effect must not hold up the others': each by itself.
            logger.debug("settling one by one", metadata: ["jobs": "\(batch.count)", "error": "\(error)"])
            var settled: [SettledRun] = []
            for settlement in batch { settled.append(await alone(settlement)) }
            return settled
        }
    }

    private func alone(_ settlement: Settlement) async -> SettledRun {
        switch await patiently([settlement]) {
        case .written(let results):
            return SettledRun(settlement: settlement, result: results.first ?? .abandoned)
        case .outOfTime:
            return SettledRun(settlement: settlement, result: .abandoned)
        case .refused(let error):
            logger.error(
                "the database refused what a job wanted to write; it will be tried again",
                metadata: ["job": "\(settlement.job.id)", "kind": "\(settlement.job.kind)", "error": "\(error)"])
            return await insistently(instead(of: settlement, error))
        }
    }

    /// What the engine writes where the database refuses what the job wants to write.
    private func instead(of settlement: Settlement, _ error: any Error) -> Settlement {
        if let fault = DatabaseFault(error) { return configuration.settlement(of: settlement.job, putOffFor: fault) }
        let reason = "what it wanted to write was refused: \(error)"
        return configuration.settlement(of: settlement.job, .retry(reason: reason))
    }

    /// What the engine itself has to write has no smaller form, and leaving out its record is no choice: again until it is taken.
    private func insistently(_ settlement: Settlement) async -> SettledRun {
        var tries = 0
        stalls.begin()
        defer { stalls.end() }
        while true {
            switch await patiently([settlement]) {
            case .written(let results):
                return SettledRun(settlement: settlement, result: results.first ?? .abandoned)
            case .outOfTime:
                return SettledRun(settlement: settlement, result: .abandoned)
            case .refused(let error):
                tries += 1
                stalls.failed(error)
                logger.error(
                    "cannot record that a job failed; no more jobs are taken until the database allows it",
                    metadata: ["job": "\(settlement.job.id)", "error": "\(error)"])
                guard await pause(afterTry: tries) else {
                    return SettledRun(settlement: settlement, result: .abandoned)
                }
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
                stalls.failed(error)
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
        let call = underWay.begin(at: configuration.clock.now())
        defer { underWay.end(call) }
        // One lock order everywhere: by job.
        let ordered = batch.sorted { $0.job.id < $1.job.id }
        let rows: [SettleJobs.Row]
        if ordered.allSatisfy(\.effects.isEmpty) {
            rows = try await pool.transaction(PinPlans(), SettleJobs(settlements: ordered, mustHoldAll: false)).1
        } else if try await writeIfAllAreHeld(ordered) {
            rows = []
        } else {
            rows = try await writeWhatIsHeld(ordered)
        }
        if ordered.contains(where: { $0.verdict == .released }) { _ = try? await pool.execute(WakeWorkers()) }
        if rows.isEmpty { return batch.map { _ in .settled } }
        let results = Dictionary(rows.map { ($0.fence, $0.result) }, uniquingKeysWith: { first, _ in first })
        return batch.map { settlement in
            guard let result = results[settlement.job.fence] else { return .settled }
            // Neither leaves a trace by which an earlier try that came through could be told from a lost lease.
            let isTraceless = settlement.verdict == .snoozed || settlement.verdict == .released
            return isRepeated && isTraceless && result == .stale ? .settledBefore : result
        }
    }

    /// In one round trip, as it nearly always goes: the effects are sent without waiting to hear that the leases hold, and the
    /// settlement fails, and everything with it, where one does not.
    private func writeIfAllAreHeld(_ ordered: [Settlement]) async throws -> Bool {
        do {
            try await pool.transaction(
                [PinPlans(), SettleJobs(settlements: ordered, mustHoldAll: true)] + effects(of: ordered))
            return true
        } catch let error as PostgresError where error.sqlState == SettleJobs.leaseLost {
            return false
        }
    }

    private func writeWhatIsHeld(_ ordered: [Settlement]) async throws -> [SettleJobs.Row] {
        try await pool.withTransaction { transaction in
            let rows = try await transaction.pipeline(
                PinPlans(), SettleJobs(settlements: ordered, mustHoldAll: false)
            ).1
            let lost = Set(rows.map(\.fence))
            try await transaction.commit(with: effects(of: ordered.filter { !lost.contains($0.job.fence) }))
            return rows
        }
    }

    private func effects(of settlements: [Settlement]) -> [any Statement] {
        statements(
            writing: settlements.flatMap { settlement in
                settlement.effects.map { (job: settlement.job, effect: $0) }
            })
    }
}
