import Jobs

/// Where the way of a failure leads next.
enum FailureVerdict: Sendable {
    case ended(Outcome)
    /// Back to the ledger, in which something has changed.
    ///
    /// - endConfirmed: the ticket of which Jira was asked and did not say that it is open again.
    case askLedger(endConfirmed: Int64?)
}
