package import FoundationEssentials

package enum JobState: String, Sendable, CaseIterable, Codable {
    case available, running, completed, discarded, cancelled
}

/// Which jobs to list.
package struct JobFilter: Sendable {
    package var state: JobState?
    package var kind: String?
    package var customerID: String?
    /// The `controlId` in the payload.
    package var control: String?
    /// When they were inserted.
    package var created: TimeRange
    package var limit: Int

    package init(
        state: JobState? = nil, kind: String? = nil, customerID: String? = nil, control: String? = nil,
        created: TimeRange = TimeRange(), limit: Int = 100
    ) {
        self.state = state
        self.kind = kind
        self.customerID = customerID
        self.control = control
        self.created = created
        self.limit = limit
    }
}

/// One line about a job.
package struct JobSummary: Sendable, Identifiable {
    package let id: Int64
    package let kind: String
    package let customerID: String
    package let state: JobState
    package let runAt: Date
    package let priority: Int
    package let attempt: Int
    package let lastError: String?
    package let createdAt: Date
    package let finishedAt: Date?
    package let control: String?
    /// Available, but not before its time.
    package let isScheduled: Bool
}

/// One run of a job.
package struct JobAttempt: Sendable {
    package let attempt: Int
    /// completed, failed, discarded or lost.
    package let outcome: String
    package let error: String?
    package let startedAt: Date
    package let endedAt: Date
    /// nil once the worker's row is gone.
    package let worker: String?
    package let version: String?
}

/// All there is to tell about a job.
package struct JobStory: Sendable {
    package let summary: JobSummary
    /// What the producer wrote.
    package enum Payload: Sendable, Hashable {
        case text(String)
        /// From a login that may see all of a job but this: an auditor's.
        case hidden
        /// Why.
        case unreadable(String)
    }
    package let payload: Payload
    package let uniqueKey: String?
    package let losses: Int
    package let snoozes: Int
    package let attempts: [JobAttempt]
    /// Where it stands and, if it waits, for what: a sentence.
    package let explanation: String

    init(_ summary: JobSummary, at place: LocateJob.Row, payload: Payload, attempts: [JobAttempt]) {
        self.summary = summary
        self.payload = payload
        uniqueKey = place.uniqueKey
        losses = place.losses
        snoozes = place.snoozes
        self.attempts = attempts
        explanation = Self.explain(summary, place)
    }

    private static func explain(_ job: JobSummary, _ place: LocateJob.Row) -> String {
        switch job.state {
        case .completed:
            return "done after \(counted(job.attempt, "attempt"))"
        case .discarded:
            return "given up: \(job.lastError ?? "no reason was kept"); "
                + "run it again with: kushim-jira jobs retry \(job.id)"
        case .cancelled:
            return "cancelled: \(job.lastError ?? "no reason was kept")"
        case .running:
            let worker = "worker \(place.worker ?? "unknown") has had it in hand for \(seconds(place.runningFor ?? 0))"
            return place.workerIsAlive == true
                ? worker : worker + ", but has fallen silent; another worker takes it over when the lease is over"
        case .available:
            return explainWaiting(job, place)
        }
    }

    private static func explainWaiting(_ job: JobSummary, _ place: LocateJob.Row) -> String {
        if place.isNowhere {
            return
                "has no place in the queue, so no worker will ever run it: its row was deleted by hand, or triggers were off "
                + "when it was inserted; kushim-jira check --queue says how to put it back"
        }
        if let dueIn = place.dueIn {
            let reason = place.reason.map { ", because: \($0)" } ?? ", the time its producer asked for"
            return "waits for another \(seconds(dueIn))\(reason)"
        }
        if place.workersAlive == 0 { return "waits for a worker: none is alive; start one with: kushim-jira run" }
        if place.workersForKind == 0 {
            return
                "waits for a worker that takes jobs of kind \(job.kind): of the \(place.workersAlive) alive none does; "
                + "start a newer one"
        }
        let line = place.ahead == 0 ? "next in line" : "\(counted(Int(place.ahead), "job")) of its customer before it"
        return "waits for a free slot: \(line), \(counted(Int(place.workersForKind), "worker")) at work"
    }

    private static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    private static func seconds(_ value: Double) -> String {
        let whole = Int(saturating: value)
        return switch whole {
        case ..<120: "\(whole) s"
        case ..<7200: "\(whole / 60) min"
        case ..<172_800: "\(whole / 3600) h"
        default: "\(whole / 86_400) days"
        }
    }
}
