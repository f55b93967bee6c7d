import Jobs
import Postgres

/// The create request surely had no effect: the next one needs no search.
///
/// An older doubt cannot be wiped out by it: whoever sends has settled that first, and holds the lease until this is written.
struct SendRefused: Effect {
    var ticketID: Int64
    /// The number of sends, this one among them.
    var sends: Int

    static func statement(for batch: [(job: ClaimedJob, effect: SendRefused)]) -> ClearDoubts {
        ClearDoubts(refused: batch.map(\.effect))
    }
}

struct ClearDoubts: Statement {
    static let sql = """
        UPDATE kushim_jira.tickets t SET in_doubt = false
        FROM unnest($1::bigint[], $2::integer[]) AS g (id, sends)
        WHERE t.id = g.id AND t.sends = g.sends AND t.state || '' = 'creating'
        """
    let refused: [SendRefused]

    var parameters: [any PostgresEncodable] {
        [refused.map(\.ticketID), refused.map { Int32(clamping: $0.sends) }]
    }
}
