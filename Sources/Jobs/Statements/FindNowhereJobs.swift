import Postgres

/// Which of the newest jobs are neither waiting nor in hand nor ended: what `FindViolations` calls nowhere, for the price of a look.
struct FindNowhereJobs: Statement {
    /// How many of the newest are looked at.
    static let newest = 5_000

    static let sql = """
        WITH newest AS MATERIALIZED (
            SELECT j.id FROM kushim_jira.jobs j ORDER BY j.id DESC LIMIT \(newest)
        ), unended AS MATERIALIZED (
            SELECT n.id FROM newest n
            LEFT JOIN LATERAL (SELECT true AS is_there FROM kushim_jira.scheduled s WHERE s.job_id = n.id) s ON true
            LEFT JOIN LATERAL (SELECT true AS is_there FROM kushim_jira.leases l WHERE l.job_id = n.id) l ON true
            LEFT JOIN LATERAL (SELECT true AS is_there FROM kushim_jira.finished f WHERE f.job_id = n.id LIMIT 1) f ON true
            WHERE s.is_there IS NULL AND l.is_there IS NULL AND f.is_there IS NULL
        )
        SELECT u.id FROM unended u
        WHERE NOT EXISTS (SELECT FROM kushim_jira.ready r WHERE r.job_id = u.id)
        ORDER BY u.id
        """
    var parameters: [any PostgresEncodable] { [] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}
