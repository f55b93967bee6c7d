package import Postgres

/// Lets the jobs that wait find out whether what was wrong is mended: after a start or a reload of the configuration, instead of
/// when the gate's time is over. What Jira asked for is heeded all the same.
package struct ProbeGatesNow: Statement {
    package static let sql = """
        WITH shut AS (
            UPDATE kushim_jira.gates SET closed_until = clock_timestamp() WHERE cause <> 'rate_limited'
        ), waiting AS MATERIALIZED (
            SELECT job_id FROM kushim_jira.scheduled
            WHERE starts_with(reason, $1) AND run_at > clock_timestamp() FOR UPDATE SKIP LOCKED
        )
        UPDATE kushim_jira.scheduled s SET run_at = clock_timestamp() + make_interval(secs => $2 + random())
        FROM waiting WHERE s.job_id = waiting.job_id
        """

    /// A job that came sooner would meet what some worker last read of the gates, and wait for as long as that says.
    private let pause: Duration

    package init() {
        self.init(freshness: GateTiming().freshness)
    }

    init(freshness: Duration) {
        pause = freshness * 1.5
    }

    package var parameters: [any PostgresEncodable] { [NotNow.beforeGate, pause / .seconds(1)] }
}
