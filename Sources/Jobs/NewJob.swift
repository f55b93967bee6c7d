package import FoundationEssentials

/// A job to be inserted, by itself or as the effect of another: a follow-up.
package struct NewJob: Sendable {
    package var kind: String
    package var customerID: String
    /// A JSON object.
    package var payload: String
    /// Delay by the database's clock.
    package var runAfter: Duration?
    /// Wins over `runAfter`. An instant the database gave out, never one of this host's clock.
    package var runAt: Date?
    /// Lower is sooner; -100 to 100.
    package var priority: Int
    /// While an unfinished job of this kind and customer has the same key, this one is left out.
    package var uniqueKey: String?

    package init(
        kind: String, customerID: String = "default", payload: String, runAfter: Duration? = nil, runAt: Date? = nil,
        priority: Int = 0, uniqueKey: String? = nil
    ) {
        self.kind = kind
        self.customerID = customerID
        self.payload = payload
        self.runAfter = runAfter
        self.runAt = runAt
        self.priority = priority
        self.uniqueKey = uniqueKey
    }
}

extension NewJob: Effect {
    package static func statement(for batch: [(job: ClaimedJob, effect: NewJob)]) -> InsertJobs {
        InsertJobs(batch.map(\.effect))
    }
}
