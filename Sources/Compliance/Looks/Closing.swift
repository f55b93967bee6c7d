import FoundationEssentials
import Jira

/// When a ticket was done, as far as Jira tells.
struct Closing: Sendable, Hashable {
    /// Where Jira tells it.
    enum Source: String, Sendable {
        /// When the resolution was set.
        case resolution
        /// When the status came into its category: Cloud only.
        case statusCategory = "status category"
        /// When the status was set.
        case changelog
        /// When anything was changed last: not before the status was.
        case lastChange = "last change"
    }

    var source: Source?
    /// By this process's monotonic clock. Jira's clock is compared with itself only: with the `Date` of its answer.
    var since: ContinuousClock.Instant?
    /// By Jira's clock, where its answer does not say what that shows.
    var stamp: Date?

    /// Nothing may be called older than the close for it.
    var isEstimate: Bool { since == nil || source == nil || source == .lastChange }

    static let untold = Closing()

    private init() {}

    /// Rather a second too early than later: a failure that came after the end is then never called older.
    init(_ stamp: Date, _ source: Source, at time: ServerTime?) {
        self.source = source
        guard let time else {
            self.stamp = stamp
            return
        }
        // No ticket is older than a century, whatever the stamp says.
        let age = min(max(time.latest.timeIntervalSince(stamp), 0), 3_155_760_000)
        since = time.askedAt - .seconds(age)
    }
}

extension GuardedJira {
    /// Of an issue that is done.
    func closing(of issue: JiraIssue, _ admission: Admission) async throws -> Closing {
        if let date = issue.resolved { return Closing(date, .resolution, at: issue.serverTime) }
        if let date = issue.statusCategoryChanged {
            return Closing(date, .statusCategory, at: issue.serverTime)
        }
        guard connection.deployment == .dataCenter else { return .untold }
        let question = GetIssue(issue.id, fields: ["status", "updated"], withChangelog: true)
        let detailed = try await send(question, harmless: question.harmless, admission)
        if let date = detailed.statusSince { return Closing(date, .changelog, at: detailed.serverTime) }
        return detailed.updated.map { Closing($0, .lastChange, at: detailed.serverTime) } ?? .untold
    }
}
