import FoundationEssentials
import Postgres

/// Ends runs of jobs, each under the fence it was claimed with: where the lease is gone or is another's, nothing changes. The rows
/// are those of which that is so.
///
/// Leases are looked up by an outer join, since that can only be carried out from the given ones to the index. Of an inner join
/// the planner makes a walk through the whole index when the table looks empty, which costs dear while dead rows stay in it.
struct SettleJobs: Statement {
    static let sql = """
        WITH given AS MATERIALIZED (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::float8[])
                          AS g (job_id, fence, verdict, reason, delay)
        ), held AS MATERIALIZED (
            SELECT given.verdict, given.reason, given.delay, l.ctid AS place
            FROM given LEFT JOIN kushim_jira.leases l ON l.job_id = given.job_id AND l.fence + 0 = given.fence
        ), gone AS (
            DELETE FROM kushim_jira.leases l USING held h WHERE l.ctid = h.place
            RETURNING l.*, h.verdict, h.reason, h.delay
        ), told AS (
            INSERT INTO kushim_jira.attempts (job_id, fence, attempt, worker_id, started_at, outcome, error)
            SELECT job_id, fence, attempt + 1, worker_id, claimed_at, verdict, reason
            FROM gone WHERE verdict IN ('completed', 'failed', 'discarded')
        ), ended AS (
            INSERT INTO kushim_jira.dead_jobs (job_id, state, attempt, losses, reason)
            SELECT job_id, verdict, attempt + 1, losses, reason FROM gone WHERE verdict = 'discarded'
        ), freed AS (
            DELETE FROM kushim_jira.unique_jobs
            WHERE job_id = ANY (ARRAY(SELECT job_id FROM gone WHERE verdict IN ('completed', 'discarded')))
        ), later AS (
            INSERT INTO kushim_jira.scheduled
                   (job_id, customer_id, kind, priority, run_at, attempt, losses, snoozes, reason)
            SELECT job_id, customer_id, kind, priority, clock_timestamp() + make_interval(secs => delay),
                   attempt + (verdict = 'failed')::integer, losses, snoozes + (verdict = 'snoozed')::integer, reason
            FROM gone WHERE verdict IN ('failed', 'snoozed')
        ), again AS (
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, customer_id, kind, priority, attempt, losses, snoozes
            FROM gone WHERE verdict = 'released' ORDER BY job_id
        )
        SELECT given.fence,
               CASE WHEN EXISTS (SELECT FROM kushim_jira.attempts a
                                 WHERE a.job_id = given.job_id AND a.fence = given.fence AND a.outcome = given.verdict)
                    THEN 'settled before'
                    ELSE 'stale' END,
               CASE WHEN $6 THEN kushim_jira.lease_lost(given.job_id)::text END
        FROM given WHERE fence NOT IN (SELECT fence FROM gone)
        """
    /// In ascending order of job.
    let settlements: [Settlement]
    /// One lease that is gone is an error of SQLSTATE `leaseLost`, and nothing changes.
    let mustHoldAll: Bool

    static let leaseLost = SQLState(rawValue: "KJ001")

    var parameters: [any PostgresEncodable] {
        [
            settlements.map(\.job.id), settlements.map(\.job.fence), settlements.map(\.verdict.rawValue),
            settlements.map(\.reason), settlements.map(\.delay.inSeconds), mustHoldAll,
        ]
    }

    struct Row: Sendable {
        let fence: Int64
        let result: Settlement.Result
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        let row = Row(
            fence: try columns.next(), result: Settlement.Result(rawValue: try columns.next()) ?? .stale)
        _ = try columns.next(as: String?.self)
        return row
    }
}

/// Tells sleeping workers that something is ready.
struct WakeWorkers: Statement {
    static let sql = """
        SELECT kushim_jira.wake_workers('')::text
        """
}
