import FoundationEssentials
import Jobs
import Postgres

/// Where a control that passes stands: its ticket, and the comment that this job may have begun.
struct FindPassedTicket: Statement {
    static let sql = """
        SELECT EXISTS (SELECT FROM kushim_jira.leases l WHERE l.job_id = j.id AND l.fence = $2),
               -- Where it seems older than the failure, the clock may have been set back.
               CASE WHEN kushim_jira.happened_at($6, j.created_at) < t.last_failed_at
                    THEN kushim_jira.happened_at($6, kushim_jira.arrived_at(j.id, j.created_at))
                    ELSE kushim_jira.happened_at($6, j.created_at) END,
               t.id, t.state, \(KnownIssue.columns(of: "t")),
               t.passed_at IS NOT NULL, t.last_failed_at,
               coalesce(t.in_doubt, false) OR NOT EXISTS (SELECT FROM kushim_jira.scheduled s WHERE s.job_id = t.job_id),
               c.sends, c.in_doubt, extract(epoch FROM clock_timestamp() - c.last_sent_at)::float8
        FROM kushim_jira.jobs j
        LEFT JOIN kushim_jira.comments c ON c.job_id = j.id
        LEFT JOIN LATERAL (
            SELECT * FROM kushim_jira.tickets e
            WHERE e.id = c.ticket_id
               OR c.id IS NULL AND e.customer_id = $3 AND e.control_id = $4 AND e.resource = $5
                  AND e.state IN ('creating', 'open')
            ORDER BY e.episode DESC LIMIT 1
        ) t ON true
        WHERE j.id = $1
        """
    let job: ClaimedJob
    let controlID: String
    let resource: String
    let detectedAt: Date?

    var parameters: [any PostgresEncodable] {
        [job.id, job.fence, job.customerID, controlID, resource, detectedAt]
    }

    struct Row: Sendable {
        let holdsLease: Bool
        /// When the control was seen to pass.
        let passedAt: Date
        let ticket: PassedTicket?
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        try Row(holdsLease: columns.next(), passedAt: columns.next(), ticket: PassedTicket(&columns))
    }
}

/// The ticket of a control that passes again.
struct PassedTicket: Sendable {
    var id: Int64
    var state: Episode.State
    /// Nil while it is being made.
    var known: KnownIssue?
    /// It was said already, and the control did not fail since.
    var isPassing: Bool
    var lastFailedAt: Date
    /// While it is being made: a request was sent, or the failure's job is not put off.
    var isOnItsWay: Bool
    /// Of this job's comment.
    var comment: CommentProgress
}

extension PassedTicket {
    /// Nil where an outer join found none.
    init?(_ columns: inout ColumnReader) throws(PostgresError) {
        let id: Int64? = try columns.next()
        let state: String? = try columns.next()
        let known = try KnownIssue(&columns)
        let isPassing: Bool? = try columns.next()
        let lastFailedAt: Date? = try columns.next()
        let isOnItsWay: Bool = try columns.next()
        let sends: Int32? = try columns.next()
        let isInDoubt: Bool? = try columns.next()
        let sinceSent: Duration? = try columns.next()
        guard let id, let state = state.flatMap(Episode.State.init(rawValue:)), let lastFailedAt
        else { return nil }
        self.init(
            id: id, state: state, known: known, isPassing: isPassing ?? false,
            lastFailedAt: lastFailedAt, isOnItsWay: isOnItsWay,
            comment: CommentProgress(
                sends: Int(sends ?? 0), isInDoubt: isInDoubt ?? false, sinceSent: sinceSent))
    }
}
