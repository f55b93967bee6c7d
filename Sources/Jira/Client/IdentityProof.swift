import Synchronization

/// When Jira last said who we are.
final class IdentityProof: Sendable {
    static let lifetime: Duration = .seconds(60)

    private let provenAt = Mutex<ContinuousClock.Instant?>(nil)
    private let naming = Mutex<Set<String>>([])
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.now = now
    }

    var isFresh: Bool {
        let now = now()
        return provenAt.withLock { $0.map { $0.duration(to: now) < Self.lifetime } ?? false }
    }

    func remember() {
        let now = now()
        provenAt.withLock { $0 = now }
    }

    /// Answers to this operation say whom Jira took us for.
    func noteNaming(_ operation: String) {
        naming.withLock { _ = $0.insert(operation) }
    }

    /// Whether they did before: then one that does not was given to nobody.
    func isNaming(_ operation: String) -> Bool {
        naming.withLock { $0.contains(operation) }
    }

    func forget() {
        provenAt.withLock { $0 = nil }
    }
}
