import FoundationEssentials
import Jira
import Jobs
import Postgres

/// The ticket was seen done in Jira, or gone from it, or the customer has moved away from its site.
///
/// The records are written by the same statement, for the row that really changed: whoever notices first writes them, and
/// nobody twice. As an effect it is written when a job settles; a failure that opens the next episode executes it before.
struct TicketEnded: Effect {
    enum How: String, Sendable {
        case done, deleted, left
    }

    var ticketID: Int64
    var how: How
    /// When Jira says it was done, by its clock.
    var at: Date?
    /// The same by this process's clock, which goes before. Neither: now.
    var since: ContinuousClock.Instant?
    /// Jira did not tell it exactly: it was done by then at the latest.
    var isEstimate = false
    var actor: String
    var detail: [String: JSONValue]

    init(ticketID: Int64, how: How, at: Date?, actor: String, detail: [String: JSONValue]) {
        self.ticketID = ticketID
        self.how = how
        self.at = at
        self.actor = actor
        self.detail = detail
    }

    static func statement(for batch: [(job: ClaimedJob, effect: TicketEnded)]) -> EndTickets {
        EndTickets(ended: batch.map { (job: $0.job.id, ticket: $0.effect) })
    }
}

struct EndTickets: Statement {
    static let sql = """
        WITH given AS (
            SELECT DISTINCT ON (id) *
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::float8[], $6::boolean[], $7::text[],
                        $8::jsonb[])
                 AS g (job_id, id, state, at, age, estimated, actor, detail) ORDER BY id, job_id
        ), ended AS (
            UPDATE kushim_jira.tickets t
            SET state = g.state, status_seen_at = clock_timestamp(), resolution = g.detail ->> 'resolution',
                resolved_at = CASE WHEN g.state = 'left' THEN t.resolved_at ELSE
                    coalesce(t.resolved_at, greatest(t.opened_at,
                             least(coalesce(clock_timestamp() - make_interval(secs => g.age), g.at, clock_timestamp()),
                                   clock_timestamp()))) END,
                resolved_at_estimated = CASE WHEN t.resolved_at IS NULL THEN g.estimated ELSE t.resolved_at_estimated END
            FROM given g
            WHERE t.id = g.id AND (t.state = 'open' OR t.state = 'done' AND g.state IN ('deleted', 'left'))
            RETURNING t.*, g.job_id AS seen_by, g.actor, g.detail
        ), records AS (
            SELECT 1 AS place, id, customer_id, seen_by,
                   CASE state WHEN 'done' THEN 'ticket.resolved' WHEN 'left' THEN 'ticket.moved'
                              ELSE 'ticket.deleted' END AS action,
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
            ended.map { $0.ticket.since.map { $0.duration(to: .now) / .seconds(1) } }, ended.map(\.ticket.isEstimate),
            ended.map(\.ticket.actor), ended.map { PostgresJSON(text: AuditDetail.text($0.ticket.detail)) },
        ]
    }
}
