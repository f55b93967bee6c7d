import Jira
import Jobs
import Postgres

/// A failure waits alone, while others of its project get their tickets. The record is written by the same statement, once for
/// each reason.
struct TicketHeld: Effect {
    var ticketID: Int64
    var reason: String
    var remedy: String
    var scope: GateScope
    var actor: String

    static func statement(for batch: [(job: ClaimedJob, effect: TicketHeld)]) -> HoldTickets {
        HoldTickets(held: batch.map { (job: $0.job.id, ticket: $0.effect) })
    }
}

struct HoldTickets: Statement {
    static let sql = """
        WITH held AS (
            UPDATE kushim_jira.tickets t SET held_because = g.reason
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::jsonb[], $5::text[]) AS g (job_id, id, reason, detail, actor)
            WHERE t.id = g.id AND t.state || '' = 'creating' AND t.held_because IS DISTINCT FROM g.reason
            RETURNING t.id, t.customer_id, t.control_id, g.job_id, g.detail, g.actor
        )
        INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, control_id, actor, detail)
        SELECT customer_id, job_id, '\(AuditAction.ticketHeld.rawValue)', control_id, actor, detail FROM held ORDER BY id
        """
    let held: [(job: Int64, ticket: TicketHeld)]

    var parameters: [any PostgresEncodable] {
        [
            held.map(\.job), held.map(\.ticket.ticketID), held.map(\.ticket.reason),
            held.map { held in
                let detail: [String: JSONValue] = [
                    "reason": .string(held.ticket.reason), "remedy": .string(held.ticket.remedy),
                    "scope": .string(held.ticket.scope.description),
                ]
                return PostgresJSON(text: AuditDetail.text(detail))
            },
            held.map(\.ticket.actor),
        ]
    }
}
