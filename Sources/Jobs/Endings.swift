import Logging
import Synchronization

/// What is in hand, and what follows when a run's end was written, or could not be.
final class Endings: Sendable {
    let inHand = InHand()
    /// The alarm should be rung: the claiming waits for a free slot, or for a customer to be below its cap.
    let areAwaited = Atomic(false)
    /// It matters which customers' they are, since there are caps.
    let areNoted = Atomic(false)
    let faults: DatabaseFaults

    private let configuration: WorkerConfiguration
    private let metrics: JobMetrics
    private let tips: Tips
    private let alarm: Alarm
    private let dueSoon: Alarm
    private let logger: Logger

    init(
        configuration: WorkerConfiguration, metrics: JobMetrics, tips: Tips, alarm: Alarm, dueSoon: Alarm,
        logger: Logger
    ) {
        self.configuration = configuration
        self.metrics = metrics
        self.tips = tips
        self.alarm = alarm
        self.dueSoon = dueSoon
        self.logger = logger
        faults = DatabaseFaults(logger: logger)
    }

    func note(_ settled: [SettledRun]) {
        let now = configuration.clock.now()
        let runs = inHand.end(settled.map(\.settlement.job.fence))
        for (run, ended) in zip(runs, settled) {
            report(ended.settlement, ended.result, after: run.map { now - $0.startedAt } ?? .zero, at: now)
        }
        if areNoted.load(ordering: .relaxed) { tips.add(relieved: settled.lazy.map(\.settlement.job.customerID)) }
        if areAwaited.load(ordering: .relaxed) { alarm.ring() }
    }

    private func report(
        _ settlement: Settlement, _ result: Settlement.Result, after duration: Duration, at now: Duration
    ) {
        switch result {
        case .settled, .settledBefore:
            noteFault(settlement, at: now)
            metrics.ended(settlement.job.kind, outcome: settlement.verdict, after: duration)
            for effect in settlement.effects { effect.wasWritten(for: settlement.job, logger: logger) }
            switch settlement.verdict {
            case .completed, .snoozed, .released: logger.debug("settled", metadata: details(settlement))
            case .failed: logger.notice("a run failed; the job runs again", metadata: details(settlement))
            case .discarded: logger.warning("gave a job up", metadata: details(settlement))
            }
            if settlement.verdict == .failed || settlement.verdict == .snoozed,
                settlement.delay < configuration.promoteInterval
            {
                dueSoon.ring()
            }
        case .stale:
            metrics.lostLease()
            logger.warning(
                "another worker had taken the job over; what this one did with it was not recorded",
                metadata: details(settlement))
        case .abandoned:
            logger.warning(
                "could not record how the job ended; another worker will take it over", metadata: details(settlement))
        }
    }

    private func noteFault(_ settlement: Settlement, at now: Duration) {
        if let fault = settlement.fault {
            faults.found(fault, by: settlement.job.id, pause: settlement.delay, at: now)
        } else if settlement.verdict != .snoozed && settlement.verdict != .released {
            // One that waits for something else may not have come as far as to the fault.
            faults.passed(settlement.job.id)
        }
    }

    private func details(_ settlement: Settlement) -> Logger.Metadata {
        var details: Logger.Metadata = [
            "job": "\(settlement.job.id)", "kind": "\(settlement.job.kind)", "outcome": "\(settlement.verdict)",
        ]
        if let reason = settlement.reason { details["reason"] = "\(reason)" }
        return details
    }
}
