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
}

/// What the ledger answers to an intent.
enum Standing: Sendable {
    /// This job's to bring to an end: new, or found again after a crash.
    case own(Episode, former: FormerEpisode?)
    /// There is a ticket already.
    case open(Episode, failedAt: Date)
    /// Another job is at it.
    case creating(Episode)
    /// The failure was detected before the last ticket was closed: that one was its ticket.
    case answered(FormerEpisode)
    /// The job is another worker's by now; nothing was written.
    case leaseLost
}

/// The last ticket of the same control that has come to its end.
struct FormerEpisode: Sendable, Hashable {
    var ticketID: Int64
    var issue: IssueReference
    var state: Episode.State
}
