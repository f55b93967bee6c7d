/// Does the work of one kind of job.
package protocol JobHandler: Sendable {
    /// The `kind` of the jobs it takes.
    static var kind: String { get }

    /// A thrown error is `Outcome.retry` with the error as its reason; a payload that can never be understood should be
    /// `Outcome.discard`. The task is cancelled when the job exceeds its time limit, when its lease is lost, and when shutdown
    /// has waited long enough.
    func perform(_ job: ClaimedJob, _ context: JobContext) async throws -> Outcome
}

extension JobHandler {
    package var kind: String { Self.kind }
}

/// What a handler may ask about its run.
package struct JobContext: Sendable {
    private let holds: @Sendable () -> Bool
    private let isLeaving: @Sendable () -> Bool

    package init(
        stillHolds: @escaping @Sendable () -> Bool = { true },
        isShuttingDown: @escaping @Sendable () -> Bool = { false }
    ) {
        holds = stillHolds
        isLeaving = isShuttingDown
    }

    /// Whether the job is surely still this worker's: false from two thirds of the lease after the last heartbeat the database
    /// answered, counted from when it was sent. Nobody else takes the job before the whole lease is over.
    package func stillHolds() -> Bool { holds() }

    /// To be called right before anything that must not happen twice.
    package func checkLease() throws(LeaseLost) {
        if !stillHolds() { throw LeaseLost() }
    }

    /// Whether the process is on its way out: what can be left for later, should be.
    package var isShuttingDown: Bool { isLeaving() }
}

/// The worker was out of touch with the database for so long that another may have taken its jobs.
package struct LeaseLost: Error, Sendable, CustomStringConvertible {
    package init() {}
    package var description: String {
        "the lease on this job ran out before it was done: the database did not answer this worker's heartbeats in time"
    }
}
