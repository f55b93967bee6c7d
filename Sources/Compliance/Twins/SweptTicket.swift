import Jobs
import Postgres

/// An open ticket whose twins are looked for.
struct SweptTicket: Sendable {
    var customerID: String
    var controlID: String
    var known: KnownIssue

    var id: Int64 { known.ticketID }
}

extension SweptTicket {
    /// In the order in which both statements name them.
    fileprivate init?(_ columns: inout ColumnReader) throws(PostgresError) {
        let customerID: String = try columns.next()
        let controlID: String = try columns.next()
        guard let known = try KnownIssue(&columns) else { return nil }
        self.init(customerID: customerID, controlID: controlID, known: known)
    }

    fileprivate static let columns = "t.customer_id, t.control_id, \(KnownIssue.columns(of: "t"))"
}

/// Takes the open tickets whose turn it is, for ten minutes: no other daemon looks for the same ones meanwhile, and a daemon
/// that dies over it leaves them to the next.
struct TakeTicketsToSweep: Statement {
    static let sql = """
        UPDATE kushim_jira.tickets t SET twins_due_at = clock_timestamp() + interval '10 minutes'
        WHERE t.id = ANY (ARRAY(
            SELECT id FROM kushim_jira.tickets
            WHERE state = 'open' AND twins_due_at <= statement_timestamp()
            ORDER BY twins_due_at LIMIT $1 FOR UPDATE SKIP LOCKED))
        RETURNING \(SweptTicket.columns)
        """
    let limit: Int64

    var parameters: [any PostgresEncodable] { [limit] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> SweptTicket? {
        try SweptTicket(&columns)
    }
}

/// Open tickets in the order of their ids, page by page.
struct ListTicketsToSweep: Statement {
    static let sql = """
        SELECT \(SweptTicket.columns)
        FROM kushim_jira.tickets t WHERE t.state = 'open' AND t.id > $1 ORDER BY t.id LIMIT $2
        """
    let after: Int64
    let limit: Int64

    var parameters: [any PostgresEncodable] { [after, limit] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> SweptTicket? {
        try SweptTicket(&columns)
    }
}

/// What a look for twins found, and when to look again; recorded where something is new. Returns those tickets.
struct RecordTwins: Statement {
    static let sql = """
        WITH given AS (
            SELECT id, issue_key, issue_url, string_to_array(twins, ' ') AS twins
            FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS g (id, issue_key, issue_url, twins)
        ), before AS (
            SELECT t.id, t.twins, t.issue_key, t.issue_url FROM kushim_jira.tickets t JOIN given g USING (id) ORDER BY t.id FOR UPDATE OF t
        ), swept AS (
            UPDATE kushim_jira.tickets t
            SET twins = g.twins, twins_due_at = clock_timestamp() + interval '1 day',
                issue_key = g.issue_key, issue_url = g.issue_url
            FROM given g JOIN before b USING (id)
            WHERE t.id = g.id AND t.state = 'open'
            RETURNING t.id, t.customer_id, t.control_id, t.issue_key, t.issue_url, t.twins,
                      b.twins <> t.twins AS has_new_twins, b.issue_url <> t.issue_url AS was_moved,
                      b.issue_key AS former_key, b.issue_url AS former_url
        ), told AS (
            INSERT INTO kushim_jira.audit_log (customer_id, action, control_id, issue_key, actor, detail)
            SELECT customer_id, 'ticket.moved', control_id, issue_key, $5,
                   jsonb_build_object('from', former_key, 'to', issue_key, 'fromUrl', former_url, 'toUrl', issue_url)
            FROM swept WHERE was_moved
            UNION ALL
            SELECT customer_id, 'ticket.twins', control_id, issue_key, $5, jsonb_build_object('twins', twins)
            FROM swept WHERE has_new_twins AND twins <> '{}'
        )
        SELECT id, has_new_twins, was_moved FROM swept
        """
    let findings: [TwinSweep.Finding]
    let actor: String

    /// Issue keys hold no spaces.
    var parameters: [any PostgresEncodable] {
        [
            findings.map(\.ticket.id), findings.map(\.issueKey), findings.map(\.issueURL),
            findings.map { $0.twins.joined(separator: " ") }, actor,
        ]
    }

    struct Row: Sendable {
        let ticketID: Int64
        let hasNewTwins: Bool
        let wasMoved: Bool
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        try Row(ticketID: columns.next(), hasNewTwins: columns.next(), wasMoved: columns.next())
    }
}
