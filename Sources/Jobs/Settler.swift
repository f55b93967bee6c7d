import Logging
import Postgres
import Synchronization

/// Writes how runs ended, all that ended while the last flush was in flight together, with their effects, in one transaction.
struct Settler: Sendable {
    private let coalescer: Coalescer<Settlement, Void>
    private let flusher: SettlementFlush
    private let stragglers: Stragglers

    init(
        pool: PostgresPool, configuration: WorkerConfiguration, shutdown: Shutdown, endings: Endings, logger: Logger
    ) {
        let flusher = SettlementFlush(pool: pool, configuration: configuration, shutdown: shutdown, logger: logger)
        let stragglers = Stragglers(flush: flusher, endings: endings)
        self.flusher = flusher
        self.stragglers = stragglers
        coalescer = Coalescer(maximum: 512) { batch in
            await flusher.flush(batch, isContended: stragglers.areWaiting) { settled in
                endings.note(settled.compactMap(\.over))
                stragglers.add(settled.compactMap(\.refused))
            }
            return batch.map { _ in }
        }
    }

    func settle(_ settlement: Settlement) {
        coalescer.add(settlement)
    }

    /// Nothing can be written at the moment: no reason to take on more work.
    var isStalled: Bool { flusher.stalls.isStalled }

    /// What keeps settlements from being written; nil when they are.
    func problem(at now: Duration) -> String? { flusher.stalls.problem ?? stragglers.problem(at: now) }

    var underWay: UnderWay { flusher.underWay }
}

/// How many settlements wait for the database to take them.
final class Stalls: Sendable {
    private let count = Atomic(0)
    private let tries = Mutex((count: 0, error: ""))

    var isStalled: Bool { count.load(ordering: .relaxed) > 0 }
    func begin() { count.add(1, ordering: .relaxed) }

    func end() {
        guard count.subtract(1, ordering: .relaxed).newValue == 0 else { return }
        tries.withLock { $0 = (0, "") }
    }

    func failed(_ error: any Error) {
        tries.withLock { $0 = ($0.count + 1, "\(error)") }
    }

    /// One failure is nothing yet.
    var problem: String? {
        guard isStalled else { return nil }
        return tries.withLock { $0.count >= 3 ? "how jobs ended cannot be recorded: \($0.error)" : nil }
    }
}
