import Synchronization

/// Why a run is cut short by the engine.
enum Interruption: Sendable {
    case timeLimit, leaseLost, shutdown
}

/// The runs under way in this worker, each with a line by which it can be interrupted.
final class InHand: Sendable {
    private struct Run {
        let tenure: Tenure
        let deadline: Duration
        let line: AsyncStream<Interruption>.Continuation
    }

    private let runs = Mutex<[Int64: Run]>([:])

    var count: Int { runs.withLock { $0.count } }

    var fences: [Int64] { runs.withLock { Array($0.keys) } }

    /// - Returns: where the run hears of its interruption.
    func begin(_ job: ClaimedJob, tenure: Tenure, deadline: Duration) -> AsyncStream<Interruption> {
        let (interruptions, line) = AsyncStream.makeStream(of: Interruption.self, bufferingPolicy: .bufferingOldest(1))
        runs.withLock { $0[job.fence] = Run(tenure: tenure, deadline: deadline, line: line) }
        return interruptions
    }

    func end(_ job: ClaimedJob) {
        runs.withLock { $0.removeValue(forKey: job.fence) }?.line.finish()
    }

    /// Interrupts what is over its time, what is no longer this worker's, and everything when the process must go.
    func interrupt(at now: Duration, isLeaving: Bool) {
        runs.withLock { runs in
            for run in runs.values {
                if run.tenure.isSurelyLost() {
                    run.line.yield(.leaseLost)
                } else if isLeaving {
                    run.line.yield(.shutdown)
                } else if now >= run.deadline {
                    run.line.yield(.timeLimit)
                }
            }
        }
    }
}
