import Jira
import Jobs
import Postgres

/// A ticket was seen not done when a threshold of its due date was reached: told once for each threshold, however often the
/// job is run. The record is written by the same statement, for the row that is really new.
struct AlertRaised: Effect {
    var alert: SLAAlert
    var actor: String
    var detail: [String: JSONValue]

    static func statement(for batch: [(job: ClaimedJob, effect: AlertRaised)]) -> RaiseAlerts {
        RaiseAlerts(raised: batch.map { (job: $0.job.id, alert: $0.effect) })
    }
}

struct RaiseAlerts: Statement {
    static let sql = """
        WITH given AS (
            SELECT DISTINCT ON (ticket_id, threshold) *
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::jsonb[])
                 AS g (job_id, ticket_id, threshold, actor, detail)
            ORDER BY ticket_id, threshold, job_id
        ), raised AS (
            INSERT INTO kushim_jira.alerts (ticket_id, threshold, job_id)
            SELECT ticket_id, threshold, job_id FROM given
            ON CONFLICT DO NOTHING
            RETURNING ticket_id, threshold
        )
        INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, control_id, issue_key, actor, detail)
        SELECT t.customer_id, g.job_id, 'sla.alerted', t.control_id, t.issue_key, g.actor, g.detail
        FROM given g JOIN raised USING (ticket_id, threshold) JOIN kushim_jira.tickets t ON t.id = g.ticket_id
        ORDER BY g.job_id
        """
    let raised: [(job: Int64, alert: AlertRaised)]

    var parameters: [any PostgresEncodable] {
        [
            raised.map(\.job), raised.map(\.alert.alert.ticketID), raised.map(\.alert.alert.key),
            raised.map(\.alert.actor), raised.map { PostgresJSON(text: AuditDetail.text($0.alert.detail)) },
        ]
    }
}

/// Whether somebody was told already that this threshold was reached.
struct AlertIsRaised: Statement {
    static let sql = "SELECT EXISTS (SELECT FROM kushim_jira.alerts WHERE ticket_id = $1 AND threshold = $2)"
    let alert: SLAAlert

    var parameters: [any PostgresEncodable] { [alert.ticketID, alert.key] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool {
        try columns.next()
    }
}
