import Foundation
import Postgres
import TestSupport

@testable import Jobs

/// Does the same to the queue and to its model, one random step after the other.
struct QueueDriver {
    struct Claim {
        let worker: Int
        let job: ClaimedJob
    }

    static let customers = ["a", "b", "c"]
    static let lease: Duration = .seconds(2)

    let database: TestDatabase
    var random: SeededRandom
    var model = QueueModel()
    var workers: [(id: UUID, pool: PostgresPool)] = []
    /// All there ever were: acknowledgements may come late.
    var claims: [Claim] = []
    var trace: [String] = []

    init(_ database: TestDatabase, seed: UInt64) {
        self.database = database
        random = SeededRandom(seed: seed)
    }

    func close() async {
        for worker in workers { await worker.pool.close() }
    }

    mutating func step() async throws {
        if !model.workers.contains(.up) { return try await register() }
        switch Int.random(in: 0..<100, using: &random) {
        case ..<20: try await insert()
        case ..<45: try await claim()
        case ..<72: try await settle()
        case ..<74: try await register()
        case ..<77: try await silence()
        case ..<80: try await beat()
        case ..<84: try await rescue()
        case ..<85: try await stop()
        case ..<88: try await releaseUnheard()
        case ..<91: try await promote()
        case ..<93: try await letTimePass()
        case ..<95: try await cancel()
        case ..<98: try await retry()
        default: try await limit()
        }
    }

    private mutating func note(_ text: String) { trace.append(text) }
    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    private mutating func customer() -> String { Self.customers[Int.random(in: 0..<3, using: &random)] }
    private mutating func anyWorker(_ states: Set<QueueModel.WorkerState> = [.up]) -> Int? {
        model.workers.indices.filter { states.contains(model.workers[$0]) }.randomElement(using: &random)
    }

    // MARK: - Producers

    private mutating func insert() async throws {
        for _ in 1...Int.random(in: 1...4, using: &random) {
            let isLater = chance(15)
            let key = chance(30) ? "k\(Int.random(in: 0..<4, using: &random))" : nil
            let job = NewJob(
                kind: "notification", customerID: customer(), payload: "{}", runAfter: isLater ? .seconds(3600) : nil,
                priority: chance(30) ? -5 : 0, uniqueKey: key)
            let id = try await database.pool.execute(EnqueueJobs([job]))[0]
            note("insert \(id) \(job.customerID) \(job.priority) \(key ?? "")")
            if let key, let holder = model.holder(ofKey: key, customer: job.customerID) {
                guard id == holder else { throw Difference("the key \(key) is job \(holder)'s, and \(id) came back") }
                continue
            }
            guard model.jobs[id] == nil else { throw Difference("id \(id) was given twice") }
            model.jobs[id] = QueueModel.Job(
                customer: job.customerID, priority: Int16(job.priority), key: key,
                place: isLater ? .scheduled(isDue: false) : .ready)
        }
    }

    // MARK: - Workers

    private mutating func register() async throws {
        let worker = (id: UUID(), pool: PostgresPool(database.configuration, size: 1, logger: .quiet))
        _ = try await worker.pool.execute(
            RegisterWorker(
                workerID: worker.id, name: "w\(workers.count)", version: "1", slots: 9, kinds: ["notification"],
                lease: Self.lease))
        note("register \(workers.count)")
        workers.append(worker)
        model.workers.append(.up)
    }

