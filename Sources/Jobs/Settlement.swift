/// How one run of a job ends, ready to be written.
struct Settlement: Sendable {
    enum Verdict: String, Sendable, CaseIterable {
        case completed, failed, snoozed, discarded, released
    }

    enum Result: String, Sendable {
        case settled
        /// By an earlier try of the same flush, whose answer was lost.
        case settledBefore = "settled before"
        /// The lease is another's by now; nothing was changed.
        case stale
        /// It could not be written before the worker had to go; the job is rescued like a lost worker's.
        case abandoned
    }

    var job: ClaimedJob
    var verdict: Verdict
    var reason: String?
    /// Until the next run, for `failed` and `snoozed`.
    var delay: Duration = .zero
    var effects: [any Effect] = []
    /// What the job was put off for, where that is the database's.
    var fault: DatabaseFault?
}

extension WorkerConfiguration {
    /// Turns a handler's verdict into what is written, with the engine's own events and their effects.
    func settlement(of job: ClaimedJob, _ outcome: Outcome) -> Settlement {
        switch outcome {
        case .completed(let wanted):
            return Settlement(job: job, verdict: .completed, effects: wanted)
        case .retry(let reason, _, let wanted) where job.attempt >= job.maxAttempts:
            let last = "gave up after \(job.attempt) attempts; the last: \(reason)"
            return discarded(job, reason: last, wanted)
        case .retry(let reason, let after, let wanted):
            let delay = max(after ?? backoff.delay(afterAttempt: job.attempt, random: random()), .zero)
            let reason = storable(reason)
            return Settlement(
                job: job, verdict: .failed, reason: reason, delay: delay,
                effects: wanted + effects(.retried(job, reason: reason, after: delay)))
        case .snooze(let delay, let reason, let wanted):
            let delay = max(delay, .zero)
            let reason = storable(reason)
            return Settlement(
                job: job, verdict: .snoozed, reason: reason, delay: delay,
                effects: wanted + effects(.snoozed(job, reason: reason, for: delay)))
        case .discard(let reason, let wanted):
            return discarded(job, reason: reason, wanted)
        case .released:
            return Settlement(job: job, verdict: .released)
        }
    }

    /// Charges the job no attempt. The pauses grow, so that a fault that lasts for days costs little.
    func settlement(of job: ClaimedJob, putOffFor fault: DatabaseFault) -> Settlement {
        let backoff = Backoff(base: .seconds(2), cap: .seconds(60))
        // Between the half of it and the whole.
        let pause = backoff.delay(afterAttempt: job.snoozes + 1, random: 0.5 + random() / 2)
        var settlement = settlement(
            of: job, .snooze(for: pause, reason: "the database takes no work at the moment: \(fault)"))
        settlement.fault = fault
        return settlement
    }

    /// What the engine writes where the database refuses what a job wants to write; of several, the first that is taken.
    func substitutes(for job: ClaimedJob, refusedWith error: any Error) -> [Settlement] {
        if let fault = DatabaseFault(error) { return [settlement(of: job, putOffFor: fault)] }
        let failed = settlement(of: job, .retry(reason: "what it wanted to write was refused: \(error)"))
        // An attempt that cannot be recorded is not charged.
        return [failed, settlement(of: job, putOffFor: DatabaseFault(refusing: error))]
    }

    private func discarded(_ job: ClaimedJob, reason: String, _ wanted: [any Effect]) -> Settlement {
        let reason = storable(reason)
        return Settlement(
            job: job, verdict: .discarded, reason: reason, effects: wanted + effects(.discarded(job, reason: reason)))
    }

    /// PostgreSQL's text takes no NUL, and nobody reads more than a page of a reason.
    private func storable(_ reason: String) -> String {
        // By scalars: a NUL with a combining mark is another character, and one character can be of any length.
        String(String.UnicodeScalarView(reason.unicodeScalars.prefix(4000).map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}
