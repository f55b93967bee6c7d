package import Postgres

/// A person lets go of a control's ticket: the issue stays as it is, and the next failure gets a new one. Returns the key;
/// no row if the control has no open ticket.
package struct UnlinkTicket: Statement {
    package static let sql = """
        WITH unlinked AS (
            UPDATE kushim_jira.tickets SET state = 'left'
            WHERE customer_id = $1 AND control_id = $2 AND resource = $3 AND state = 'open'
            RETURNING customer_id, control_id, issue_key, issue_url, resource
        ), told AS (
            INSERT INTO kushim_jira.audit_log (customer_id, action, control_id, issue_key, actor, detail)
            SELECT customer_id, 'ticket.unlinked', control_id, issue_key, $4,
                   jsonb_build_object('url', issue_url, 'resource', nullif(resource, ''))
            FROM unlinked
        ), woken AS (
            -- What waits for it does so visibly, for up to an hour.
            UPDATE kushim_jira.scheduled s SET run_at = clock_timestamp(), snoozes = 0
            FROM unlinked u
            WHERE s.customer_id = u.customer_id AND s.kind = 'compliance_failure' AND starts_with(s.reason, '\(NotNow.waiting)')
        )
        SELECT issue_key FROM unlinked
        """
    private let customerID: String
    private let controlID: String
    private let resource: String
    private let actor: String

    package init(customerID: String, controlID: String, resource: String, actor: String) {
        self.customerID = customerID
        self.controlID = controlID
        self.resource = resource
        self.actor = actor
    }

    package var parameters: [any PostgresEncodable] { [customerID, controlID, resource, actor] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String {
        try columns.next()
    }
}

/// Whether a control's ticket is still being made, and whether an issue of it may be in Jira already; no row if none is.
package struct TicketBeingMade: Statement {
    package static let sql = """
        SELECT in_doubt FROM kushim_jira.tickets
        WHERE customer_id = $1 AND control_id = $2 AND resource = $3 AND state = 'creating'
        ORDER BY in_doubt DESC LIMIT 1
        """
    private let customerID: String
    private let controlID: String
    private let resource: String

    package init(customerID: String, controlID: String, resource: String) {
        self.customerID = customerID
        self.controlID = controlID
        self.resource = resource
    }

    package var parameters: [any PostgresEncodable] { [customerID, controlID, resource] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool {
        try columns.next()
    }
}