    private mutating func claim() async throws {
        // Also one that is gone may try.
        guard let worker = anyWorker(chance(80) ? [.up] : [.up, .silent, .stopped, .dead]) else { return }
        let customers = Self.customers.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
        let turns = customers.map { (customer: $0, priority: chance(30) ? Int16(-5) : 0) }
        let share = Int.random(in: 1...4, using: &random), limit = Int.random(in: 1...6, using: &random)
        let asked = turns.map {
            Rotation.Turn(lane: Rotation.Lane(customerID: $0.customer, priority: $0.priority), mark: 0, oldestFence: 0)
        }
        let claimed = try await workers[worker].pool.transaction(
            PinPlans(), LockCustomers(customers: turns.map(\.customer), limit: nil),
            CountRoom(turns: asked, most: asked.map { _ in share }),
            ClaimJobs(workerID: workers[worker].id, turns: asked, kinds: ["notification"], limit: limit)
        ).3
        let isUp = [.up, .silent].contains(model.workers[worker])
        let expected = isUp ? model.next(turns, share: share, limit: limit) : []
        note("claim by \(worker): \(claimed.map(\.job.id))")
        guard Set(claimed.map(\.job.id)) == Set(expected) else {
            throw Difference("claimed \(claimed.map(\.job.id)), expected \(expected)")
        }
        let before = model.lastFence
        for row in claimed {
            guard row.job.fence > before, row.job.attempt == (model.jobs[row.job.id]?.attempt ?? 0) + 1 else {
                throw Difference("claimed \(row.job) after fence \(before)")
            }
            model.lastFence = max(model.lastFence, row.job.fence)
            model.jobs[row.job.id]?.place = .leased(fence: row.job.fence, worker: worker)
            claims.append(Claim(worker: worker, job: row.job))
        }
    }

