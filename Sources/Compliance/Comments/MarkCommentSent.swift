import Jobs
import Postgres

/// Says, before it is so, that a comment is sent; one a job, and one a ticket where its purpose allows no more.
struct MarkCommentSent: Statement {
    static let sql = """
        WITH held AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.leases WHERE job_id = $1 AND fence = $2 FOR KEY SHARE
        ), addressed AS MATERIALIZED (
            SELECT job_id FROM held
            WHERE EXISTS (SELECT FROM kushim_jira.tickets t WHERE t.id = $3 AND t.issue_id = $7)
        ), begun AS (
            INSERT INTO kushim_jira.comments (ticket_id, job_id, purpose, occasion, sends, last_sent_at, in_doubt)
            SELECT $3, job_id, $4, $6, 1, clock_timestamp(), true FROM addressed WHERE $5 = 0
            ON CONFLICT DO NOTHING
            RETURNING id
        ), again AS (
            UPDATE kushim_jira.comments c SET sends = c.sends + 1, last_sent_at = clock_timestamp(), in_doubt = true
            FROM addressed a WHERE c.job_id = a.job_id AND c.ticket_id = $3 AND c.state = 'intended' AND c.sends = $5
            RETURNING c.id
        )
        SELECT CASE WHEN NOT EXISTS (SELECT FROM held) THEN 'lease lost'
                    WHEN NOT EXISTS (SELECT FROM addressed) THEN 'moved'
                    WHEN EXISTS (SELECT FROM begun) OR EXISTS (SELECT FROM again) THEN 'marked'
                    ELSE 'taken' END
        """
    let job: ClaimedJob
    let ticketID: Int64
    let purpose: TicketComment.Purpose
    /// How often it was sent before.
    let sends: Int
    let occasion: String?
    /// Where it is sent to, by its id.
    let issueID: String

    enum Result: String, Sendable {
        case marked
        /// Another job's, or in other hands since it was read.
        case taken
        /// The ticket is another issue by now: what has the id may be a stranger's.
        case moved
        case leaseLost = "lease lost"
    }

    var parameters: [any PostgresEncodable] {
        [job.id, job.fence, ticketID, purpose.rawValue, Int32(clamping: sends), occasion, issueID]
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Result {
        Result(rawValue: try columns.next()) ?? .leaseLost
    }
}
