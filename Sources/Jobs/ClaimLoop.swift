import Logging
import Postgres
import Synchronization

/// Claims as many jobs as there are free slots and starts each at once, until shutdown.
///
/// It keeps in mind who may have work and where in the index it is, so that a claim goes straight there. What is in mind may be
/// wrong in both directions: a lane that turns out to be empty costs a step into the index, and what was overlooked is found by
/// the next look at the newest rows, or else by the survey.
struct ClaimLoop {
    private let worker: Worker
    private var rotation = Rotation()
    private var arrivals: LowWaterMark
    private var tenure: Tenure?
    private var lookedAt: Duration?
    /// When to look for jobs that were claimed without this worker hearing of it.
    private var nextRelease: Duration
    /// The last claim failed, perhaps because of a single job: the next reads each by itself.
    private var readsOneByOne = false

    /// So many jobs in one claim: enough to make its cost small for each, few enough to keep it short.
    private static let mostJobs = 512
    /// So many customers in one claim.
    private static let mostTurns = 64
    /// So many of the newest rows are looked at.
    private static let newestRows = 5000
    /// A look older than this is repeated before lanes are chosen.
    private static let freshness: Duration = .milliseconds(5)

    init(_ worker: Worker) {
        self.worker = worker
        let now = worker.configuration.clock.now()
        arrivals = LowWaterMark(at: now)
        nextRelease = now + worker.configuration.lease
    }

    enum Step {
        /// There may be more at once.
        case claimed
        case nothing, full, failed
    }

    private var now: Duration { worker.configuration.clock.now() }

    /// When to try again a customer that could not be served; sooner, should one of its jobs end.
    func nextTry() -> Duration? {
        guard let next = rotation.nextTry else { return nil }
        worker.endings.areAwaited.store(true, ordering: .relaxed)
        return worker.tips.hasRelieved ? .zero : next
    }

    mutating func step() async -> Step {
        if now >= nextRelease, await releaseUnheard() { nextRelease = now + worker.configuration.lease }
        let free = freeSlots()
        guard free > 0 else { return .full }
        guard let tenure = worker.registration.tenure, tenure.stillHolds(), !worker.settler.isStalled else {
            return .failed
        }
        begin(tenure)
        let call = worker.claimsUnderWay.begin(at: now)
        defer { worker.claimsUnderWay.end(call) }
        do {
            let hasTips = takeTips()
            if !hasTips, lookedAt.map({ now - $0 > Self.freshness }) ?? true { try await look() }
            guard rotation.hasWork(at: now) else {
                worker.claiming.recovered()
                return .nothing
            }
            // Who was told where to go need not look on the way.
            try await claim(min(free, Self.mostJobs), tenure, andLook: !hasTips)
            worker.claiming.recovered()
            return .claimed
        } catch {
            worker.claiming.failed(error)
            nextRelease = .zero
            let wasOneByOne = readsOneByOne
            readsOneByOne = !wasOneByOne && (error as? PostgresError)?.mayBeOneRows ?? false
            // At once, so that no other job waits for the one that cannot be read.
            return readsOneByOne ? .claimed : .failed
        }
    }

    /// Whoever ends a run after this was asked in vain rings the alarm.
    private func freeSlots() -> Int {
        let free = worker.configuration.slots - worker.inHand.count
        if free > 0 { return free }
        worker.endings.areAwaited.store(true, ordering: .relaxed)
        return worker.configuration.slots - worker.inHand.count
    }

    /// The next step looks first.
    mutating func forgetLook() { lookedAt = nil }

    /// Under a new id nothing that is in mind can be trusted: the last claims of the old one may have found nothing only because
    /// it had been taken for dead.
    private mutating func begin(_ new: Tenure) {
        guard tenure !== new else { return }
        tenure = new
        rotation = Rotation()
        arrivals = LowWaterMark(at: now)
        lookedAt = nil
    }

    private mutating func takeTips() -> Bool {
        let tips = worker.tips.take()
        for lane in tips.lanes ?? [] { rotation.found(lane, at: now) }
        for row in tips.surveyed { rotation.surveyed(row.lane, first: row.first, at: now) }
        if !tips.surveyed.isEmpty { rotation.forget(servedBefore: now - .seconds(600)) }
        for customer in tips.relieved { rotation.mayTryAgain(customer) }
        return tips.lanes?.isEmpty == false
    }

