import Logging
import Synchronization

/// What is in hand, and what follows when a run's end was written, or could not be.
final class Endings: Sendable {
    let inHand = InHand()
    /// The alarm should be rung: the claiming waits for a free slot, or for a customer to be below its cap.
    let areAwaited = Atomic(false)
    /// It matters which customers' they are, since there are caps.
    let areNoted = Atomic(false)

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
    }

    func note(_ settlements: [Settlement], _ results: [Settlement.Result]) {
        let now = configuration.clock.now()
        let runs = inHand.end(settlements.map(\.job.fence))
        for (run, (settlement, result)) in zip(runs, zip(settlements, results)) {
            report(settlement, result, after: run.map { now - $0.startedAt } ?? .zero)
        }
        if areNoted.load(ordering: .relaxed) { tips.add(relieved: settlements.lazy.map(\.job.customerID)) }
        if areAwaited.load(ordering: .relaxed) { alarm.ring() }
    }

    private func report(_ settlement: Settlement, _ result: Settlement.Result, after duration: Duration) {
        switch result {
        case .settled, .settledBefore:
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

    private func details(_ settlement: Settlement) -> Logger.Metadata {
        var details: Logger.Metadata = [
            "job": "\(settlement.job.id)", "kind": "\(settlement.job.kind)", "outcome": "\(settlement.verdict)",
        ]
        if let reason = settlement.reason { details["reason"] = "\(reason)" }
        return details
    }
}
