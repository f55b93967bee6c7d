import Logging
import Postgres

/// What was written in the end, which is another settlement than was wanted where the database refused that one.
struct SettledRun: Sendable {
    let settlement: Settlement
    let result: Settlement.Result

    init(_ settlement: Settlement, _ result: Settlement.Result) {
        self.settlement = settlement
        self.result = result
    }
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
        /// Again would fail again: the database does not take a job's effect, or another session holds its locks.
        case refused(any Error)
        /// The database stayed away for as long as shutdown could wait.
        case outOfTime

        /// Of the only one.
        func ending(of settlement: Settlement) -> SettledRun {
            guard case .written(let results) = self else { return SettledRun(settlement, .abandoned) }
            return SettledRun(settlement, results.first ?? .abandoned)
        }
    }

    enum Ending: Sendable {
        case over(SettledRun)
        case refused(Straggler)

        var over: SettledRun? { if case .over(let run) = self { run } else { nil } }
        var refused: Straggler? { if case .refused(let straggler) = self { straggler } else { nil } }
    }

    /// How long a job waits in this worker's hands for a lock, before it is put off and does its work again.
    private static let patience = Duration.seconds(10)

    /// So many are settled at a time where each is settled by itself.
    private static let mostAtOnce = 4

    /// - Parameters:
    ///   - isContended: others are known to hold locks that jobs need: then the batch does not wait as long to find that out again.
    ///   - note: is told of each as soon as it is known.
    func flush(_ batch: [Settlement], isContended: Bool, _ note: @Sendable ([Ending]) -> Void) async {
        switch await patiently(batch, isContended ? .alone : .together) {
        case .written(let results):
            note(zip(batch, results).map { .over(SettledRun($0, $1)) })
        case .outOfTime:
            note(batch.map { .over(SettledRun($0, .abandoned)) })
        case .refused(let error):
            // One job's effect must not hold up the others': each by itself.
            logger.debug("settling one by one", metadata: ["jobs": "\(batch.count)", "error": "\(error)"])
            let now = configuration.clock.now()
            await withTaskGroup(of: Ending.self) { group in
                for (place, settlement) in batch.enumerated() {
                    if place >= Self.mostAtOnce, let ending = await group.next() { note([ending]) }
                    let straggler = Straggler(settlement: settlement, since: now, error: error)
                    group.addTask { await settle(straggler, .alone) }
                }
                for await ending in group { note([ending]) }
            }
        }
    }

    /// Settles a job by itself: as it wants, or else as the database allows.
    func settle(_ straggler: Straggler, _ limit: LockLimit) async -> Ending {
        let job = straggler.settlement.job
        let attempt = await patiently([straggler.settlement], limit)
        guard case .refused(let error) = attempt else { return .over(attempt.ending(of: straggler.settlement)) }
        let refused = Straggler(settlement: straggler.settlement, since: straggler.since, error: error)
        if (error as? PostgresError)?.isLockTimeout == true, !shutdown.hasBegun,
            configuration.clock.now() - straggler.since < Self.patience
        {
            return .refused(refused)
        }
        for instead in configuration.substitutes(for: job, refusedWith: error) {
            let attempt = await patiently([instead], .alone)
            if case .refused = attempt { continue }
            logger.error(
                "the database refused what a job wanted to write; it will be tried again",
                metadata: ["job": "\(job.id)", "kind": "\(job.kind)", "error": "\(error)"])
            return .over(attempt.ending(of: instead))
        }
        return .refused(refused)
    }

    /// Again while the database is away, under the same fences: whatever came through already is not done twice.
    private func patiently(_ batch: [Settlement], _ limit: LockLimit) async -> Attempt {
        var tries = 0
        defer { if tries > 0 { stalls.end() } }
        while true {
            do {
                return .written(try await write(batch, limit, isRepeated: tries > 0))
            } catch let error as PostgresError where error.isRetryable && !error.isLockTimeout {
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
    func pause(afterTry tries: Int) async -> Bool {
        let backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))
        let now = configuration.clock.now()
        // A second beyond the grace, so that what was cancelled at its end still gets its try.
        if shutdown.isOverdue(at: now - .seconds(1)) { return false }
        try? await configuration.clock.sleep(backoff.delay(afterAttempt: tries, random: configuration.random()))
        return true
    }

    private func write(
        _ batch: [Settlement], _ limit: LockLimit, isRepeated: Bool
    ) async throws -> [Settlement.Result] {
        let call = underWay.begin(at: configuration.clock.now())
        defer { underWay.end(call) }
        // One lock order everywhere: by job.
        let ordered = batch.sorted { $0.job.id < $1.job.id }
        let rows: [SettleJobs.Row]
        if ordered.allSatisfy(\.effects.isEmpty) {
            rows = try await pool.transaction(
                PinSettling(limit: limit), SettleJobs(settlements: ordered, mustHoldAll: false)
            ).1
        } else if try await writeIfAllAreHeld(ordered, limit) {
            rows = []
        } else {
            rows = try await writeWhatIsHeld(ordered, limit)
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
    private func writeIfAllAreHeld(_ ordered: [Settlement], _ limit: LockLimit) async throws -> Bool {
        do {
            try await pool.transaction(
                [PinSettling(limit: limit), SettleJobs(settlements: ordered, mustHoldAll: true)] + effects(of: ordered))
            return true
        } catch let error as PostgresError where error.sqlState == SettleJobs.leaseLost {
            return false
        }
    }

    private func writeWhatIsHeld(
        _ ordered: [Settlement], _ limit: LockLimit
    ) async throws -> [SettleJobs.Row] {
        try await pool.withTransaction { transaction in
            let rows = try await transaction.pipeline(
                PinSettling(limit: limit), SettleJobs(settlements: ordered, mustHoldAll: false)
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
