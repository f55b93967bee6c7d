package import FoundationEssentials
package import Jobs
package import Postgres

/// A row of the ledger, as commands print it.
package struct LedgerTicket: Sendable, Encodable {
    package var id: Int64
    package var customerID: String
    package var controlID: String
    package var resource: String
    package var state: String
    package var severity: String
    package var controlTitle: String
    package var projectKey: String
    package var issueID: String?
    package var issueKey: String?
    package var issueURL: String?
    package var fingerprint: String
    package var episode: Int
    package var jobID: Int64
    package var dueAt: Date
    package var createdAt: Date
    package var resolvedAt: Date?
    /// As Jira calls it; of a ticket that is done.
    package var resolution: String?
    package var failureCount: Int
    package var lastFailedAt: Date
    package var passedAt: Date?
    /// Create requests that were sent for it; more than one means that an outcome was in doubt or refused.
    package var sends: Int
    /// The keys of other issues that carry its mark, as the last sweep found them.
    package var twins: [String]
    /// Seconds until it is due, by the database's clock; negative once it is late.
    package var secondsLeft: Double
}

/// Which tickets to list; nil lists all.
package struct TicketFilter: Sendable {
    package var customer: String?
    package var control: String?
    package var state: String?
    package var severity: String?
    package var issueKey: String?
    package var created: TimeRange
    package var limit: Int

    package init(
        customer: String? = nil, control: String? = nil, state: String? = nil, severity: String? = nil,
        issueKey: String? = nil, created: TimeRange = TimeRange(), limit: Int = 50
    ) {
        self.customer = customer
        self.control = control
        self.state = state
        self.severity = severity
        self.issueKey = issueKey
        self.created = created
        self.limit = limit
    }
}

/// The newest tickets first.
package struct ListTickets: Statement {
    package typealias Row = LedgerTicket

    package var filter: TicketFilter

    package init(_ filter: TicketFilter) {
        self.filter = filter
    }

    package static let sql = """
        SELECT id, customer_id, control_id, resource, state, severity, control_title, project_key,
               issue_id, issue_key, issue_url, fingerprint, episode, job_id, due_at, created_at, resolved_at, resolution,
               failure_count, last_failed_at, passed_at, sends, twins,
               extract(epoch FROM due_at - coalesce(resolved_at, clock_timestamp()))::float8
        FROM kushim_jira.tickets
        WHERE ($1::text IS NULL OR customer_id = $1)
          AND ($2::text IS NULL OR control_id = $2)
          AND ($3::text IS NULL OR state = $3)
          AND ($4::text IS NULL OR severity = $4)
          AND ($5::text IS NULL OR issue_key = $5)
          AND created_at >= coalesce($6::timestamptz, clock_timestamp() - make_interval(secs => $7::float8), '-infinity')
          AND created_at < coalesce($8::timestamptz, clock_timestamp() - make_interval(secs => $9::float8), 'infinity')
        ORDER BY id DESC
        LIMIT $10
        """

    package var parameters: [any PostgresEncodable] {
        [filter.customer, filter.control, filter.state, filter.severity, filter.issueKey] + filter.created.parameters
            + [Int64(filter.limit)]
    }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> LedgerTicket {
        try LedgerTicket(
            id: columns.next(), customerID: columns.next(), controlID: columns.next(), resource: columns.next(),
            state: columns.next(), severity: columns.next(), controlTitle: columns.next(), projectKey: columns.next(),
            issueID: columns.next(), issueKey: columns.next(), issueURL: columns.next(), fingerprint: columns.next(),
            episode: Int(columns.next(as: Int32.self)), jobID: columns.next(), dueAt: columns.next(),
            createdAt: columns.next(), resolvedAt: columns.next(), resolution: columns.next(),
            failureCount: Int(columns.next(as: Int32.self)), lastFailedAt: columns.next(), passedAt: columns.next(),
            sends: Int(columns.next(as: Int32.self)), twins: columns.next(), secondsLeft: columns.next())
    }
}
