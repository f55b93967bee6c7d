package import Postgres

/// Inserts jobs one by one as `kushim_jira.enqueue` does, and returns the id of each, or of the unfinished one with its key.
package struct EnqueueJobs: Statement {
    package static let sql = """
        SELECT kushim_jira.enqueue(kind, customer_id, payload,
                                   coalesce(run_at, clock_timestamp() + make_interval(secs => delay)), priority, unique_key)
        FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::timestamptz[], $5::float8[], $6::smallint[], $7::text[])
             WITH ORDINALITY AS g (kind, customer_id, payload, run_at, delay, priority, unique_key, place)
        ORDER BY place
        """
    private let jobs: [NewJob]

    package init(_ jobs: [NewJob]) {
        self.jobs = jobs
    }

    package var parameters: [any PostgresEncodable] { jobs.columns }
    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}
