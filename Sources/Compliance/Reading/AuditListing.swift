package import FoundationEssentials
package import Jobs
package import Postgres

/// A record of the audit log, as commands print it.
package struct AuditEntry: Sendable {
    package var id: Int64
    package var recordedAt: Date
    package var customerID: String
    package var jobID: Int64?
    package var action: String
    package var controlID: String?
    package var issueKey: String?
    package var actor: String
    /// A JSON object.
    package var detail: PostgresJSON
}

/// Which records to list; nil lists all.
package struct AuditFilter: Sendable {
    package var customer: String?
    package var control: String?
    package var action: String?
    package var issueKey: String?
    package var jobID: Int64?
    package var recorded: TimeRange
    package var limit: Int

    package init(
        customer: String? = nil, control: String? = nil, action: String? = nil, issueKey: String? = nil,
        jobID: Int64? = nil, recorded: TimeRange = TimeRange(), limit: Int = 100
    ) {
        self.customer = customer
        self.control = control
        self.action = action
        self.issueKey = issueKey
        self.jobID = jobID
        self.recorded = recorded
        self.limit = limit
    }
}

/// The newest records that match, in the order in which they were written.
package struct ListAuditEntries: Statement {
    package typealias Row = AuditEntry

    package var filter: AuditFilter

    package init(_ filter: AuditFilter) {
        self.filter = filter
    }

    package static let sql = """
        SELECT id, recorded_at, customer_id, job_id, action, control_id, issue_key, actor, detail
        FROM (SELECT * FROM kushim_jira.audit_log
              WHERE ($1::text IS NULL OR customer_id = $1)
                AND ($2::text IS NULL OR control_id = $2)
                AND ($3::text IS NULL OR action = $3)
                AND ($4::text IS NULL OR issue_key = $4)
                AND ($5::bigint IS NULL OR job_id = $5)
                AND recorded_at >= coalesce($6::timestamptz, clock_timestamp() - make_interval(secs => $7::float8), '-infinity')
                AND recorded_at < coalesce($8::timestamptz, clock_timestamp() - make_interval(secs => $9::float8), 'infinity')
              ORDER BY id DESC
              LIMIT $10) AS newest
        ORDER BY id
        """

    package var parameters: [any PostgresEncodable] {
        [filter.customer, filter.control, filter.action, filter.issueKey, filter.jobID] + filter.recorded.parameters
            + [Int64(filter.limit)]
    }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> AuditEntry {
        try AuditEntry(
            id: columns.next(), recordedAt: columns.next(), customerID: columns.next(), jobID: columns.next(),
            action: columns.next(), controlID: columns.next(), issueKey: columns.next(), actor: columns.next(),
            detail: columns.next())
    }
}
