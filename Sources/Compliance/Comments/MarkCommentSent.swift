import Jobs
import Postgres

/// Says, before it is so, that a comment is sent; one a job, and one a ticket where its purpose allows no more.
struct MarkCommentSent: Statement {
    static let sql = """
        WITH held AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.leases WHERE job_id = $1 AND fence = $2 FOR KEY SHARE
        ), begun AS (
            INSERT INTO kushim_jira.comments (ticket_id, job_id, purpose, occasion, sends, last_sent_at, in_doubt)
            SELECT $3, job_id, $4, $6, 1, clock_timestamp(), true FROM held WHERE $5 = 0
            ON CONFLICT DO NOTHING
            RETURNING id
        ), again AS (
            UPDATE kushim_jira.comments c SET sends = c.sends + 1, last_sent_at = clock_timestamp(), in_doubt = true
            FROM held WHERE c.job_id = held.job_id AND c.ticket_id = $3 AND c.state = 'intended' AND c.sends = $5
            RETURNING c.id
        )
        SELECT CASE WHEN NOT EXISTS (SELECT FROM held) THEN 'lease lost'
                    WHEN EXISTS (SELECT FROM begun) OR EXISTS (SELECT FROM again) THEN 'marked'
                    ELSE 'taken' END
        """
    let job: ClaimedJob
    let ticketID: Int64
    let purpose: TicketComment.Purpose
    /// How often it was sent before.
    let sends: Int
    let occasion: String?

    enum Result: String, Sendable {
        case marked
        /// Another job's, or in other hands since it was read.
        case taken
        case leaseLost = "lease lost"
    }

    var parameters: [any PostgresEncodable] {
        [job.id, job.fence, ticketID, purpose.rawValue, Int32(clamping: sends), occasion]
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Result {
        Result(rawValue: try columns.next()) ?? .leaseLost
    }
}
