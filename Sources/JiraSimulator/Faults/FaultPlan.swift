import FoundationEssentials

/// The faults in force, and how often each has matched and struck.
struct FaultPlan: Sendable {
    fileprivate struct Entry: Sendable {
        var fault: SimulatedJira.Fault
        var end: Date?
        var matched = 0
        var struck = 0
        var random: SeededRandom
    }

    /// What shall go wrong with one request: any number of delays and at most one other effect.
    struct Verdict: Sendable {
        var before: Duration = .zero
        var after: Duration = .zero
        var effect: SimulatedJira.Fault.Effect?
        var names: [String] = []
    }

    fileprivate var entries: [Entry] = []
    private var seed: UInt64

    init(_ faults: [SimulatedJira.Fault], seed: UInt64, at now: Date) {
        self.seed = seed
        for fault in faults { add(fault, at: now) }
    }

    var isEmpty: Bool { entries.isEmpty }
    var faults: [SimulatedJira.Fault] { entries.map(\.fault) }
    var strikes: [Int] { entries.map(\.struck) }

    mutating func add(_ fault: SimulatedJira.Fault, at now: Date) {
        seed &+= 1
        let end = fault.lasting.map { now.addingTimeInterval($0.seconds) }
        entries.append(Entry(fault: fault, end: end, random: SeededRandom(seed: fault.seed ?? seed)))
    }

    mutating func clear() { entries = [] }

    /// Faults are asked in the order in which they were set; the first that is no delay decides.
    mutating func judge(
        _ request: SimulatedRequest, _ operation: SimulatedJira.Operation, at now: Date
    ) -> Verdict {
        entries.removeAll { entry in entry.end.map { $0 <= now } ?? false }
        var verdict = Verdict()
        for position in entries.indices {
            let isDelay = entries[position].fault.effect.isDelay
            if !isDelay, verdict.effect != nil { continue }
            guard entries[position].strikes(request, operation) else { continue }
            let effect = entries[position].fault.effect
            verdict.names.append(effect.name)
            switch effect {
            case .delayBeforeCommit(let range): verdict.before += range.draw(from: &entries[position].random)
            case .delayAfterCommit(let range): verdict.after += range.draw(from: &entries[position].random)
            default: verdict.effect = effect
            }
        }
        return verdict
    }
}

extension FaultPlan.Entry {
    fileprivate mutating func strikes(_ request: SimulatedRequest, _ operation: SimulatedJira.Operation) -> Bool {
        if let wanted = fault.operation, wanted != operation { return false }
        if let method = fault.method, method != request.method { return false }
        if let text = fault.contains, !request.says(text) { return false }
        matched += 1
        if let count = fault.count, struck >= count { return false }
        if let nth = fault.nth, matched != nth { return false }
        if let every = fault.every, every > 0, !matched.isMultiple(of: every) { return false }
        if let probability = fault.probability, random.fraction() >= probability { return false }
        struck += 1
        return true
    }
}
