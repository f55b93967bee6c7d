import FoundationEssentials
import Jira
import Jobs
import Postgres

/// The control of an open ticket failed with a higher severity: the ticket's becomes that, and its due date comes forward. The
/// record is written by the same statement, for the row that really changed.
struct TicketEscalated: Effect {
    var ticketID: Int64
    var severity: Severity
    /// By the new severity; the ticket keeps its own if that is sooner.
    var dueAt: Date
    /// Of the new due date, as JSON has them.
    var alerts: JSONValue
    var actor: String

    static func statement(for batch: [(job: ClaimedJob, effect: TicketEscalated)]) -> EscalateTickets {
        EscalateTickets(escalated: batch.map { (job: $0.job.id, ticket: $0.effect) })
    }
}

struct EscalateTickets: Statement {
    static let sql = """
        WITH ranks AS (
            SELECT * FROM (VALUES ('low', 0), ('medium', 1), ('high', 2), ('critical', 3)) AS r (severity, rank)
        ), given AS (
            SELECT DISTINCT ON (g.id) g.*, r.rank
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::jsonb[])
                 AS g (job_id, id, severity, due_at, actor, alerts) JOIN ranks r USING (severity)
            ORDER BY g.id, r.rank DESC, g.due_at
        ), escalated AS (
            UPDATE kushim_jira.tickets t SET severity = g.severity, due_at = least(t.due_at, g.due_at)
            FROM given g JOIN kushim_jira.tickets o ON o.id = g.id JOIN ranks r ON r.severity = o.severity
            WHERE t.id = o.id AND t.state = 'open' AND t.severity = o.severity AND r.rank < g.rank
            RETURNING t.*, g.job_id AS seen_by, g.actor, g.alerts, o.severity AS former_severity, o.due_at AS former_due_at
        )
        INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, control_id, issue_key, actor, detail)
        SELECT customer_id, seen_by, 'ticket.escalated', control_id, issue_key, actor,
               jsonb_build_object('from', former_severity, 'to', severity, 'dueAt', due_at, 'previousDueAt', former_due_at,
                                  'alerts', alerts)
        FROM escalated ORDER BY id
        """
    let escalated: [(job: Int64, ticket: TicketEscalated)]

    var parameters: [any PostgresEncodable] {
        [
            escalated.map(\.job), escalated.map(\.ticket.ticketID), escalated.map(\.ticket.severity.rawValue),
            escalated.map(\.ticket.dueAt), escalated.map(\.ticket.actor),
            escalated.map { PostgresJSON(text: $0.ticket.alerts.description) },
        ]
    }
}
