package import Postgres

/// What must hold of ledger and audit log whenever no job is running; each row is a violation.
package enum Invariants {
    /// An accepted failure that did not end in exactly one of created, adopted, deduplicated, skipped, discarded, cancelled.
    package struct FailuresWithoutOneEnding: Statement {
        package static let sql = """
            SELECT f.job_id, f.state, count(a.id) FILTER (WHERE a.action LIKE 'ticket.%'),
                   count(a.id) FILTER (WHERE a.action = 'job.' || f.state)
            FROM kushim_jira.finished f
            JOIN kushim_jira.jobs j ON j.id = f.job_id AND j.kind = 'compliance_failure'
            LEFT JOIN kushim_jira.audit_log a ON a.job_id = f.job_id
                 AND a.action IN ('ticket.created', 'ticket.adopted', 'ticket.deduplicated', 'ticket.skipped',
                                  'job.discarded', 'job.cancelled')
            GROUP BY f.job_id, f.state
            HAVING count(a.id) FILTER (WHERE a.action LIKE 'ticket.%') <> (f.state = 'completed')::integer
                OR f.state <> 'completed' AND count(a.id) FILTER (WHERE a.action = 'job.' || f.state) = 0
            ORDER BY f.job_id
            """

        package struct Row: Sendable, Hashable {
            package let jobID: Int64
            package let state: String
            package let endings: Int64
            /// Records that it was given up or cancelled.
            package let discards: Int64
        }

        package init() {}

        package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
            try Row(jobID: columns.next(), state: columns.next(), endings: columns.next(), discards: columns.next())
        }
    }

    /// An episode without an issue that no unfinished job is at: a failure without a ticket.
    package struct ForsakenEpisodes: Statement {
        package static let sql = """
            SELECT t.id, t.control_id, t.in_doubt FROM kushim_jira.tickets t
            WHERE t.state = 'creating'
              AND NOT EXISTS (SELECT FROM kushim_jira.jobs o WHERE o.id = t.job_id
                              AND NOT EXISTS (SELECT FROM kushim_jira.finished x WHERE x.job_id = o.id))
            ORDER BY t.id
            """

        package struct Row: Sendable, Hashable {
            package let ticketID: Int64
            package let controlID: String
            package let isInDoubt: Bool
        }

        package init() {}

        package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
            try Row(ticketID: columns.next(), controlID: columns.next(), isInDoubt: columns.next())
        }
    }

    /// A control with more than one open episode, or an issue that stands for more than one.
    package struct DoubledEpisodes: Statement {
        package static let sql = """
            SELECT customer_id, control_id, count(*) FROM kushim_jira.tickets
            WHERE state IN ('creating', 'open') AND deduplicated
            GROUP BY customer_id, control_id, resource HAVING count(*) > 1
            UNION ALL
            SELECT min(customer_id), min(control_id), count(*) FROM kushim_jira.tickets
            WHERE issue_id IS NOT NULL AND state NOT IN ('deleted', 'left') GROUP BY issue_id, issue_url HAVING count(*) > 1
            """

        package struct Row: Sendable, Hashable {
            package let customerID: String
            package let controlID: String
            package let count: Int64
        }

        package init() {}

        package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
            try Row(customerID: columns.next(), controlID: columns.next(), count: columns.next())
        }
    }
}
