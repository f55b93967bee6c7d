import Jobs

/// What the queue should hold, kept in memory by the simplest means there are. It knows nothing of SQL.
struct QueueModel {
    enum Place: Hashable, CustomStringConvertible {
        case ready, scheduled(isDue: Bool), leased(fence: Int64, worker: Int), completed, discarded, cancelled

        var description: String {
            switch self {
            case .ready: "ready"
            case .scheduled: "scheduled"
            case .leased(let fence, _): "leased \(fence)"
            case .completed: "completed"
            case .discarded: "discarded"
            case .cancelled: "cancelled"
            }
        }
    }

    struct Job {
        var customer: String
        var priority: Int16
        var key: String?
        var place: Place
        /// Where it stands in its lane, by the number it was given when it became ready.
        var seq: Int64 = 0
        var attempt = 0
        var losses = 0
        var snoozes = 0

        var isUnfinished: Bool {
            switch place {
            case .ready, .scheduled, .leased: true
            case .completed, .discarded, .cancelled: false
            }
        }
    }

    enum WorkerState { case up, silent, stopped, dead }

    static let quarantineAfter = 3

    var jobs: [Int64: Job] = [:]
    var workers: [WorkerState] = []
    var limits: [String: Int] = [:]
    /// The runs that were recorded: fence and verdict.
    var told: [Int64: String] = [:]
    var lastFence: Int64 = 0
    var lastSeq: Int64 = 0

    func holder(ofKey key: String, customer: String) -> Int64? {
        jobs.first { $0.value.isUnfinished && $0.value.key == key && $0.value.customer == customer }?.key
    }

    func leases(ofWorker worker: Int) -> [(job: Int64, fence: Int64)] {
        jobs.compactMap { id, job in
            if case .leased(let fence, worker) = job.place { (id, fence) } else { nil }
        }.sorted { $0.job < $1.job }
    }

    func running(_ customer: String) -> Int {
        jobs.values.count { job in
            if case .leased = job.place { job.customer == customer } else { false }
        }
    }

    /// The jobs that a claim must get.
    func next(_ turns: [(customer: String, priority: Int16)], share: Int, limit: Int) -> [Int64] {
        var found: [Int64] = []
        for turn in turns {
            let room = limits[turn.customer].map { min(share, max($0 - running(turn.customer), 0)) } ?? share
            found += jobs.filter {
                $0.value.place == .ready && $0.value.customer == turn.customer && $0.value.priority == turn.priority
            }.sorted { $0.value.seq < $1.value.seq }.prefix(room).map(\.key)
        }
        return Array(found.prefix(limit))
    }

    mutating func settle(_ id: Int64, fence: Int64, _ verdict: String, isDue: Bool) {
        told[fence] = ["completed", "failed", "discarded"].contains(verdict) ? verdict : nil
        jobs[id]?.place =
            switch verdict {
            case "completed": .completed
            case "discarded": .discarded
            case "released": .ready
            default: .scheduled(isDue: isDue)
            }
        switch verdict {
        case "completed", "discarded", "failed": jobs[id]?.attempt += 1
        case "snoozed": jobs[id]?.snoozes += 1
        default: break
        }
    }

    mutating func startAfresh(_ id: Int64) {
        guard let old = jobs[id] else { return }
        jobs[id] = Job(customer: old.customer, priority: old.priority, key: old.key, place: .ready)
    }

    /// Takes up what workers that are gone have in hand.
    mutating func rescue(by worker: Int) {
        for (index, state) in workers.enumerated() where state == .silent && index != worker { workers[index] = .dead }
        for (index, state) in workers.enumerated() where state == .dead || state == .stopped {
            for (id, fence) in leases(ofWorker: index) {
                if state == .dead {
                    jobs[id]?.losses += 1
                    told[fence] = "lost"
                }
                let isPoison = state == .dead && (jobs[id]?.losses ?? 0) >= Self.quarantineAfter
                jobs[id]?.place = isPoison ? .discarded : .ready
            }
        }
    }

    /// Every job as `id place attempt losses snoozes`, with only what the database keeps of it.
    var rows: [String] {
        jobs.map { id, job in
            let counts =
                switch job.place {
                case .completed: "\(job.attempt)"
                case .discarded, .cancelled: "\(job.attempt) \(job.losses)"
                default: "\(job.attempt) \(job.losses) \(job.snoozes)"
                }
            return "\(id) \(job.place) \(counts)"
        }.sorted()
    }

    var keys: [String] {
        jobs.compactMap { id, job in job.isUnfinished ? job.key.map { "\(id) \(job.customer) \($0)" } : nil }.sorted()
    }
}
