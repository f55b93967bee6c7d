import Postgres
import Synchronization

/// What the claiming is told by others about whom to claim for.
final class Tips: Sendable {
    struct Contents {
        /// Something was inserted there. Nil if there were too many: then the claiming looks for itself.
        var lanes: [Rotation.Lane]? = []
        var surveyed: [SurveyLanes.Row] = []
        /// Customers some of whose jobs have ended here, so that they may be below their caps again.
        var relieved: Set<ExactText> = []
    }

    /// Every login can notify, and invent lanes.
    static let mostLanes = 1_024

    private let contents = Mutex(Contents())

    /// - Parameter payload: of a notification: the priority and the customer of an inserted job, or nothing.
    func add(notification payload: String) {
        // By bytes: a customer's name may begin with what Swift takes for a part of the space.
        let parts = payload.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let priority = Int16(Substring(parts[0])) else { return }
        let lane = Rotation.Lane(customerID: String(Substring(parts[1])), priority: priority)
        contents.withLock { contents in
            if contents.lanes?.count == Self.mostLanes { contents.lanes = nil } else { contents.lanes?.append(lane) }
        }
    }

    func add(surveyed: [SurveyLanes.Row]) {
        contents.withLock { $0.surveyed = surveyed }
    }

    func add(relieved customers: some Sequence<String>) {
        contents.withLock { $0.relieved.formUnion(customers.lazy.map(ExactText.init)) }
    }

    var hasRelieved: Bool { contents.withLock { !$0.relieved.isEmpty } }

    func take() -> Contents {
        contents.withLock { contents in
            defer { contents = Contents() }
            return contents
        }
    }
}
