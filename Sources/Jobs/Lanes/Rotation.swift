/// Whose turn it is: the customers that have ready jobs, as far as this worker knows, each with its lanes. A lane is what a
/// customer has waiting at one priority.
///
/// The customer that was served longest ago comes first, so one with a single job does not wait behind another's thousands.
struct Rotation: Sendable {
    struct Lane: Sendable, Hashable {
        let customerID: String
        let priority: Int16
    }

    /// One customer's part in a claim.
    struct Turn: Sendable {
        let lane: Lane
        /// The lowest `seq` to read.
        let mark: Int64
        /// No lease of the customer has a lower fence.
        let oldestFence: Int64
    }

    private struct Customer {
        /// By priority; those that are empty keep their marks.
        var lanes: [Int16: (mark: LowWaterMark, isWaiting: Bool)] = [:]
        var oldestFence: Int64 = 0
        var servedAt: Duration = .zero
        var isInLine = false
        /// Not to be tried before: its cap was reached, or another worker was claiming for it.
        var restsUntil: Duration?

        var mostUrgent: Int16? { lanes.filter(\.value.isWaiting).keys.min() }
    }

    private var customers: [String: Customer] = [:]
    /// Those that were served lately, in that order, and those that were not for a longer time than any of these.
    private var line = Line()
    private var fresh = Line()
    private var resting: Set<String> = []

    /// Whether there is anybody to claim for.
    func hasWork(at now: Duration) -> Bool {
        !line.isEmpty || !fresh.isEmpty || resting.contains { customers[$0]?.restsUntil.map { $0 <= now } ?? true }
    }

    /// When the next resting customer should be tried again.
    var nextTry: Duration? { resting.compactMap { customers[$0]?.restsUntil }.min() }

    // MARK: - What is found

    /// There may be something to claim in the lane.
    mutating func found(_ lane: Lane, at now: Duration) {
        customers[lane.customerID, default: Customer()]
            .lanes[lane.priority, default: (LowWaterMark(at: now), false)].isWaiting = true
        join(lane.customerID)
    }

    /// The first row of the lane, read without a mark.
    mutating func surveyed(_ lane: Lane, first seq: Int64, at now: Duration) {
        found(lane, at: now)
        customers[lane.customerID]?.lanes[lane.priority]?.mark.fallBack(to: seq)
    }

    /// One of the customer's jobs has ended, so that it may be below its cap again.
    mutating func mayTryAgain(_ customerID: String) {
        guard resting.remove(customerID) != nil else { return }
        customers[customerID]?.restsUntil = nil
        join(customerID)
    }

    /// Forgets customers of which nothing has been waiting for a while.
    mutating func forget(servedBefore limit: Duration) {
        customers = customers.filter { _, customer in
            customer.isInLine || customer.restsUntil != nil || customer.mostUrgent != nil || customer.servedAt >= limit
        }
    }

    // MARK: - Turns

    /// The customers whose turn it is, each with its most urgent lane. Each must be given back by `served` or `passedOver`.
    mutating func next(_ count: Int, at now: Duration) -> [Turn] {
        for customerID in resting where customers[customerID]?.restsUntil.map({ $0 <= now }) ?? true {
            mayTryAgain(customerID)
        }
        var turns: [Turn] = []
        while turns.count < count, let customerID = fresh.popFirst() ?? line.popFirst() {
            customers[customerID]?.isInLine = false
            guard let priority = customers[customerID]?.mostUrgent,
                let mark = customers[customerID]?.lanes[priority]?.mark.position(at: now)
            else { continue }
            turns.append(
                Turn(
                    lane: Lane(customerID: customerID, priority: priority), mark: mark,
                    oldestFence: customers[customerID]?.oldestFence ?? 0))
        }
        return turns
    }

    /// How a turn went.
    struct Result: Sendable {
        /// Jobs that were claimed, and the highest `seq` among them.
        var claimed = 0
        var last: Int64 = 0
        /// Jobs that would have been claimed, had they been there.
        var asked: Int
        /// The customer may not have more in hand at the moment.
        var isAtCap = false
        /// Another worker was claiming for the customer.
        var isBusy = false
        var oldestFence: Int64?

        mutating func add(_ seq: Int64) {
            claimed += 1
            last = max(last, seq)
        }
    }

    mutating func served(_ turn: Turn, _ result: Result, at now: Duration) {
        let customerID = turn.lane.customerID
        guard var customer = customers[customerID] else { return }
        if let fence = result.oldestFence { customer.oldestFence = max(customer.oldestFence, fence) }
        if result.claimed > 0 {
            customer.servedAt = now
            customer.lanes[turn.lane.priority]?.mark.reach(
                result.last &+ (result.last < .max ? 1 : 0), rows: result.claimed, at: now)
        }
        if result.isBusy {
            customer.restsUntil = now + .milliseconds(2)
        } else if result.isAtCap {
            customer.restsUntil = now + .milliseconds(250)
        } else if result.claimed < result.asked {
            customer.lanes[turn.lane.priority]?.isWaiting = false
        }
        customers[customerID] = customer
        if customer.restsUntil != nil { resting.insert(customerID) } else { join(customerID) }
    }

    /// The claim did not come about.
    mutating func passedOver(_ turn: Turn) {
        join(turn.lane.customerID)
    }

    private mutating func join(_ customerID: String) {
        guard let customer = customers[customerID], !customer.isInLine, customer.restsUntil == nil,
            customer.mostUrgent != nil
        else { return }
        customers[customerID]?.isInLine = true
        if let first = line.first.flatMap({ customers[$0]?.servedAt }), customer.servedAt < first {
            fresh.append(customerID)
        } else {
            line.append(customerID)
        }
    }
}

/// First in, first out.
private struct Line: Sendable {
    private var names: [String] = []
    private var taken = 0

    var first: String? { taken < names.count ? names[taken] : nil }
    var isEmpty: Bool { taken == names.count }

    mutating func append(_ name: String) { names.append(name) }

    mutating func popFirst() -> String? {
        guard let name = first else { return nil }
        taken += 1
        // Now and then, since it moves all that follow.
        if taken == names.count || taken >= 1024 {
            names.removeFirst(taken)
            taken = 0
        }
        return name
    }
}
