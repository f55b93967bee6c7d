import FoundationEssentials
import Jira
import Jobs
import Postgres

/// The ticket was seen done in Jira, or gone from it.
///
/// The records are written by the same statement, for the row that really changed: whoever notices first writes them, and
/// nobody twice. As an effect it is written when a job settles; a failure that opens the next episode executes it before.
struct TicketEnded: Effect {
    enum How: String, Sendable {
        case done, deleted
    }

    var ticketID: Int64
    var how: How
    /// When Jira says it was done; nil if it does not say: then now.
    var at: Date?
    var actor: String
    var detail: [String: JSONValue]

    static func statement(for batch: [(job: ClaimedJob, effect: TicketEnded)]) -> EndTickets {
        EndTickets(ended: batch.map { (job: $0.job.id, ticket: $0.effect) })
    }
}

struct EndTickets: Statement {
    static let sql = """
        WITH given AS (
            SELECT DISTINCT ON (id) *
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::jsonb[])
                 AS g (job_id, id, state, at, actor, detail) ORDER BY id, job_id
        ), ended AS (
            UPDATE kushim_jira.tickets t
            SET state = g.state, status_seen_at = clock_timestamp(), resolution = g.detail ->> 'resolution',
                resolved_at = coalesce(t.resolved_at, greatest(t.opened_at,
                                       least(coalesce(g.at, clock_timestamp()), clock_timestamp())))
            FROM given g WHERE t.id = g.id AND (t.state = 'open' OR t.state = 'done' AND g.state = 'deleted')
            RETURNING t.*, g.job_id AS seen_by, g.actor, g.detail
        ), records AS (
            SELECT 1 AS place, id, customer_id, seen_by,
                   CASE state WHEN 'done' THEN 'ticket.resolved' ELSE 'ticket.deleted' END AS action,
                   control_id, issue_key, actor,
                   detail || jsonb_build_object('resolvedAt', resolved_at, 'dueAt', due_at, 'episode', episode) AS detail
            FROM ended
            UNION ALL
            SELECT 2, id, customer_id, seen_by, 'sla.met', control_id, issue_key, actor,
                   jsonb_build_object('resolvedAt', resolved_at, 'dueAt', due_at, 'severity', severity)
            FROM ended WHERE state = 'done' AND resolved_at <= due_at
        )
        INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, control_id, issue_key, actor, detail)
        SELECT customer_id, seen_by, action, control_id, issue_key, actor, detail FROM records ORDER BY id, place
        """
    let ended: [(job: Int64, ticket: TicketEnded)]

    var parameters: [any PostgresEncodable] {
        [
            ended.map(\.job), ended.map(\.ticket.ticketID), ended.map(\.ticket.how.rawValue), ended.map(\.ticket.at),
            ended.map(\.ticket.actor), ended.map { PostgresJSON(text: AuditDetail.text($0.ticket.detail)) },
        ]
    }
}
