import Jira
import Jobs
import Logging
import Postgres

/// What is known of the message about a threshold of a ticket. No row: none was sent yet.
struct ReadMessage: Statement {
    static let sql =
        "SELECT job_id, state, sends, in_doubt FROM kushim_jira.messages WHERE ticket_id = $1 AND threshold = $2"
    let alert: SLAAlert

    var parameters: [any PostgresEncodable] { [alert.ticketID, alert.key] }

    struct Row: Sendable {
        /// Which sent it last.
        let jobID: Int64
        /// It was sent, or nobody will ever know whether it was.
        let isSettled: Bool
        let sends: Int
        /// It was sent, and what became of it was not recorded.
        let isInDoubt: Bool
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        try Row(
            jobID: columns.next(), isSettled: columns.next(as: String.self) != "intended",
            sends: Int(columns.next(as: Int32.self)), isInDoubt: columns.next())
    }
}

/// Says, before it is so, that a message is sent. No row: it must not be, since the job is another's by now or the message
/// is not where this job believes it to be.
struct MarkMessageSent: Statement {
    static let sql = """
        WITH held AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.leases WHERE job_id = $1 AND fence = $2 FOR KEY SHARE
        )
        INSERT INTO kushim_jira.messages AS m (ticket_id, threshold, job_id, sends, last_sent_at, in_doubt)
        SELECT $3, $4, job_id, 1, clock_timestamp(), true FROM held
        ON CONFLICT (ticket_id, threshold) DO UPDATE
        SET job_id = excluded.job_id, sends = m.sends + 1, last_sent_at = clock_timestamp(), in_doubt = true
        WHERE m.state = 'intended' AND NOT m.in_doubt AND m.sends = $5
        RETURNING m.ticket_id
        """
    let job: ClaimedJob
    let alert: SLAAlert
    /// How often it was sent before, surely without effect.
    let sends: Int

    var parameters: [any PostgresEncodable] {
        [job.id, job.fence, alert.ticketID, alert.key, Int32(clamping: sends)]
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 {
        try columns.next()
    }
}

/// What became of a message. The record is written by the same statement, for the row that really changed.
struct MessageSettled: Effect {
    enum How: String, Sendable {
        case sent
        /// Nobody can tell: it is not sent again.
        case unknown
        /// Surely not: it may be sent again.
        case notSent = "intended"
    }

    var alert: SLAAlert
    var how: How
    var actor: String
    var detail: [String: JSONValue] = [:]

    static func statement(for batch: [(job: ClaimedJob, effect: MessageSettled)]) -> SettleMessages {
        SettleMessages(settled: batch.map { (job: $0.job.id, message: $0.effect) })
    }

    func wasWritten(for job: ClaimedJob, logger: Logger) {
        guard how == .unknown else { return }
        logger.warning(
            "it cannot be known whether a message to Slack arrived; it is not sent again",
            metadata: [
                "job": "\(job.id)", "ticket": "\(alert.ticketID)", "threshold": "\(alert.threshold)",
                "reason": "\(detail["outcome"]?.stringValue ?? "unknown")",
            ])
    }
}

struct SettleMessages: Statement {
    static let sql = """
        WITH given AS (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
                          AS g (job_id, ticket_id, threshold, state, actor, detail)
        ), settled AS (
            UPDATE kushim_jira.messages m
            SET state = g.state, in_doubt = false,
                settled_at = CASE WHEN g.state <> 'intended' THEN clock_timestamp() END
            FROM given g
            WHERE m.ticket_id = g.ticket_id AND m.threshold = g.threshold AND m.job_id = g.job_id AND m.state = 'intended'
            RETURNING m.*, g.actor, g.detail
        )
        INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, control_id, issue_key, actor, detail)
        SELECT t.customer_id, s.job_id, 'notification.sent', t.control_id, t.issue_key, s.actor, s.detail
        FROM settled s JOIN kushim_jira.tickets t ON t.id = s.ticket_id
        WHERE s.state <> 'intended' ORDER BY s.job_id
        """
    let settled: [(job: Int64, message: MessageSettled)]

    var parameters: [any PostgresEncodable] {
        [
            settled.map(\.job), settled.map(\.message.alert.ticketID), settled.map(\.message.alert.key),
            settled.map(\.message.how.rawValue), settled.map(\.message.actor),
            settled.map { PostgresJSON(text: AuditDetail.text($0.message.detail)) },
        ]
    }
}
