import Logging
import Postgres
import Synchronization

/// Something a worker does beside its jobs, again and again.
struct Chore: Sendable {
    let name: String
    let interval: Duration
    /// Its first round is not awaited.
    var beginsAtOnce = false
    let round: @Sendable () async throws -> Void
}

extension Worker {
    var chores: [Chore] {
        let rescue = Rescue(
            pool: pool, configuration: configuration, registration: registration, databaseClock: databaseClock,
            onClockSet: { self.clockWasSet.ring() }, logger: logger)
        let forgetting = Forgetting(pool: pool, configuration: configuration)
        let measuring = Measuring(pool: pool, kinds: kinds, metrics: metrics)
        return [
            Chore(name: "the rescue of lost jobs", interval: configuration.rescueInterval) { try await rescue.round() },
            // At once, since ids that were moved, as by a restore, leave no room for what producers insert.
            Chore(name: "making room for new jobs", interval: configuration.roomInterval, beginsAtOnce: true) {
                try await forgetting.makeRoom()
            },
            Chore(name: "removing old jobs", interval: configuration.retentionInterval) {
                try await forgetting.round()
            },
            Chore(name: "measuring the queue", interval: configuration.gaugeInterval) { try await measuring.round() },
        ]
    }

    /// Until cancelled. A round that fails is tried again at the next turn.
    func repeatedly(_ chore: Chore) async {
        let outage = Outage(chore.name, logger: logger)
        var isFirst = chore.beginsAtOnce
        while !Task.isCancelled {
            do {
                if !isFirst { try await configuration.clock.sleep(configuration.jittered(chore.interval)) }
                isFirst = false
                try await chore.round()
                outage.recovered()
            } catch {
                if Task.isCancelled { return }
                outage.failed(error)
            }
        }
    }

    /// Moves scheduled jobs to the ready ones, as soon as they are due.
    func promoteWhenDue() async {
        let outage = Outage("making due jobs ready", logger: logger)
        let limit = 500
        while !Task.isCancelled {
            // Where nobody tells of jobs that are due soon, more often.
            let mayBeTold = canListen.load(ordering: .relaxed)
            var pause = mayBeTold ? configuration.promoteInterval : min(configuration.promoteInterval, .seconds(1))
            do {
                let row = try await pool.transaction(PinPlans(), PromoteJobs(limit: limit)).1.first
                outage.recovered()
                if let row {
                    if row.moved > 0 { alarm.ring() }
                    if row.moved >= Int64(limit) { continue }
                    if let next = row.next { pause = min(pause, max(next, .zero)) }
                }
            } catch {
                if Task.isCancelled { return }
                outage.failed(error)
            }
            await dueSoon.wait(atMost: pause, clock: configuration.clock)
        }
    }

    /// Looks from the start for lanes with work, and for rows below the marks; at intervals, and when it is wanted.
    func survey() async {
        let outage = Outage("looking for lanes", logger: logger)
        while !Task.isCancelled {
            // Not one after the other, however often it is wanted.
            try? await configuration.clock.sleep(min(.milliseconds(100), configuration.surveyInterval))
            await surveyWanted.wait(
                atMost: configuration.jittered(configuration.surveyInterval), clock: configuration.clock)
            if Task.isCancelled { return }
            do {
                let lanes = try await pool.transaction(PinPlans(), SurveyLanes()).1
                outage.recovered()
                if lanes.isEmpty { continue }
                tips.add(surveyed: lanes)
                alarm.ring()
            } catch {
                outage.failed(error)
            }
        }
    }

    /// Brings back what the database's clock has left in the future: after the start, and when it was set.
    func mendTimes() async {
        let outage = Outage("bringing back times from the future", logger: logger)
        var always = false
        while !Task.isCancelled {
            do {
                let mended = try await pool.execute(MendTimes(always: always)).first ?? 0
                outage.recovered()
                if mended > 0 {
                    logger.notice(
                        "brought back times that the database's clock had left in the future",
                        metadata: ["rows": "\(mended)"])
                    dueSoon.ring()
                }
                await clockWasSet.wait(atMost: .seconds(86_400), clock: configuration.clock)
                always = true
            } catch {
                if Task.isCancelled { return }
                outage.failed(error)
                try? await configuration.clock.sleep(configuration.jittered(.seconds(5)))
            }
        }
    }

    /// Interrupts runs that are over their time, lost, or in the way of shutdown.
    func oversee() async {
        let tick = min(.seconds(1), configuration.lease / 30, max(configuration.shutdownGrace / 10, .milliseconds(10)))
        while !Task.isCancelled {
            let now = configuration.clock.now()
            inHand.interrupt(at: now, isLeaving: shutdown.isOverdue(at: now))
            // A run that has only just begun is neither late nor lost.
            try? await configuration.clock.sleep(inHand.count == 0 ? tick * 5 : tick)
        }
    }

    /// Notifications spare the wait for the next poll; nothing depends on them.
    func listen() async {
        let listener = PostgresListener(postgres, channel: "kushim_jira", logger: logger)
        await withDiscardingTaskGroup { group in
            group.addTask { try? await listener.run() }
            var hasSaidSo = false
            for await event in listener.events {
                switch event {
                case .notification(let payload):
                    if payload == "due" {
                        dueSoon.ring()
                        continue
                    }
                    tips.add(notification: payload)
                    alarm.ring()
                case .connected:
                    alarm.ring()
                case .unavailable:
                    canListen.store(false, ordering: .relaxed)
                    logger.notice(
                        "behind a connection pooler, which passes no notifications on; polling finds new jobs",
                        metadata: ["poll_interval": "\(configuration.pollInterval)"])
                case .disconnected where !hasSaidSo && !Task.isCancelled && !shutdown.hasBegun:
                    hasSaidSo = true
                    logger.notice(
                        "no notifications from the database at the moment; polling finds new jobs",
                        metadata: ["poll_interval": "\(configuration.pollInterval)"])
                case .disconnected:
                    break
                }
            }
        }
    }
}