    private mutating func settle() async throws {
        guard let worker = anyWorker([.up, .silent, .dead, .stopped]) else { return }
        // Mostly what it has in hand, now and then whatever it ever had.
        let live = Set(model.leases(ofWorker: worker).map(\.fence)), isLate = chance(20)
        let mine = claims.filter { $0.worker == worker && (isLate || live.contains($0.job.fence)) }
        let chosen = mine.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))
        guard !chosen.isEmpty else { return }
        var settlements: [Settlement] = []
        for claim in chosen.sorted(by: { $0.job.id < $1.job.id }) {
            let verdict = Settlement.Verdict.allCases.randomElement(using: &random) ?? .completed
            settlements.append(
                Settlement(job: claim.job, verdict: verdict, reason: "r", delay: chance(60) ? .zero : .seconds(3600)))
        }
        let mustHoldAll = chance(30)
        note("settle by \(worker): \(settlements.map { "\($0.job.id)/\($0.job.fence) \($0.verdict)" }) \(mustHoldAll)")
        let held = settlements.filter { live.contains($0.job.fence) }
        let rows: [SettleJobs.Row]
        do {
            rows = try await workers[worker].pool.transaction(
                PinPlans(), SettleJobs(settlements: settlements, mustHoldAll: mustHoldAll)
            ).1
        } catch let error as PostgresError where error.sqlState == SettleJobs.leaseLost {
            guard mustHoldAll, held.count < settlements.count else {
                throw Difference("a lease was lost that was held")
            }
            return
        }
        guard !mustHoldAll || held.count == settlements.count else { throw Difference("a lost lease was not noticed") }
        let refused = settlements.filter { !live.contains($0.job.fence) }.map {
            "\($0.job.fence) \(model.told[$0.job.fence] == $0.verdict.rawValue ? "settled before" : "stale")"
        }
        guard Set(rows.map { "\($0.fence) \($0.result.rawValue)" }) == Set(refused) else {
            throw Difference("refused \(rows), expected \(refused)")
        }
        for settlement in held {
            model.settle(
                settlement.job.id, fence: settlement.job.fence, settlement.verdict.rawValue,
                isDue: settlement.delay == .zero)
        }
    }

    private mutating func silence() async throws {
        guard let worker = anyWorker() else { return }
        note("silence \(worker)")
        _ = try await database.query(
            "UPDATE kushim_jira.workers SET heartbeat_at = heartbeat_at - interval '1 day' WHERE worker_id = '\(workers[worker].id)'"
        )
        model.workers[worker] = .silent
    }

    private mutating func beat() async throws {
        guard let worker = anyWorker([.up, .silent, .dead, .stopped]) else { return }
        let isUp = try await workers[worker].pool.execute(Beat(workerID: workers[worker].id)).first != nil
        note("beat \(worker): \(isUp)")
        guard isUp == [.up, .silent].contains(model.workers[worker]) else {
            throw Difference("beat of \(worker): \(isUp)")
        }
        if isUp { model.workers[worker] = .up }
    }

    private mutating func stop() async throws {
        guard let worker = anyWorker() else { return }
        note("stop \(worker)")
        _ = try await workers[worker].pool.execute(StopWorker(workerID: workers[worker].id))
        model.workers[worker] = .stopped
    }

    private mutating func rescue() async throws {
        guard let worker = anyWorker() else { return }
        note("rescue by \(worker)")
        _ = try await database.query(
            "UPDATE kushim_jira.workers SET heartbeat_at = clock_timestamp() WHERE state = 'up' AND heartbeat_at > now() - interval '1 hour'"
        )
        let (id, pool) = workers[worker]
        try await pool.withTransaction { transaction in
            try await transaction.pipeline([PinPlans()])
            _ = try await transaction.execute(BuryWorkers(workerID: id, inTouch: .zero, steady: nil))
            _ = try await transaction.execute(
                TakeUpJobs(
                    except: [], limit: 1000, quarantineAfter: QueueModel.quarantineAfter, quarantineReason: "q",
                    readsPayloads: true))
            try await transaction.commit(with: [])
        }
        model.rescue(by: worker)
    }

    private mutating func releaseUnheard() async throws {
        guard let worker = anyWorker([.up, .dead]) else { return }
        let leases = model.leases(ofWorker: worker)
        let heard = leases.filter { _ in chance(60) }.map(\.fence)
        note("release by \(worker) but \(heard)")
        _ = try await workers[worker].pool.transaction(
            PinPlans(), ReleaseUnheardJobs(workerID: workers[worker].id, fences: heard))
        for lease in leases where !heard.contains(lease.fence) { model.jobs[lease.job]?.place = .ready }
    }

    // MARK: - Time and people

    private mutating func promote() async throws {
        note("promote")
        _ = try await database.pool.transaction(PinPlans(), PromoteJobs(limit: 1000))
        for (id, job) in model.jobs where job.place == .scheduled(isDue: true) { model.jobs[id]?.place = .ready }
    }

    private mutating func letTimePass() async throws {
        note("time passes")
        _ = try await database.query("UPDATE kushim_jira.scheduled SET run_at = run_at - interval '2 hours'")
        for (id, job) in model.jobs where job.place == .scheduled(isDue: false) {
            model.jobs[id]?.place = .scheduled(isDue: true)
        }
    }

    private mutating func cancel() async throws {
        guard let id = model.jobs.keys.sorted().randomElement(using: &random), let job = model.jobs[id] else { return }
        let done = try await JobQueue(pool: database.pool).cancel([id], reason: "c").changed
        note("cancel \(id): \(done)")
        let isWaiting =
            switch job.place {
            case .ready, .scheduled: true
            default: false
            }
        guard done == (isWaiting ? [id] : []) else { throw Difference("cancelled \(done)") }
        if isWaiting { model.jobs[id]?.place = .cancelled }
    }

    private mutating func retry() async throws {
        let candidates = model.jobs.filter { $0.value.place == .discarded || chance(10) }.keys.sorted()
        guard let id = candidates.randomElement(using: &random), let job = model.jobs[id] else { return }
        let done = try await JobQueue(pool: database.pool).retry([id]).changed
        note("retry \(id): \(done)")
        switch job.place {
        case .scheduled:
            guard done == [id] else { throw Difference("retried \(done)") }
            model.jobs[id]?.place = .ready
        case .discarded:
            let isFree = job.key.map { model.holder(ofKey: $0, customer: job.customer) == nil } ?? true
            guard done == (isFree ? [id] : []) else { throw Difference("retried \(done)") }
            guard isFree else { return }
            model.startAfresh(id)
        default:
            guard done.isEmpty else { throw Difference("retried \(done)") }
        }
    }

    /// Pauses a customer, caps it, or lets it go.
    private mutating func limit() async throws {
        let customer = customer(), limit = [nil, 0, 1, 3].randomElement(using: &random) ?? nil
        note("limit \(customer) \(limit.map(String.init) ?? "none")")
        model.limits[customer] = limit
        _ = try await database.query(
            limit.map {
                "INSERT INTO kushim_jira.customer_limits VALUES ('\(customer)', \($0)) ON CONFLICT (customer_id) DO UPDATE SET at_once = \($0)"
            } ?? "DELETE FROM kushim_jira.customer_limits WHERE customer_id = '\(customer)'")
    }
}

struct Difference: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
