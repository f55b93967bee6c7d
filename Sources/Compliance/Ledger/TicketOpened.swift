import FoundationEssentials
import Jobs
import Postgres

/// The episode has its issue: made, or found after doubt.
struct TicketOpened: Effect {
    var ticketID: Int64
    var issue: IssueReference
    /// Its mark stands in its description, though the ledger may not know that it was asked for so.
    var isRequest = false
    /// The site that has it; nil where it may carry no mark that later proves it.
    var origin: String?
    /// By Jira's clock; nil if it was not read.
    var issueCreated: Date?
    /// It was surely made for this episode: a ticket that the ledger has under the same id has lost its issue.
    var isMade = false
    var actor = ""

    static func statement(for batch: [(job: ClaimedJob, effect: TicketOpened)]) -> OpenTickets {
        OpenTickets(opened: batch.map { (job: $0.job.id, ticket: $0.effect) })
    }
}

struct OpenTickets: Statement {
    static let sql = """
        WITH given AS (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[],
                                 $8::timestamptz[], $9::boolean[], $10::text[])
                          AS g (job_id, id, issue_id, issue_key, issue_url, requested, origin, issue_created_at, is_made, actor)
        ), bereft AS (
            -- Jira gives an id twice only if it was restored from a backup from before the first was given.
            UPDATE kushim_jira.tickets t
            SET state = 'deleted', resolved_at = coalesce(t.resolved_at, clock_timestamp()), status_seen_at = clock_timestamp()
            FROM given g
            WHERE g.is_made AND t.id <> g.id AND t.issue_id = g.issue_id AND t.state IN ('creating', 'open', 'done')
              AND split_part(t.issue_url, '/browse/', 1) = split_part(g.issue_url, '/browse/', 1)
            RETURNING t.id, t.customer_id, t.control_id, t.issue_key, t.resolved_at, t.due_at, t.episode, g.job_id, g.actor
        ), told AS (
            INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, control_id, issue_key, actor, detail)
            SELECT customer_id, job_id, 'ticket.deleted', control_id, issue_key, actor,
                   jsonb_build_object('how', 'Jira gave its id to a new issue: Jira was restored from a backup from before it was created',
                                      'resolvedAt', resolved_at, 'dueAt', due_at, 'episode', episode)
            FROM bereft ORDER BY id
        )
        UPDATE kushim_jira.tickets t
        SET state = 'open', issue_id = g.issue_id, issue_key = g.issue_key, issue_url = g.issue_url, in_doubt = false,
            opened_at = clock_timestamp(), status_seen_at = clock_timestamp(), requested = t.requested OR g.requested,
            origin = g.origin, issue_created_at = g.issue_created_at, held_because = NULL
        -- The id is free before it is taken.
        FROM given g CROSS JOIN (SELECT count(*) FROM bereft) AS freed
        -- Said so that no index serves that has all open tickets too: each is found by its id.
        WHERE t.id = g.id AND t.state || '' = 'creating'
        """
    let opened: [(job: Int64, ticket: TicketOpened)]

    var parameters: [any PostgresEncodable] {
        let tickets = opened.map(\.ticket)
        return [
            opened.map(\.job), tickets.map(\.ticketID), tickets.map(\.issue.id), tickets.map(\.issue.key),
            tickets.map(\.issue.url), tickets.map(\.isRequest), tickets.map(\.origin), tickets.map(\.issueCreated),
            tickets.map(\.isMade), tickets.map(\.actor),
        ]
    }
}