    private mutating func look() async throws {
        let rows = try await worker.pool.transaction(PinPlans(), nextLook()).1
        noteArrivals(rows)
    }

    private mutating func nextLook() -> FindArrivals {
        FindArrivals(mark: arrivals.position(at: now), limit: Self.newestRows)
    }

    private mutating func noteArrivals(_ rows: [FindArrivals.Row]) {
        lookedAt = now
        for row in rows { rotation.found(row.lane, at: now) }
        let count = rows.reduce(0) { $0 + $1.count }
        if let last = rows.map(\.last).max() { arrivals.reach(last + 1, rows: count, at: now) }
        // There are older ones that nobody has looked at.
        if count == Self.newestRows { worker.surveyWanted.ring() }
    }

    private mutating func claim(_ limit: Int, _ tenure: Tenure, andLook looks: Bool) async throws {
        let turns = rotation.next(min(limit, Self.mostTurns), at: now)
        guard !turns.isEmpty else { return }
        let share = (limit + turns.count - 1) / turns.count
        let most = most(share, turns)
        do {
            let lock = LockCustomers(
                customers: turns.map(\.lane.customerID), limit: worker.configuration.customerLimit)
            let count = CountRoom(turns: turns, most: most)
            let take = ClaimJobs(workerID: tenure.workerID, turns: turns, kinds: worker.kinds, limit: limit)
            if readsOneByOne {
                let (_, _, room, unread) = try await worker.pool.transaction(
                    PinPlans(), lock, count, ClaimUnread(claim: take))
                let claimed = try await worker.read(unread)
                await worker.start(claimed, tenure)
                note(turns, room, claimed, share: share, limit: limit)
                readsOneByOne = false
            } else if looks {
                let (_, _, room, claimed, newest) = try await worker.pool.transaction(
                    PinPlans(), lock, count, take, nextLook())
                await worker.start(claimed, tenure)
                note(turns, room, claimed, share: share, limit: limit)
                noteArrivals(newest)
            } else {
                let (_, _, room, claimed) = try await worker.pool.transaction(PinPlans(), lock, count, take)
                await worker.start(claimed, tenure)
                note(turns, room, claimed, share: share, limit: limit)
            }
        } catch {
            for turn in turns { rotation.passedOver(turn) }
            throw error
        }
    }

    /// What a turn may bring. No customer gets the last slots: one with a single job must not wait until one of another's
    /// hundred ends.
    private func most(_ share: Int, _ turns: [Rotation.Turn]) -> [Int] {
        let slots = worker.configuration.slots
        let reserve = slots < 8 ? 0 : max(1, slots / 16)
        let most = worker.inHand.counts(of: turns.map(\.lane.customerID)).map {
            min(share, max(slots - reserve - $0, 0))
        }
        if most.contains(where: { $0 < share }) { worker.endings.areNoted.store(true, ordering: .relaxed) }
        return most
    }

    private mutating func note(
        _ turns: [Rotation.Turn], _ room: [CountRoom.Row], _ claimed: [ClaimJobs.Row], share: Int, limit: Int
    ) {
        var results: [ExactText: Rotation.Result] = [:]
        for (turn, room) in zip(turns, room) {
            if room.isCapped { worker.endings.areNoted.store(true, ordering: .relaxed) }
            results[turn.lane.customer] = Rotation.Result(
                asked: room.jobs, isBusy: room.isBusy, oldestFence: room.oldestFence)
        }
        for row in claimed {
            results[ExactText(row.job.customerID)]?.add(row.seq)
        }
        // The last ones in a claim that came up against its limit may have got less than their share of what is there.
        let wasCut = claimed.count == limit
        for turn in turns {
            guard var result = results[turn.lane.customer] else { continue }
            result.isAtCap = result.asked < share && result.claimed == result.asked
            if wasCut { result.asked = result.claimed }
            rotation.served(turn, result, at: now)
        }
    }

    /// Here and not beside the claiming, so that no claim is under way.
    private func releaseUnheard() async -> Bool {
        guard let tenure = worker.registration.tenure else { return false }
        do {
            let statement = ReleaseUnheardJobs(workerID: tenure.workerID, fences: worker.inHand.fences)
            let released: Int64 = try await worker.pool.transaction(PinPlans(), statement).1.first ?? 0
            if released > 0 {
                worker.logger.notice(
                    "put back jobs whose claim this worker had not heard of", metadata: ["jobs": "\(released)"])
            }
            return true
        } catch {
            return false
        }
    }
}
