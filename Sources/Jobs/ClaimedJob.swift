package import FoundationEssentials

/// A job in a worker's hands.
package struct ClaimedJob: Sendable, Hashable, Identifiable {
    package let id: Int64
    package let kind: String
    package let customerID: String
    /// The producer's JSON object, as PostgreSQL prints it.
    package let payload: String
    /// Which attempt this run is; the first is 1. Runs that were snoozed, released or lost with their worker do not count.
    package let attempt: Int
    package internal(set) var maxAttempts: Int
    /// Workers that died with this job in hand.
    package let losses: Int
    /// Times it was put off without being charged an attempt.
    package let snoozes: Int
    /// Drawn anew at each claim: whoever settles the job with an older one changes nothing. 0 for a job nobody holds.
    package let fence: Int64
    package let createdAt: Date

    package init(
        id: Int64, kind: String, customerID: String, payload: String, attempt: Int = 1, maxAttempts: Int = 25,
        losses: Int = 0, snoozes: Int = 0, fence: Int64 = 0, createdAt: Date = Date()
    ) {
        self.id = id
        self.kind = kind
        self.customerID = customerID
        self.payload = payload
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.losses = losses
        self.snoozes = snoozes
        self.fence = fence
        self.createdAt = createdAt
    }
}
