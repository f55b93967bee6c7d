/// Something in the queue that no run of this program leaves behind: a restored backup, a hand in the tables, or a fault.
package struct QueueViolation: Sendable {
    package enum Rule: String, Sendable, CaseIterable {
        case nowhere
        case inTwoPlaces = "in two places"
        case withoutJob = "without a job"
        case inWrongLane = "in the wrong lane"
        case unknownWorker = "worker unknown"
        case fenceUsedTwice = "fence used twice"
        case fenceNotRising = "fence not rising"
        case keyHeldForNobody = "key held for nobody"
        case keyNotHeld = "key not held"
        case sequenceBehind = "sequence behind"
        case noRoom = "no room"
    }

    package let rule: Rule
    /// nil where it is not about one job.
    package let jobID: Int64?
    package let detail: String

    package var message: String {
        let job = jobID.map { "job \($0)" } ?? ""
        return switch rule {
        case .nowhere: "\(job) (\(detail)) is neither waiting nor in hand nor ended: no worker will ever run it"
        case .inTwoPlaces: "\(job) is in more than one place: \(detail)"
        case .withoutJob: "\(job) is \(detail), and there is no such job"
        case .inWrongLane: "\(job) waits as one it is not: \(detail)"
        case .unknownWorker: "\(job) is in the hands of a worker that nobody knows, \(detail): nobody will take it over"
        case .fenceUsedTwice: "\(job) and another share a lease's number: \(detail)"
        case .fenceNotRising: "\(job) has a lease whose number is not above those before it: \(detail)"
        case .keyHeldForNobody:
            "the unique key \(detail) is held for \(job), which is not unfinished: no other job can have it"
        case .keyNotHeld: "\(job) is unfinished and does not hold its unique key \(detail): another may get it"
        case .sequenceBehind: "a number will be given twice: \(detail)"
        case .noRoom: "the tables have no room for what is inserted next: \(detail)"
        }
    }
}
