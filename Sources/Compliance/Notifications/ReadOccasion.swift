import Postgres

/// Whether what a message is about is still so, and when an operator was last told the same.
struct Occasion: Sendable {
    let isStill: Bool
    let sinceTold: Duration?

    fileprivate init(_ columns: inout ColumnReader) throws(PostgresError) {
        isStill = try columns.next()
        // A clock that was set back has left it in the future: then it is not known.
        sinceTold = try columns.next(as: Duration?.self).flatMap { $0 < .zero ? nil : $0 }
    }

    fileprivate static let columns = """
        extract(epoch FROM clock_timestamp() - max(recorded_at))::float8
        FROM kushim_jira.audit_log
        WHERE customer_id = $4 AND control_id IS NULL AND action = 'notification.sent'
          AND detail ->> 'scope' = $1 AND detail ->> 'reason' = $2
        """
}

/// Of a gate: whether it has stayed shut since the message was written.
struct ReadBlock: Statement {
    static let sql = """
        SELECT EXISTS (SELECT FROM kushim_jira.gates WHERE scope = $1 AND closed_at = $3::timestamptz), \(Occasion.columns)
        """
    let scope: String
    let reason: String
    let closedAt: String
    let customerID: String

    var parameters: [any PostgresEncodable] { [scope, reason, closedAt, customerID] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Occasion { try Occasion(&columns) }
}

/// Of one failure: whether its job is not at its end.
struct ReadHeld: Statement {
    static let sql = """
        SELECT EXISTS (SELECT FROM kushim_jira.job_status WHERE id = $3 AND finished_at IS NULL), \(Occasion.columns)
        """
    let jobID: Int64
    let scope: String
    let reason: String
    let customerID: String

    var parameters: [any PostgresEncodable] { [scope, reason, jobID, customerID] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Occasion { try Occasion(&columns) }
}
