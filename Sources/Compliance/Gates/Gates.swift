import Jira
import Logging
import Postgres
import Synchronization

/// The gates, shared by all workers of all hosts through PostgreSQL: a Jira that is over its limits, away, or refuses us is
/// left alone by everybody, and when the time is over one of them tries.
actor Gates {
    private let pool: PostgresPool
    private let timing: GateTiming
    private let actor: String
    private let logger: Logger
    private var shut: [GateScope: Known] = [:]
    private var readAt: ContinuousClock.Instant?
    private var reading: (task: Task<[ShutGate], any Error>, since: ContinuousClock.Instant)?
    private var doubtsInARow: [GateScope: Int] = [:]
    /// Targets that have taken an issue since the start.
    private var taken: Set<GateScope> = []
    /// The jobs that a target has refused since it last took one.
    private var refusedSince: [GateScope: Set<Int64>] = [:]
    /// The jobs to which a target's answers told nothing since it last took one.
    private var unprovenSince: [GateScope: Set<Int64>] = [:]
    private var toldOfHeld: [ExactText: ContinuousClock.Instant] = [:]

    /// Before an operator is told again that a failure waits for the same reason as another.
    static let silenceAboutHeld: Duration = .seconds(24 * 3_600)
    /// Failures that a target refuses one after the other, though it took others before, for a reason that may be theirs: then it is
    /// no matter of a single one.
    private static let refusalsOfATarget = 3

    /// A gate with the time of its end by this process's clock.
    private struct Known {
        let gate: ShutGate
        let end: ContinuousClock.Instant

        init(_ gate: ShutGate) {
            self.gate = gate
            end = .now + gate.remaining
        }

        var remaining: Duration { ContinuousClock.now.duration(to: end) }
    }

    init(pool: PostgresPool, timing: GateTiming, actor: String, logger: Logger) {
        self.logger = logger
        self.pool = pool
        self.timing = timing
        self.actor = actor
    }

    /// Lets the caller through, or throws `NotNow`. Of those who come when a gate's time is over, one gets through, to probe.
    func admit(_ scopes: [GateScope]) async throws -> Admission {
        try await refresh()
        let known = scopes.compactMap { shut[$0] }
        if let one = known.first(where: { $0.remaining > .zero }) {
            throw NotNow(one.gate, wait: pause(before: one))
        }
        var probing: [GateScope: String] = [:]
        for gate in known.map(\.gate) {
            let claim = ClaimProbe(scope: gate.scope, duration: timing.probe)
            guard let probe = try await pool.execute(claim).first else {
                for (scope, probe) in probing { _ = try await pool.execute(ReleaseProbe(scope: scope, probe: probe)) }
                readAt = nil
                throw NotNow(gate, wait: timing.unavailable)
            }
            probing[gate.scope] = probe
        }
        return Admission(probing: probing)
    }

    /// Throws `NotNow` as long as the gate is shut: whether it can be opened is for others to find out. Where there are none it
    /// counts as forsaken after a while, and is opened.
    func waitForAnother(_ scope: GateScope) async throws {
        try await refresh()
        guard let known = shut[scope] else { return }
        throw NotNow(known.gate, wait: max(known.remaining, .zero) + timing.configuration)
    }

    /// Whether a gate was shut since the holder was let through, by somebody of this process: then what is not yet sent stays
    /// unsent, so that refused credentials are not tried by every job in hand.
    func shutMeanwhile(_ scope: GateScope, _ admission: Admission) -> NotNow? {
        guard !admission.isProbe(of: scope), let known = shut[scope], known.remaining > .zero else { return nil }
        return NotNow(known.gate, wait: pause(before: known))
    }

    /// The site answered, in whatever way: opens its gate if the caller was its probe.
    func answered(_ scope: GateScope, _ admission: Admission, jobID: Int64) async {
        doubtsInARow[scope] = nil
        guard let probe = admission.probe(of: scope) else { return }
        do {
            let isOpen = try await pool.execute(OpenGate(scope: scope, jobID: jobID, actor: actor, probe: probe)).first
            admission.settle(scope)
            guard isOpen == true else {
                readAt = nil
                return
            }
            shut[scope] = nil
            logger.notice("a connection is open again", metadata: ["scope": "\(scope)"])
        } catch {
            // The gate stays shut until the next probe. The answer that was got must not be lost over that.
            logger.warning(
                "could not open a gate; it is tried again", metadata: ["scope": "\(scope)", "error": "\(error)"])
        }
    }

    /// Shuts a gate and says for how long.
    func shut(
        _ scope: GateScope, _ cause: GateCause, reason: String, remedy: String, wait: Duration? = nil,
        _ admission: Admission, customerID: String, jobID: Int64
    ) async throws -> NotNow {
        let isDoubled = wait == nil && (cause == .rateLimited || cause == .unavailable)
        let statement = ShutGates(
            scope: scope, customerID: customerID, cause: cause, reason: reason, remedy: remedy,
            delay: wait ?? timing.delay(cause), longest: isDoubled ? timing.longest : .zero,
            probe: admission.probe(of: scope), jobID: jobID, actor: actor)
        guard let gate = try await pool.execute(statement).first else {
            return NotNow(wait: timing.delay(cause), reason: reason)
        }
        let known = Known(gate)
        if shut[scope] == nil {
            logger.warning(
                "shut a connection; its jobs wait and lose no attempt",
                metadata: [
                    "scope": "\(scope)", "cause": "\(cause.rawValue)", "reason": "\(reason)", "remedy": "\(remedy)",
                ])
        }
        shut[scope] = known
        admission.settle(scope)
        return NotNow(gate, wait: pause(before: known))
    }

    /// Gives back what the holder was to probe and, for whatever reason, did not.
    func release(_ admission: Admission) async {
        for (scope, probe) in admission.giveUp() {
            do {
                _ = try await pool.execute(ReleaseProbe(scope: scope, probe: probe))
                shut[scope] = nil
                readAt = nil
            } catch {
                // Then others stay out until the time of the probe is over.
                logger.debug("could not give back a probe", metadata: ["scope": "\(scope)", "error": "\(error)"])
            }
        }
    }

    /// Counts a request whose outcome is unknown.
    /// - Returns: whether there were so many in a row that the site may have to be left alone for a while.
    func doubted(_ scope: GateScope) -> Bool {
        doubtsInARow[scope, default: 0] += 1
        return doubtsInARow[scope, default: 0] >= timing.doubtsInARow
    }

    /// A target took an issue.
    func took(_ target: GateScope) {
        taken.insert(target)
        refusedSince[target] = nil
        unprovenSince[target] = nil
    }

    /// Counts a create request of which the answer does not tell what became of it, and no other's does either.
    /// - Returns: whether there were so many since the target last took one, or so many of one failure, that it should be left alone.
    func unproven(at target: GateScope, jobID: Int64, inARow: Int, _ admission: Admission) -> Bool {
        let jobs = unprovenSince[target, default: []].union([jobID])
        unprovenSince[target] = jobs
        return jobs.count >= Self.refusalsOfATarget || inARow > 1 || admission.isProbe(of: target)
    }

    /// Counts a refusal that is not explained by what the target is known to demand.
    /// - Returns: whether it is one failure's own matter: the target has taken others, and not refused several since.
    func refused(at target: GateScope, jobID: Int64) -> Bool {
        guard taken.contains(target) else { return false }
        let refused = refusedSince[target, default: []].union([jobID])
        guard refused.count < Self.refusalsOfATarget else { return false }
        refusedSince[target] = refused
        return true
    }

    /// Whether an operator should be told, as far as this process knows, that a customer's failure waits: of a target at most once an
    /// hour, and of the same reason once a day.
    func isNews(heldBy reason: String, at target: GateScope, customerID: String) -> Bool {
        let place = "\(target) \(customerID)"
        let occasions = [
            (ExactText(place), timing.silence), (ExactText("\(place) \(reason)"), Self.silenceAboutHeld),
        ]
        let isNews = occasions.allSatisfy { occasion, silence in
            toldOfHeld[occasion].map { $0.duration(to: .now) >= silence } ?? true
        }
        guard isNews else { return false }
        if toldOfHeld.count >= 10_000 { toldOfHeld = [:] }
        for (occasion, _) in occasions { toldOfHeld[occasion] = .now }
        return true
    }

    private func pause(before known: Known) -> Duration {
        known.gate.isProbed ? min(known.remaining, timing.unavailable) : known.remaining
    }

    /// What was read counts from when it was asked for: meanwhile somebody may have opened a gate.
    private func refresh() async throws {
        if let readAt, readAt.duration(to: .now) < timing.freshness { return }
        let reading: (task: Task<[ShutGate], any Error>, since: ContinuousClock.Instant)
        if let current = self.reading, current.since.duration(to: .now) < timing.freshness {
            reading = current
        } else {
            reading = (Task { [pool] in try await pool.execute(ReadGates()) }, .now)
            self.reading = reading
        }
        defer { if self.reading?.task == reading.task { self.reading = nil } }
        let gates = try await reading.task.value
        if let readAt, readAt > reading.since { return }
        shut = Dictionary(gates.map { ($0.scope, Known($0)) }, uniquingKeysWith: { first, _ in first })
        readAt = reading.since
    }
}

/// Leave to send; for some scopes as the one who finds out whether they can be used again.
final class Admission: Sendable {
    private let probing: Mutex<[GateScope: String]>

    fileprivate init(probing: [GateScope: String]) {
        self.probing = Mutex(probing)
    }

    func isProbe(of scope: GateScope) -> Bool { probe(of: scope) != nil }

    /// As `ClaimProbe` returned it.
    fileprivate func probe(of scope: GateScope) -> String? {
        probing.withLock { $0[scope] }
    }

    /// It is known now how the probe went.
    fileprivate func settle(_ scope: GateScope) {
        probing.withLock { $0[scope] = nil }
    }

    fileprivate func giveUp() -> [GateScope: String] {
        probing.withLock { probing in
            defer { probing = [:] }
            return probing
        }
    }
}
