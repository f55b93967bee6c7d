/// A handler's verdict on one run of a job. The effects are written in the transaction that settles it, or not at all.
package enum Outcome: Sendable {
    case completed([any Effect] = [])
    /// Counts as an attempt. Without `after` the delay is `Backoff`'s; after the last attempt the job is discarded.
    case retry(reason: String, after: Duration? = nil, [any Effect] = [])
    /// "Not now": costs no attempt, however often it is said.
    case snooze(for: Duration, reason: String, [any Effect] = [])
    /// Given up for good: the job becomes a dead letter, which an operator can retry.
    case discard(reason: String, [any Effect] = [])
    /// Put back untouched and uncharged, to be run by whoever comes next; what shutdown does with unfinished work.
    case released
}
