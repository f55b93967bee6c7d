/// What the engine itself does to a job, for whoever keeps a record of it; the effects it is answered with are written in
/// the same transaction.
package enum JobEvent: Sendable {
    case retried(ClaimedJob, reason: String, after: Duration)
    case snoozed(ClaimedJob, reason: String, for: Duration)
    case discarded(ClaimedJob, reason: String)
    /// Its worker was lost and it is ready again; `losses` counts this one.
    case claimedAgain(ClaimedJob, worker: String)
    case cancelled(ClaimedJob, reason: String)

    package var job: ClaimedJob {
        switch self {
        case .retried(let job, _, _), .snoozed(let job, _, _), .discarded(let job, _), .claimedAgain(let job, _),
            .cancelled(let job, _):
            job
        }
    }
}
