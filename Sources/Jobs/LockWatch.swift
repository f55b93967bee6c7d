import Logging
import Postgres
import Synchronization

/// Who keeps the worker's sessions waiting for locks, as they were last seen.
final class LockWatch: Sendable {
    private struct State {
        var blockers: [Blocker]
        let since: Duration
        var lastSeen: Duration
        var told: Set<Int32> = []

        var words: String { blockers.map(\.words).joined(separator: "; ") }
    }

    static let interval = Duration.seconds(1)
    /// Shorter waits are those of our own transactions for each other.
    static let noteworthyWait = Duration.milliseconds(300)
    /// One who is seen for less is nothing to tell of yet.
    private static let patience = Duration.seconds(2)
    /// Waits come and go, since each has its limit.
    private static let gap = Duration.seconds(5)
    /// Jobs that were put off come back within this time, and may meet the same lock.
    private static let memory = Duration.seconds(90)

    private let logger: Logger
    private let state = Mutex<State?>(nil)

    init(logger: Logger) {
        self.logger = logger
    }

    /// - Parameter blockers: whom sessions wait for now.
    func saw(_ blockers: [Blocker], at now: Duration) {
        let (warning, isOver) = state.withLock { state -> (String?, Bool) in
            if blockers.isEmpty {
                guard let last = state, now - last.lastSeen > Self.memory else { return (nil, false) }
                state = nil
                return (nil, !last.told.isEmpty)
            }
            var seen = state ?? State(blockers: [], since: now, lastSeen: now)
            seen.blockers = blockers
            seen.lastSeen = now
            defer { state = seen }
            guard now - seen.since >= Self.patience, !seen.told.isSuperset(of: blockers.map(\.pid)) else {
                return (nil, false)
            }
            seen.told.formUnion(blockers.map(\.pid))
            return (seen.words, false)
        }
        if let warning {
            logger.warning("the worker waits for locks that other sessions hold", metadata: ["sessions": "\(warning)"])
        }
        if isOver { logger.info("no other session keeps the worker waiting any more") }
    }

    /// nil when none of it waits, or not for long.
    /// - Parameter isSuspected: whether jobs are known to have waited: then those who were seen some time ago are named, too.
    func problem(at now: Duration, isSuspected: Bool) -> String? {
        state.withLock { state in
            guard let state, state.lastSeen - state.since >= Self.patience,
                now - state.lastSeen <= (isSuspected ? Self.memory : Self.gap)
            else { return nil }
            return "the worker waits for locks: \(state.words)"
        }
    }
}

extension Worker {
    /// Until cancelled. Asks nothing while there is nothing that could wait.
    func watchLocks() async {
        while !Task.isCancelled {
            try? await configuration.clock.sleep(LockWatch.interval)
            let now = configuration.clock.now()
            let mayWait = inHand.count > 0 || claimsUnderWay.longest(at: now) ?? .zero >= LockWatch.noteworthyWait
            // A database that does not answer is told of by those who need it.
            let blockers = mayWait ? try? await pool.execute(FindBlockers(waitingFor: LockWatch.noteworthyWait)) : []
            if let blockers { locks.saw(blockers, at: configuration.clock.now()) }
        }
    }
}
