import Postgres

/// Whose turn it is: the customers that have ready jobs, as far as this worker knows, each with its lanes. A lane is what a
/// customer has waiting at one priority.
///
/// The customer that was served longest ago comes first, so one with a single job does not wait behind another's thousands.
struct Rotation: Sendable {
    struct Lane: Sendable, Hashable {
        let customer: ExactText
        let priority: Int16

        init(customerID: String, priority: Int16) {
            customer = ExactText(customerID)
            self.priority = priority
        }

        var customerID: String { customer.text }
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

    private var customers: [ExactText: Customer] = [:]
    /// Those that were served lately, in that order, and those that were not for a longer time than any of these.
    private var line = Line()
    private var fresh = Line()
    private var resting: Set<ExactText> = []

    /// Whether there is anybody to claim for.
    func hasWork(at now: Duration) -> Bool {
        !line.isEmpty || !fresh.isEmpty || resting.contains { customers[$0]?.restsUntil.map { $0 <= now } ?? true }
    }

    /// When the next resting customer should be tried again.
    var nextTry: Duration? { resting.compactMap { customers[$0]?.restsUntil }.min() }

    // MARK: - What is found

    /// There may be something to claim in the lane.
    mutating func found(_ lane: Lane, at now: Duration) {
        customers[lane.customer, default: Customer()]
            .lanes[lane.priority, default: (LowWaterMark(at: now), false)].isWaiting = true
        join(lane.customer)
    }

    /// The first row of the lane, read without a mark.
    mutating func surveyed(_ lane: Lane, first seq: Int64, at now: Duration) {
        found(lane, at: now)
        customers[lane.customer]?.lanes[lane.priority]?.mark.fallBack(to: seq)
    }

    /// One of the customer's jobs has ended, so that it may be below its cap again.
    mutating func mayTryAgain(_ customer: ExactText) {
        guard resting.remove(customer) != nil else { return }
        customers[customer]?.restsUntil = nil
        join(customer)
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
        for customer in resting where customers[customer]?.restsUntil.map({ $0 <= now }) ?? true {
            mayTryAgain(customer)
        }
        var turns: [Turn] = []
        while turns.count < count, let name = fresh.popFirst() ?? line.popFirst() {
            customers[name]?.isInLine = false
            guard let customer = customers[name], let priority = customer.mostUrgent,
                let mark = customers[name]?.lanes[priority]?.mark.position(at: now)
            else { continue }
            turns.append(
                Turn(
                    lane: Lane(customerID: name.text, priority: priority), mark: mark, oldestFence: customer.oldestFence
                ))
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
        let name = turn.lane.customer
        guard var customer = customers[name] else { return }
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
            // A lane that never had a job is not kept: every login can invent lanes with NOTIFY.
            if customer.lanes[turn.lane.priority]?.mark.isAtStart == true { customer.lanes[turn.lane.priority] = nil }
        }
        customers[name] = customer.lanes.isEmpty ? nil : customer
        if customer.restsUntil != nil { resting.insert(name) } else { join(name) }
    }

    /// How many lanes are kept in mind.
    var count: Int { customers.values.reduce(0) { $0 + $1.lanes.count } }

    /// The claim did not come about.
    mutating func passedOver(_ turn: Turn) {
        join(turn.lane.customer)
    }

    private mutating func join(_ name: ExactText) {
        guard let customer = customers[name], !customer.isInLine, customer.restsUntil == nil,
            customer.mostUrgent != nil
        else { return }
        customers[name]?.isInLine = true
        if let first = line.first.flatMap({ customers[$0]?.servedAt }), customer.servedAt < first {
            fresh.append(name)
        } else {
            line.append(name)
        }
    }
}

/// First in, first out.
private struct Line: Sendable {
    private var names: [ExactText] = []
    private var taken = 0

    var first: ExactText? { taken < names.count ? names[taken] : nil }
    var isEmpty: Bool { taken == names.count }

    mutating func append(_ name: ExactText) { names.append(name) }

    mutating func popFirst() -> ExactText? {
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
