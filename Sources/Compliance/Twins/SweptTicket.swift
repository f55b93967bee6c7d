import Jobs
import Postgres

/// An open ticket whose twins are looked for.
struct SweptTicket: Sendable {
    var id: Int64
    var customerID: String
    var controlID: String
    var mark: TicketMark
    var issueID: String
    var issueKey: String
}

extension SweptTicket {
    /// In the order in which both statements name them.
    fileprivate init(_ columns: inout ColumnReader) throws(PostgresError) {
        try self.init(
            id: columns.next(), customerID: columns.next(), controlID: columns.next(),
            mark: TicketMark(fingerprint: Fingerprint(hex: columns.next()), mayStandInText: columns.next()),
            issueID: columns.next(), issueKey: columns.next())
    }
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
        RETURNING t.id, t.customer_id, t.control_id, t.fingerprint, t.requested, t.issue_id, t.issue_key
        """
    let limit: Int64

    var parameters: [any PostgresEncodable] { [limit] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> SweptTicket {
        try SweptTicket(&columns)
    }
}

/// Open tickets in the order of their ids, page by page.
struct ListTicketsToSweep: Statement {
    static let sql = """
        SELECT id, customer_id, control_id, fingerprint, requested, issue_id, issue_key
        FROM kushim_jira.tickets WHERE state = 'open' AND id > $1 ORDER BY id LIMIT $2
        """
    let after: Int64
    let limit: Int64

    var parameters: [any PostgresEncodable] { [after, limit] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> SweptTicket {
        try SweptTicket(&columns)
    }
}

/// What a look for twins found, and when to look again. Returns the tickets of which something is new.
struct RecordTwins: Statement {
    static let sql = """
        WITH given AS (
            SELECT id, issue_key, issue_url, string_to_array(twins, ' ') AS twins
            FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS g (id, issue_key, issue_url, twins)
        ), before AS (
            SELECT t.id, t.twins, t.issue_key FROM kushim_jira.tickets t JOIN given g USING (id) ORDER BY t.id FOR UPDATE OF t
        )
        UPDATE kushim_jira.tickets t
        SET twins = g.twins, twins_due_at = clock_timestamp() + interval '1 day',
            issue_key = g.issue_key, issue_url = g.issue_url
        FROM given g JOIN before b USING (id)
        WHERE t.id = g.id AND t.state = 'open'
        RETURNING t.id, b.twins <> t.twins, b.issue_key <> t.issue_key
        """
    let findings: [TwinSweep.Finding]

    /// Issue keys hold no spaces.
    var parameters: [any PostgresEncodable] {
        [
            findings.map(\.ticket.id), findings.map(\.issueKey), findings.map(\.issueURL),
            findings.map { $0.twins.joined(separator: " ") },
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
