package import Postgres

/// Of these jobs, those whose create request is in doubt: an issue may be in Jira, and no other job looks for it.
package struct JobsInDoubt: Statement {
    package static let sql = """
        SELECT job_id FROM kushim_jira.tickets WHERE job_id = ANY ($1) AND state = 'creating' AND in_doubt
        """
    private let ids: [Int64]

    package init(ids: [Int64]) {
        self.ids = ids
    }

    package var parameters: [any PostgresEncodable] { [ids] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 {
        try columns.next()
    }
}
