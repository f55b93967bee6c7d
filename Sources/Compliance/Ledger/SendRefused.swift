import Jobs
import Postgres

/// The create request surely had no effect: the next one needs no search.
///
/// An older doubt cannot be wiped out by it: whoever sends has settled that first, and holds the lease until this is written.
struct SendRefused: Effect {
    var ticketID: Int64
    /// The number of sends, this one among them.
    var sends: Int
    /// Jira itself said so; else nothing was sent.
    var isJirasWord = false

    static func statement(for batch: [(job: ClaimedJob, effect: SendRefused)]) -> ClearDoubts {
        ClearDoubts(refused: batch.map(\.effect))
    }
}

struct ClearDoubts: Statement {
    static let sql = """
        UPDATE kushim_jira.tickets t
        SET in_doubt = false, unproven = CASE WHEN g.is_jiras_word THEN 0 ELSE t.unproven END
        FROM unnest($1::bigint[], $2::integer[], $3::boolean[]) AS g (id, sends, is_jiras_word)
        WHERE t.id = g.id AND t.sends = g.sends AND t.state || '' = 'creating'
        """
    let refused: [SendRefused]

    var parameters: [any PostgresEncodable] {
        [refused.map(\.ticketID), refused.map { Int32(clamping: $0.sends) }, refused.map(\.isJirasWord)]
    }
}
