import FoundationEssentials
import Jobs
import Postgres

/// Where a control that passes stands: its ticket, and the comment that this job may have begun.
struct FindPassedTicket: Statement {
    static let sql = """
        SELECT EXISTS (SELECT FROM kushim_jira.leases l WHERE l.job_id = j.id AND l.fence = $2),
               greatest(least(coalesce($6, j.created_at), j.created_at), j.created_at - interval '7 days'),
               t.id, t.state, t.issue_id, t.issue_key, t.issue_url, t.fingerprint, t.project_key,
               t.passed_at IS NOT NULL, t.last_failed_at,
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
    var issue: IssueReference?
    var fingerprint: Fingerprint
    var projectKey: String
    /// It was said already, and the control did not fail since.
    var isPassing: Bool
    var lastFailedAt: Date
    var commentSends: Int
    /// The comment was sent and nobody knows what became of it.
    var isCommentInDoubt: Bool
    var sinceCommentSent: Duration?
}

extension PassedTicket {
    /// Nil where an outer join found none.
    init?(_ columns: inout ColumnReader) throws(PostgresError) {
        let id: Int64? = try columns.next()
        let state: String? = try columns.next()
        let issueID: String? = try columns.next()
        let issueKey: String? = try columns.next()
        let issueURL: String? = try columns.next()
        let fingerprint: String? = try columns.next()
        let projectKey: String? = try columns.next()
        let isPassing: Bool? = try columns.next()
        let lastFailedAt: Date? = try columns.next()
        let sends: Int32? = try columns.next()
        let isInDoubt: Bool? = try columns.next()
        let sinceSent: Double? = try columns.next()
        guard let id, let state = state.flatMap(Episode.State.init(rawValue:)), let fingerprint, let projectKey,
            let lastFailedAt
        else { return nil }
        self.init(
            id: id, state: state, issue: IssueReference(id: issueID, key: issueKey, url: issueURL),
            fingerprint: Fingerprint(hex: fingerprint), projectKey: projectKey, isPassing: isPassing ?? false,
            lastFailedAt: lastFailedAt, commentSends: Int(sends ?? 0), isCommentInDoubt: isInDoubt ?? false,
            sinceCommentSent: sinceSent.map { .seconds($0) })
    }
}

/// Says, before it is so, that a comment is sent; one a job. No row: the job is another's by now.
struct MarkCommentSent: Statement {
    static let sql = """
        WITH held AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.leases WHERE job_id = $1 AND fence = $2 FOR KEY SHARE
        )
        INSERT INTO kushim_jira.comments AS c (ticket_id, job_id, purpose, sends, last_sent_at, in_doubt)
        SELECT $3, job_id, 'passed', 1, clock_timestamp(), true FROM held
        ON CONFLICT (job_id) DO UPDATE SET sends = c.sends + 1, last_sent_at = clock_timestamp(), in_doubt = true
        WHERE c.state = 'intended' AND c.sends = $4
        RETURNING c.id
        """
    let job: ClaimedJob
    let ticketID: Int64
    /// How often it was sent before.
    let sends: Int

    var parameters: [any PostgresEncodable] { [job.id, job.fence, ticketID, Int32(clamping: sends)] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 {
        try columns.next()
    }
}

/// What became of the comment of a job.
struct CommentSettled: Effect {
    enum How: Sendable {
        case posted(commentID: String)
        /// Surely not posted; it may be sent again.
        case notPosted
        /// Never to be posted.
        case refused
    }

    var how: How

    static func statement(for batch: [(job: ClaimedJob, effect: CommentSettled)]) -> SettleComments {
        SettleComments(settled: batch.map { (job: $0.job.id, how: $0.effect.how) })
    }
}

struct SettleComments: Statement {
    static let sql = """
        UPDATE kushim_jira.comments c
        SET state = g.state, comment_id = g.comment_id, in_doubt = false,
            posted_at = CASE WHEN g.state = 'posted' THEN clock_timestamp() END
        FROM unnest($1::bigint[], $2::text[], $3::text[]) AS g (job_id, state, comment_id)
        WHERE c.job_id = g.job_id AND c.state = 'intended'
        """
    let settled: [(job: Int64, how: CommentSettled.How)]

    var parameters: [any PostgresEncodable] {
        [
            settled.map(\.job),
            settled.map { settlement -> String in
                switch settlement.how {
                case .posted: "posted"
                case .notPosted: "intended"
                case .refused: "refused"
                }
            },
            settled.map { settlement -> String? in
                if case .posted(let id) = settlement.how { id } else { nil }
            },
        ]
    }
}
