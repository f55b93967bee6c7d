import Jobs
import Postgres

/// Says, before it is so, that a create request is sent: from here on until its outcome is known the episode is in doubt.
///
/// Compares and sets the number of sends under the lease, so that of two workers that believe to hold the job one goes on.
struct MarkSent: Statement {
    static let sql = """
        WITH given AS (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::bigint[],
                                 $7::boolean[])
                          AS g (job_id, fence, id, sends, project_key, last_issue_seen, requested)
        ), held AS MATERIALIZED (
            SELECT g.* FROM given g JOIN kushim_jira.leases l ON l.job_id = g.job_id AND l.fence = g.fence
            ORDER BY l.job_id FOR KEY SHARE OF l
        )
        UPDATE kushim_jira.tickets t
        SET sends = t.sends + 1, first_sent_at = coalesce(t.first_sent_at, clock_timestamp()),
            last_sent_at = clock_timestamp(), in_doubt = true,
            project_key = held.project_key, requested = t.requested OR held.requested,
            -- Should the issue of an earlier request in doubt appear after all, the next look finds it too.
            last_issue_seen = CASE WHEN t.in_doubt AND t.project_key = held.project_key
                THEN least(t.last_issue_seen, held.last_issue_seen) ELSE held.last_issue_seen END
        FROM held
        -- Said so that no index serves that has all open tickets too: each is found by its id.
        WHERE t.id = held.id AND t.job_id = held.job_id AND t.state || '' = 'creating' AND t.sends = held.sends
          -- The control passes since: unless a ticket may be there already, it needs none.
          AND (t.in_doubt OR NOT EXISTS (
                  SELECT FROM kushim_jira.passes p
                  WHERE p.customer_id = t.customer_id AND p.control_id = t.control_id AND p.resource = t.resource
                    AND p.passed_at >= t.last_failed_at
                    AND p.inserted_at >= (SELECT kushim_jira.arrived_at(j.id, j.created_at) FROM kushim_jira.jobs j
                                          WHERE j.id = t.job_id)))
        RETURNING t.id
        """

    struct Mark: Sendable {
        var job: ClaimedJob
        var ticketID: Int64
        /// How often it was sent before.
        var sends: Int
        var project: String
        var lastIssueSeen: Int64?
        /// To a service desk.
        var isRequest = false
    }

    let marks: [Mark]

    var parameters: [any PostgresEncodable] {
        [
            marks.map(\.job.id), marks.map(\.job.fence), marks.map(\.ticketID), marks.map { Int32(clamping: $0.sends) },
            marks.map(\.project), marks.map(\.lastIssueSeen), marks.map(\.isRequest),
        ]
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 {
        try columns.next()
    }
}

/// For the transaction it begins: its commit is on disk before it is believed, whatever the server's default; and its plans are
/// pinned.
struct CommitDurably: Statement {
    static let sql = """
        SELECT set_config('synchronous_commit', 'on', true),
               set_config('lock_timeout', coalesce($1, current_setting('lock_timeout')), true), \(PinPlans.settings)
        """
    /// nil leaves it at the session's.
    var limit: LockLimit?

    var parameters: [any PostgresEncodable] { [limit?.setting] }
}
