import Synchronization

/// What the claiming is told by others about whom to claim for.
final class Tips: Sendable {
    struct Contents {
        /// Something was inserted there.
        var lanes: [Rotation.Lane] = []
        var surveyed: [SurveyLanes.Row] = []
        /// Customers some of whose jobs have ended here, so that they may be below their caps again.
        var relieved: Set<String> = []
    }

    private let contents = Mutex(Contents())

    /// - Parameter payload: of a notification: the priority and the customer of an inserted job, or nothing.
    func add(notification payload: String) {
        guard let space = payload.firstIndex(of: " "), let priority = Int16(payload[..<space]) else { return }
        let lane = Rotation.Lane(customerID: String(payload[payload.index(after: space)...]), priority: priority)
        contents.withLock { $0.lanes.append(lane) }
    }

    func add(surveyed: [SurveyLanes.Row]) {
        contents.withLock { $0.surveyed = surveyed }
    }

    func add(relieved customers: some Sequence<String>) {
        contents.withLock { $0.relieved.formUnion(customers) }
    }

    var hasRelieved: Bool { contents.withLock { !$0.relieved.isEmpty } }

    func take() -> Contents {
        contents.withLock { contents in
            defer { contents = Contents() }
            return contents
        }
    }
}
