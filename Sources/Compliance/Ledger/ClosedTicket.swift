import FoundationEssentials
import Postgres

/// The last ticket of a control, done as far as the ledger knows, and a failure that was detected after its end.
struct ClosedTicket: Sendable {
    var former: FormerEpisode
    var known: KnownIssue
    /// Nil where somebody reopened it in the meantime.
    var resolvedAt: Date?
    /// As Jira called it when that was seen.
    var resolution: String?
    /// Until when failures belong to it still.
    var windowEnd: Date?
    /// When the failure was detected.
    var failedAt: Date
    var isWithinWindow: Bool
    /// The one that says on it that the control failed again.
    var comment: StartedComment?
}

/// A comment of the purpose "failed again" that a job has begun.
struct StartedComment: Sendable {
    enum State: String, Sendable {
        case intended, posted, refused
    }

    var id: Int64
    var jobID: Int64
    var state: State
    var progress: CommentProgress
    /// Its job has ended without bringing it to an end.
    var isForsaken: Bool
}

extension ClosedTicket {
    var fingerprint: Fingerprint { known.mark.fingerprint }

    /// After the columns of `former`. Nil where there is none.
    init?(_ columns: inout ColumnReader, of former: FormerEpisode?, failedAt: Date) throws(PostgresError) {
        let known = try KnownIssue(&columns)
        let resolvedAt: Date? = try columns.next()
        let windowEnd: Date? = try columns.next()
        let resolution: String? = try columns.next()
        let comment = try StartedComment(&columns)
        guard let former, let known else { return nil }
        self.init(
            former: former, known: known, resolvedAt: resolvedAt,
            resolution: resolution, windowEnd: windowEnd, failedAt: failedAt,
            isWithinWindow: windowEnd.map { failedAt < $0 } ?? false,
            comment: comment)
    }
}

extension StartedComment {
    /// Nil where an outer join found none.
    init?(_ columns: inout ColumnReader) throws(PostgresError) {
        let id: Int64? = try columns.next()
        let jobID: Int64? = try columns.next()
        let state: String? = try columns.next()
        let sends: Int32? = try columns.next()
        let isInDoubt: Bool? = try columns.next()
        let sinceSent: Duration? = try columns.next()
        let isForsaken: Bool = try columns.next()
        guard let id, let jobID, let state = state.flatMap(State.init(rawValue:)), let sends, let isInDoubt else {
            return nil
        }
        self.init(
            id: id, jobID: jobID, state: state,
            progress: CommentProgress(
                sends: Int(sends), isInDoubt: isInDoubt, sinceSent: sinceSent),
            isForsaken: isForsaken)
    }
}
