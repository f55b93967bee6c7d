import FoundationEssentials
package import Postgres

/// Inserts jobs, leaving out those whose unique key an unfinished job has; puts all of them in their places, which for other
/// inserts the trigger of the table does row by row.
package struct InsertJobs: Statement {
    package static let sql = """
        WITH told AS MATERIALIZED (
            SELECT set_config('kushim_jira.are_placed', 'yes', true) = 'yes' AS is_done
        ), given AS (
            SELECT DISTINCT ON (coalesce(unique_key, 'row ' || place), kind, customer_id, unique_key IS NULL) *
            FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::timestamptz[], $5::float8[], $6::smallint[], $7::text[])
                 WITH ORDINALITY AS g (kind, customer_id, payload, run_at, delay, priority, unique_key, place)
            ORDER BY coalesce(unique_key, 'row ' || place), kind, customer_id, unique_key IS NULL, place
        ), born AS (
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload, run_at, priority, unique_key)
            SELECT kind, customer_id, payload, coalesce(run_at, clock_timestamp() + make_interval(secs => delay), now()),
                   priority, unique_key
            FROM told CROSS JOIN given
            WHERE told.is_done
              AND NOT EXISTS (SELECT FROM kushim_jira.unique_jobs u
                              WHERE u.kind = given.kind AND u.customer_id = given.customer_id
                                AND u.unique_key = given.unique_key)
            ORDER BY place
            RETURNING id, kind, customer_id, run_at, priority, unique_key
        ), keyed AS (
            INSERT INTO kushim_jira.unique_jobs (kind, customer_id, unique_key, job_id)
            SELECT kind, customer_id, unique_key, id FROM born WHERE unique_key IS NOT NULL
        ), later AS (
            INSERT INTO kushim_jira.scheduled (job_id, customer_id, kind, priority, run_at)
            SELECT id, customer_id, kind, priority, run_at FROM born WHERE run_at > statement_timestamp()
        ), at_once AS (
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
            SELECT id, customer_id, kind, priority FROM born WHERE run_at <= statement_timestamp()
        )
        SELECT (SELECT kushim_jira.wake_workers('')
                WHERE EXISTS (SELECT FROM born WHERE run_at <= statement_timestamp())),
               (SELECT pg_notify('kushim_jira', 'due')
                WHERE EXISTS (SELECT FROM born WHERE run_at > statement_timestamp()
                                                 AND run_at < statement_timestamp() + interval '10 s'))
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
