import FoundationEssentials
import Jira
package import Jobs

/// What is written when the engine does something to a job: for `WorkerConfiguration.effects`.
///
/// - Parameter actor: the worker and its version.
package func complianceEffects(actor: String) -> @Sendable (JobEvent) -> [any Effect] {
    { event in
        switch event {
        case .retried(let job, let reason, let after):
            return [
                job.record(
                    .jobRetried, actor,
                    [
                        "reason": .string(reason), "attempt": .integer(Int64(job.attempt)),
                        "maxAttempts": .integer(Int64(job.maxAttempts)),
                        "afterSeconds": .number((after / .milliseconds(1)).rounded() / 1_000),
                    ])
            ]
        case .snoozed:
            // "Not now" is not a thing that happened; the job's reason tells it.
            return []
        case .discarded(let job, let reason):
            return job.givenUp + [
                job.record(
                    .jobDiscarded, actor,
                    ["reason": .string(reason), "attempt": .integer(Int64(job.attempt)), "losses": job.lossCount])
            ]
        case .claimedAgain(let job, let worker):
            return [job.record(.jobClaimedAgain, actor, ["lostWorker": .string(worker), "losses": job.lossCount])]
        case .cancelled(let job, let reason):
            return job.givenUp + [job.record(.jobCancelled, actor, ["reason": .string(reason)])]
        }
    }
}

extension ClaimedJob {
    fileprivate func record(_ action: AuditAction, _ actor: String, _ detail: [String: JSONValue]) -> AuditRecord {
        var detail = detail
        detail["kind"] = .string(kind)
        let control = try? JSONValue(parsing: payload)["controlId"]?.stringValue
        return AuditRecord(action, controlID: control, actor: actor, detail: detail)
    }

    fileprivate var givenUp: [any Effect] {
        kind == ComplianceFailure.kind ? [EpisodeGivenUp()] : []
    }

    fileprivate var lossCount: JSONValue { .integer(Int64(losses)) }
}
