import FoundationEssentials
package import Postgres

/// Inserts jobs, leaving out those whose unique key an unfinished job has.
package struct InsertJobs: Statement {
    package static let sql = """
        WITH given AS (
            SELECT DISTINCT ON (coalesce(unique_key, 'row ' || place), kind, customer_id, unique_key IS NULL) *
            FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::timestamptz[], $5::float8[], $6::smallint[], $7::text[])
                 WITH ORDINALITY AS g (kind, customer_id, payload, run_at, delay, priority, unique_key, place)
            ORDER BY coalesce(unique_key, 'row ' || place), kind, customer_id, unique_key IS NULL, place
        )
        INSERT INTO kushim_jira.jobs (kind, customer_id, payload, run_at, priority, unique_key)
        SELECT kind, customer_id, payload, coalesce(run_at, clock_timestamp() + make_interval(secs => delay), now()),
               priority, unique_key
        FROM given
        WHERE NOT EXISTS (SELECT FROM kushim_jira.unique_jobs u
                          WHERE u.kind = given.kind AND u.customer_id = given.customer_id
                            AND u.unique_key = given.unique_key)
        ORDER BY place
        """

    private let jobs: [NewJob]

    package init(_ jobs: [NewJob]) {
        self.jobs = jobs
    }

    package var parameters: [any PostgresEncodable] { jobs.columns }
}

extension [NewJob] {
    /// The columns of `InsertJobs` and `EnqueueJobs`, one array each.
    var columns: [any PostgresEncodable] {
        [
            map(\.kind), map(\.customerID), map { PostgresJSON(text: $0.payload) }, map(\.runAt),
            map { $0.runAfter?.inSeconds }, map { Int16(clamping: $0.priority) }, map(\.uniqueKey),
        ]
    }
}
