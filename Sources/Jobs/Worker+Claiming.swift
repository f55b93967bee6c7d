import Logging
import Postgres

extension Worker {
    private enum Found {
        case asManyAsAsked, fewer, failed
    }

    /// Claims as many jobs as there are free slots and starts each at once, until shutdown; returns when the last has ended.
    func claimAndRun() async {
        let outage = Outage("claiming jobs", logger: logger)
        // The longest single sleep, with its jitter.
        let longestSleep = configuration.pollInterval * 1.2
        var announcedUntil = Duration.zero
        // When to look for jobs that were claimed without this worker hearing of it.
        var nextLook = configuration.clock.now() + configuration.lease
        await withDiscardingTaskGroup { jobs in
            while !shutdown.hasBegun && !Task.isCancelled {
                pulse.beat(at: configuration.clock.now())
                if configuration.clock.now() >= nextLook, await releaseUnheard() {
                    nextLook = configuration.clock.now() + configuration.lease
                }
                switch await claim(into: &jobs, outage) {
                case .asManyAsAsked:
                    break
                case .failed:
                    nextLook = .zero
                case .fewer where !configuration.listens || announcedUntil - configuration.clock.now() >= longestSleep:
                    break
                case .fewer:
                    // Producers are told that somebody sleeps, and then there is one more look: what was committed before they
                    // could know is found by it.
                    let now = configuration.clock.now()
                    do {
                        _ = try await pool.execute(AnnounceSleep(duration: longestSleep * 2))
                        announcedUntil = now + longestSleep * 2
                        continue
                    } catch {
                        outage.failed(error)
                    }
                }
                if shutdown.hasBegun { break }
                await alarm.wait(atMost: configuration.jittered(configuration.pollInterval), clock: configuration.clock)
            }
        }
    }

    private func claim(into jobs: inout DiscardingTaskGroup, _ outage: Outage) async -> Found {
        let free = configuration.slots - inHand.count
        guard free > 0 else { return .asManyAsAsked }
        guard let tenure = registration.tenure, tenure.stillHolds(), !settler.isStalled else { return .failed }
        do {
            let statement = ClaimJobs(workerID: tenure.workerID, kinds: handlers.keys.sorted(), limit: free)
            let claimed = try await pool.transaction(PinPlans(), statement).1
            outage.recovered()
            for row in claimed {
                if let waited = row.waited { JobMetrics.pickedUp(after: waited) }
                var job = row.job
                job.maxAttempts = configuration.maxAttempts
                start(job, tenure, in: &jobs)
            }
            return claimed.count < free ? .fewer : .asManyAsAsked
        } catch {
            outage.failed(error)
            return .failed
        }
    }

    /// Here and not beside the claiming, so that no claim is under way.
    private func releaseUnheard() async -> Bool {
        guard let tenure = registration.tenure else { return false }
        do {
            let statement = ReleaseUnheardJobs(workerID: tenure.workerID, fences: inHand.fences)
            let released: Int64 = try await pool.transaction(PinPlans(), statement).1.first ?? 0
            if released > 0 {
                logger.notice(
                    "put back jobs whose claim this worker had not heard of", metadata: ["jobs": "\(released)"])
            }
            return true
        } catch {
            return false
        }
    }

    private func start(_ job: ClaimedJob, _ tenure: Tenure, in jobs: inout DiscardingTaskGroup) {
        guard let handler = handlers[job.kind] else { return }
        let now = configuration.clock.now()
        let interruptions = inHand.begin(job, tenure: tenure, deadline: now + configuration.timeLimit)
        let shutdown = shutdown
        let execution = JobExecution(
            job: job, handler: handler,
            context: JobContext(stillHolds: { tenure.stillHolds() }, isShuttingDown: { shutdown.hasBegun }),
            timeLimit: configuration.timeLimit, interruptions: interruptions)
        jobs.addTask {
            let outcome = await execution.perform()
            await self.settle(job, outcome, startedAt: now)
            self.inHand.end(job)
            self.alarm.ring()
        }
    }

    private func settle(_ job: ClaimedJob, _ outcome: Outcome, startedAt: Duration) async {
        let settlement = configuration.settlement(of: job, outcome)
        let result = await settler.settle(settlement)
        var logger = logger
        logger[metadataKey: "job"] = "\(job.id)"
        logger[metadataKey: "kind"] = "\(job.kind)"
        logger[metadataKey: "outcome"] = "\(settlement.verdict)"
        switch result {
        case .settled, .settledBefore:
            JobMetrics.ended(job, outcome: settlement.verdict, after: configuration.clock.now() - startedAt)
            let reason: Logger.Metadata? = settlement.reason.map { ["reason": "\($0)"] }
            switch settlement.verdict {
            case .completed, .snoozed, .released: logger.debug("settled", metadata: reason)
            case .failed: logger.notice("a run failed; the job runs again", metadata: reason)
            case .discarded: logger.warning("gave a job up", metadata: reason)
            }
            if settlement.verdict == .failed || settlement.verdict == .snoozed,
                settlement.delay < configuration.promoteInterval
            {
                dueSoon.ring()
            }
        case .stale:
            JobMetrics.lostLease()
            logger.warning("another worker had taken the job over; what this one did with it was not recorded")
        case .abandoned:
            logger.warning("could not record how the job ended; another worker will take it over")
        }
    }
}
