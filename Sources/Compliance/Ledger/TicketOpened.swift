import Jobs
import Postgres

/// The episode has its issue: made, or found after doubt.
struct TicketOpened: Effect {
    var ticketID: Int64
    var issue: IssueReference
    /// Its mark stands in its description, though the ledger may not know that it was asked for so.
    var isRequest = false

    static func statement(for batch: [(job: ClaimedJob, effect: TicketOpened)]) -> OpenTickets {
        OpenTickets(opened: batch.map(\.effect))
    }
}

struct OpenTickets: Statement {
    static let sql = """
        UPDATE kushim_jira.tickets t
        SET state = 'open', issue_id = g.issue_id, issue_key = g.issue_key, issue_url = g.issue_url, in_doubt = false,
            opened_at = clock_timestamp(), status_seen_at = clock_timestamp(), requested = t.requested OR g.requested
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[])
             AS g (id, issue_id, issue_key, issue_url, requested)
        -- Said so that no index serves that has all open tickets too: each is found by its id.
        WHERE t.id = g.id AND t.state || '' = 'creating'
        """
    let opened: [TicketOpened]

    var parameters: [any PostgresEncodable] {
        [
            opened.map(\.ticketID), opened.map(\.issue.id), opened.map(\.issue.key), opened.map(\.issue.url),
            opened.map(\.isRequest),
        ]
    }
}
