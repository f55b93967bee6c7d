import Jobs
import Postgres

/// A create request was answered, or left without an answer, in a way that does not tell whether an issue was made. The doubt
/// itself stands since before the request.
struct UnprovenSend: Effect {
    var ticketID: Int64
    /// What came instead of Jira's word.
    var answer: String

    static func statement(for batch: [(job: ClaimedJob, effect: UnprovenSend)]) -> NoteUnprovenSends {
        NoteUnprovenSends(sends: batch.map(\.effect))
    }
}

struct NoteUnprovenSends: Statement {
    static let sql = """
        UPDATE kushim_jira.tickets t SET unproven = t.unproven + 1, last_answer = g.answer
        FROM unnest($1::bigint[], $2::text[]) AS g (id, answer)
        WHERE t.id = g.id AND t.state || '' = 'creating'
        """
    let sends: [UnprovenSend]

    var parameters: [any PostgresEncodable] { [sends.map(\.ticketID), sends.map(\.answer)] }
}

/// What the requests for a ticket or a comment have met so far.
struct SendTrouble: Sendable {
    /// Create requests in a row whose answers did not tell what they did.
    var unproven: Int
    var lastAnswer: String?
    /// Why it waits alone.
    var heldBecause: String?

    static let none = SendTrouble(unproven: 0)

    /// Why its job waits before another request.
    func words(of request: String) -> String {
        guard let lastAnswer else {
            return "the answer to a \(request) was lost; looking for its effect before sending another"
        }
        return
            "what became of a \(request) is not known; looking for its effect before sending another. The answer: \(lastAnswer)"
    }
}

struct ReadSendTrouble: Statement {
    static let sql = "SELECT unproven, last_answer, held_because FROM kushim_jira.tickets WHERE id = $1"
    let ticketID: Int64

    var parameters: [any PostgresEncodable] { [ticketID] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> SendTrouble {
        let unproven: Int32 = try columns.next()
        return try SendTrouble(unproven: Int(unproven), lastAnswer: columns.next(), heldBecause: columns.next())
    }
}

/// Whether others got their issues in a project since a time at which one failure was refused there: then the refusals are its
/// own. The ledger knows it of all workers of all hosts.
struct OthersPassed: Statement {
    static let sql = """
        SELECT EXISTS (
            SELECT FROM kushim_jira.tickets o
            WHERE o.opened_at > clock_timestamp() - make_interval(secs => $3) AND o.project_key = $2 AND o.id <> $1
              AND o.sends > 0 AND split_part(o.issue_url, '/browse/', 1) = split_part($4, '/browse/', 1))
        """
    let ticketID: Int64
    let project: String
    let since: Duration
    /// Any issue's address at the same site.
    let url: String

    var parameters: [any PostgresEncodable] { [ticketID, project, since / .seconds(1), url] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool {
        try columns.next()
    }
}
