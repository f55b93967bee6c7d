import FoundationEssentials
import Jobs

/// What a failure wants of the ledger: to be the one that opens an episode, or to learn who is.
struct Intent: Sendable {
    var job: ClaimedJob
    var controlID: String
    var controlTitle: String
    /// Empty for none.
    var resource: String
    var severity: Severity
    var project: String
    var detectedAt: Date?
    var due: Span
    var countsBusinessDays: Bool
    /// An IANA name.
    var timeZone: String
    /// False: a ticket of its own for each failure, still once per job.
    var deduplicates: Bool
    /// For how long after a ticket was done a failure still belongs to it.
    var window: Span
    /// The ticket of which Jira was asked a moment ago whether it is still done, and did not say that it is not.
    var endConfirmed: Int64?
}

/// What the ledger answers to an intent.
enum Standing: Sendable {
    /// This job's to bring to an end: new, or found again after a crash.
    case own(Episode, former: FormerEpisode?)
    /// There is a ticket already, perhaps since this failure saw that it was reopened.
    case open(Episode, failedAt: Date, sawReopening: Bool)
    /// Another job is at it.
    case creating(Episode)
    /// The control passes since, and has no ticket: it needs none.
    case passed(Date)
    /// The failure was detected before the last ticket was closed: that one was its ticket.
    case answered(FormerEpisode)
    /// The last ticket is done: to be asked of Jira before anything is built on it; or this failure has begun a comment on it
    /// of which nobody knows whether it was posted.
    case closed(ClosedTicket)
    /// The job is another worker's by now; nothing was written.
    case leaseLost
}

/// The last ticket of the same control that has come to its end.
struct FormerEpisode: Sendable, Hashable {
    var ticketID: Int64
    var issue: IssueReference
    var state: Episode.State
}
