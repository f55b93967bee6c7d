import Postgres

/// Lets the next job find out whether what a person had to mend is mended: after a start or a reload of the configuration,
/// instead of when the gate's time is over.
package struct ProbeGatesNow: Statement {
    package static let sql = """
        UPDATE kushim_jira.gates SET closed_until = clock_timestamp() WHERE cause IN ('credentials', 'configuration')
        """

    package init() {}
}
