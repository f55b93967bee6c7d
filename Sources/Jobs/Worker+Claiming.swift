import Logging
import Postgres
import Synchronization

extension Worker {
    /// After something happened, more may follow at once: a commit within the quiet time of notifications brings none.
    private static let looks: [Duration] = [.milliseconds(15), .milliseconds(60), .milliseconds(250), .seconds(1)]

    /// Until shutdown; returns when the last job has ended.
    func claimAndRun() async {
        var loop = ClaimLoop(self)
        // The longest single sleep, with its jitter.
        let longestSleep = configuration.pollInterval * 1.2
        var announcedUntil = Duration.zero
        var quietLooks = 0
        while !shutdown.hasBegun && !Task.isCancelled {
            let now = configuration.clock.now()
            pulse.beat(at: now)
            var pause = configuration.jittered(configuration.pollInterval)
            switch await loop.step() {
            case .claimed:
                quietLooks = 0
                continue
            case .full:
                break
            case .failed:
                pause = min(pause, configuration.jittered(.seconds(1)))
            case .nothing where canListen.load(ordering: .relaxed) && announcedUntil - now < longestSleep:
                // Producers are told that somebody sleeps, and then there is one more look: what was committed before they
                // could know is found by it.
                if await announceSleep(for: longestSleep * 5) {
                    announcedUntil = now + longestSleep * 5
                    loop.forgetLook()
                    continue
                }
            case .nothing:
                if quietLooks < Self.looks.count { pause = min(pause, Self.looks[quietLooks]) }
                quietLooks += 1
            }
            if let nextTry = loop.nextTry() { pause = min(pause, max(nextTry - now, .zero)) }
            if shutdown.hasBegun { break }
            if pause > .zero, await alarm.wait(atMost: pause, clock: configuration.clock) { quietLooks = 0 }
            endings.areAwaited.store(false, ordering: .relaxed)
        }
        await withTaskCancellationHandler {
            await inHand.untilEmpty()
        } onCancel: {
            inHand.interrupt(at: configuration.clock.now(), isLeaving: true)
        }
    }

    private func announceSleep(for duration: Duration) async -> Bool {
        (try? await pool.execute(AnnounceSleep(duration: duration))) != nil
    }

    func start(_ claimed: [ClaimJobs.Row], _ tenure: Tenure) async {
        let (orphans, claimed) = claimed.partitioned { $0.flaw == .noJob }
        let now = configuration.clock.now()
        let shutdown = shutdown
        let context = JobContext(stillHolds: { tenure.stillHolds() }, isShuttingDown: { shutdown.hasBegun })
        let runs = claimed.map { row in
            if let waited = row.waited { metrics.pickedUp(after: waited) }
            var job = row.job
            job.maxAttempts = configuration.maxAttempts
            return Run(job, tenure: tenure, startedAt: now, timeLimit: configuration.timeLimit)
        }
        inHand.begin(runs)
        for (run, row) in zip(runs, claimed) {
            guard let handler = handler(for: row) else { continue }
            run.begin(handler, context) { run, outcome in
                switch outcome {
                case .success(let outcome):
                    self.settler.settle(self.configuration.settlement(of: run.job, outcome))
                case .failure(let fault):
                    self.settler.settle(self.configuration.settlement(of: run.job, putOffFor: fault))
                }
            }
        }
        if !orphans.isEmpty { await remove(orphans.map(\.job)) }
    }

    private func handler(for row: ClaimJobs.Row) -> (any JobHandler)? {
        if case .unreadable(let reason) = row.flaw { return UnreadableJob(reason: reason) }
        return handlers[row.job.kind]
    }
}
