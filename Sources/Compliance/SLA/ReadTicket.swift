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
    var known: KnownIssue?
    var dueAt: Date
    /// How much of the time from the failure to the due date is gone; 1 and more: it is over.
    var shareElapsed: Double
    /// Negative once it is late.
    var timeLeft: Duration
}

extension AlertedTicket {
    var issue: IssueReference? { known?.reference }
}

struct ReadTicket: Statement {
    static let sql = """
        SELECT t.id, state, customer_id, control_id, control_title, severity, \(KnownIssue.columns(of: "t")),
               due_at,
               coalesce(extract(epoch FROM clock_timestamp() - failed_at)
                        / nullif(extract(epoch FROM due_at - failed_at), 0), 1)::float8,
               extract(epoch FROM due_at - clock_timestamp())::float8
        FROM kushim_jira.tickets t WHERE t.id = $1
        """
    let id: Int64

    var parameters: [any PostgresEncodable] { [id] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> AlertedTicket {
        try AlertedTicket(
            id: columns.next(), state: Episode.State(rawValue: columns.next()) ?? .open, customerID: columns.next(),
            controlID: columns.next(), controlTitle: columns.next(),
            severity: Severity(rawValue: columns.next()) ?? .critical, known: KnownIssue(&columns),
            dueAt: columns.next(),
            shareElapsed: columns.next(), timeLeft: columns.next())
    }
}
