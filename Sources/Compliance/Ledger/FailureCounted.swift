import FoundationEssentials
import Jobs
import Postgres

/// The control failed again while its ticket was open.
struct FailureCounted: Effect {
    var ticketID: Int64
    /// When it was detected.
    var failedAt: Date
    /// Whether Jira was asked for the ticket's status, and it was not done.
    var sawStatus: Bool

    static func statement(for batch: [(job: ClaimedJob, effect: FailureCounted)]) -> CountFailures {
        CountFailures(counted: batch.map(\.effect))
    }
}

struct CountFailures: Statement {
    static let sql = """
        UPDATE kushim_jira.tickets t
        SET failure_count = t.failure_count + g.failures, last_failed_at = greatest(t.last_failed_at, g.failed_at),
            passed_at = CASE WHEN t.passed_at > g.failed_at THEN t.passed_at END,
            status_seen_at = CASE WHEN g.saw THEN clock_timestamp() ELSE t.status_seen_at END
        FROM (SELECT id, count(*)::integer AS failures, max(failed_at) AS failed_at, bool_or(saw) AS saw
              FROM unnest($1::bigint[], $2::timestamptz[], $3::boolean[]) AS each (id, failed_at, saw) GROUP BY id) AS g
        WHERE t.id = g.id
        """
    let counted: [FailureCounted]

    var parameters: [any PostgresEncodable] {
        [counted.map(\.ticketID), counted.map(\.failedAt), counted.map(\.sawStatus)]
    }
}
