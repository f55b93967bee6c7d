import FoundationEssentials
import Postgres

/// A ticket as alerts and messages tell of it.
struct AlertedTicket: Sendable {
    var id: Int64
    var state: Episode.State
    var customerID: String
    var controlID: String
    var controlTitle: String
    var severity: Severity
    var projectKey: String
    var issue: IssueReference?
    var dueAt: Date
    /// How much of the time from the failure to the due date is gone; 1 and more: it is over.
    var shareElapsed: Double
    /// Negative once it is late.
    var timeLeft: Duration
}

struct ReadTicket: Statement {
    static let sql = """
        SELECT id, state, customer_id, control_id, control_title, severity, project_key, issue_id, issue_key, issue_url,
               due_at,
               coalesce(extract(epoch FROM clock_timestamp() - failed_at)
                        / nullif(extract(epoch FROM due_at - failed_at), 0), 1)::float8,
               extract(epoch FROM due_at - clock_timestamp())::float8
        FROM kushim_jira.tickets WHERE id = $1
        """
    let id: Int64

    var parameters: [any PostgresEncodable] { [id] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> AlertedTicket {
        try AlertedTicket(
            id: columns.next(), state: Episode.State(rawValue: columns.next()) ?? .open, customerID: columns.next(),
            controlID: columns.next(), controlTitle: columns.next(),
            severity: Severity(rawValue: columns.next()) ?? .critical, projectKey: columns.next(),
            issue: IssueReference(id: columns.next(), key: columns.next(), url: columns.next()), dueAt: columns.next(),
            shareElapsed: columns.next(), timeLeft: columns.next())
    }
}
