/// The worker's own time: never compared with another host's and never written to the database, which owns the clock.
package struct WorkerClock: Sendable {
    /// Time since a fixed moment. It must go on while the machine is suspended, or a worker that slept through its lease
    /// would believe it still holds it.
    package var now: @Sendable () -> Duration
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    package static let system: WorkerClock = {
        let clock = ContinuousClock()
        let start = clock.now
        return WorkerClock(now: { start.duration(to: clock.now) }, sleep: { try await clock.sleep(for: $0) })
    }()
}
