import FoundationEssentials

/// What a search can see: the issues as they were a while ago.
///
/// Each change is queued with the instant at which it becomes visible. With a lag drawn at random changes overtake each
/// other; an older version never replaces a newer one.
struct SearchIndex: Sendable {
    private(set) var visible: [Int: SimulatedIssue] = [:]
    /// Ids in ascending order, which is also the order of creation.
    private(set) var all: [Int] = []
    private(set) var byProject: [String: [Int]] = [:]
    private(set) var byLabel: [String: [Int]] = [:]
    /// By each word of the summary.
    private(set) var byWord: [String: [Int]] = [:]
    private var appliedVersion: [Int: Int] = [:]
    private var pending = PendingChanges()

    var pendingCount: Int { pending.count }

    /// Queues a change; nil is a deletion.
    mutating func record(id: Int, version: Int, issue: SimulatedIssue?, visibleAt: Date) {
        pending.insert(PendingChange(visibleAt: visibleAt, id: id, version: version, issue: issue))
    }

    /// Makes visible what is due.
    mutating func settle(at now: Date) {
        while let change = pending.popFirst(dueBy: now) {
            apply(id: change.id, version: change.version, issue: change.issue)
        }
    }

    /// Makes these issues fresh at once, as `reconcileIssues` asks.
    mutating func reconcile(_ id: Int, with issue: SimulatedIssue) {
        apply(id: id, version: issue.version, issue: issue)
    }

    private mutating func apply(id: Int, version: Int, issue: SimulatedIssue?) {
        guard version > appliedVersion[id, default: 0] else { return }
        appliedVersion[id] = version
        if let old = visible.removeValue(forKey: id) {
            byProject[old.projectKey]?.removeSorted(id)
            for label in old.labels { byLabel[label]?.removeSorted(id) }
            for word in TextQuery.words(in: old.summary) { byWord[word]?.removeSorted(id) }
            if issue == nil { all.removeSorted(id) }
        } else if issue != nil {
            all.insertSorted(id)
        }
        guard let issue else { return }
        visible[id] = issue
        byProject[issue.projectKey, default: []].insertSorted(id)
        for label in issue.labels { byLabel[label, default: []].insertSorted(id) }
        for word in TextQuery.words(in: issue.summary) { byWord[word, default: []].insertSorted(id) }
    }
}

private struct PendingChange: Sendable {
    var visibleAt: Date
    var id: Int
    var version: Int
    var issue: SimulatedIssue?
}

/// A binary heap by instant.
private struct PendingChanges: Sendable {
    private var heap: [PendingChange] = []

    var count: Int { heap.count }

    mutating func insert(_ change: PendingChange) {
        heap.append(change)
        var child = heap.count - 1
        while child > 0, heap[child].visibleAt < heap[(child - 1) / 2].visibleAt {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst(dueBy now: Date) -> PendingChange? {
        guard let first = heap.first, first.visibleAt <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].visibleAt < heap[least].visibleAt { least = child }
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

extension [Int] {
    /// The first position whose element is not below `value`, in an ascending array.
    func lowerBound(of value: Int) -> Int {
        if let last, last < value { return count }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func insertSorted(_ value: Int) {
        let position = lowerBound(of: value)
        if position == count || self[position] != value { insert(value, at: position) }
    }

    mutating func removeSorted(_ value: Int) {
        let position = lowerBound(of: value)
        if position < count, self[position] == value { remove(at: position) }
    }
}
