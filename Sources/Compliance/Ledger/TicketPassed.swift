import FoundationEssentials
import Jobs
import Postgres

/// The control of an open ticket passes again.
struct TicketPassed: Effect {
    var ticketID: Int64
    var passedAt: Date

    static func statement(for batch: [(job: ClaimedJob, effect: TicketPassed)]) -> NotePasses {
        NotePasses(passed: batch.map(\.effect))
    }
}

struct NotePasses: Statement {
    static let sql = """
        UPDATE kushim_jira.tickets t SET passed_at = g.passed_at
        FROM (SELECT id, max(passed_at) AS passed_at
              FROM unnest($1::bigint[], $2::timestamptz[]) AS each (id, passed_at) GROUP BY id) AS g
        WHERE t.id = g.id AND g.passed_at >= t.last_failed_at
        """
    let passed: [TicketPassed]

    var parameters: [any PostgresEncodable] { [passed.map(\.ticketID), passed.map(\.passedAt)] }
}
