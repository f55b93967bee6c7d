package import Postgres

/// Lets the jobs that wait find out whether what was wrong is mended, and those of a customer who was paused whether that is over:
/// after a start, a reload of the configuration or a word of an operator, instead of when their time is over.
package struct ProbeGatesNow: Statement {
    package static let sql = """
        WITH shut AS (
            UPDATE kushim_jira.gates SET closed_until = clock_timestamp() WHERE cause <> 'rate_limited' OR $3 RETURNING scope
        ), waiting AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.scheduled
            WHERE starts_with(reason, $1) AND run_at > clock_timestamp() FOR UPDATE SKIP LOCKED
        ), woken AS (
            -- They begin anew: how often they were put off says nothing of what comes now.
            UPDATE kushim_jira.scheduled s
            SET run_at = clock_timestamp() + make_interval(secs => $2 + random()), placed_at = clock_timestamp(), snoozes = 0
            FROM waiting WHERE s.job_id = waiting.job_id RETURNING s.customer_id
        )
        SELECT (SELECT coalesce(array_agg(scope ORDER BY scope), '{}') FROM shut), (SELECT count(*) FROM woken)
        """

    package struct Row: Sendable {
        /// The scopes of the gates that are tried.
        package let gates: [String]
        /// How many jobs run soon.
        package let jobs: Int64
    }

    /// A job that came sooner would meet what some worker last read of the gates, and wait for as long as that says.
    private let pause: Duration
    private let includesRateLimits: Bool

    /// - Parameter includesRateLimits: whether also what Jira's rate limits shut is tried. Only an operator can know that the wait which
    ///   Jira asked for is not needed.
    package init(includesRateLimits: Bool = false) {
        pause = GateTiming().freshness * 1.5
        self.includesRateLimits = includesRateLimits
    }

    package var parameters: [any PostgresEncodable] { [NotNow.waiting, pause / .seconds(1), includesRateLimits] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(gates: try columns.next(), jobs: try columns.next())
    }
}
