import FoundationEssentials
import Postgres

/// Declares workers dead that have been silent for longer than their lease, by the database's clock.
///
/// A worker that is claiming at this moment holds its row and is passed over. After a restart of the database, and after its clock
/// was set, every heartbeat looks old or lies in the future, so nobody is declared dead until there was time for a new one. A
/// heartbeat that still lies in the future then is one from before the clock was set back. (By a second it can be set unnoticed.)
struct BuryWorkers: Statement {
    static let sql = """
        WITH silent AS MATERIALIZED (
            SELECT worker_id FROM kushim_jira.workers
            WHERE state = 'up' AND worker_id <> $1
              AND (heartbeat_at < clock_timestamp() - lease AND lease <= make_interval(secs => $3)
                       AND (pg_postmaster_start_time() < clock_timestamp() - lease OR lease <= make_interval(secs => $2))
                   OR heartbeat_at > clock_timestamp() + interval '2 s' AND lease <= make_interval(secs => $2))
            ORDER BY worker_id
            FOR UPDATE SKIP LOCKED
        )
        UPDATE kushim_jira.workers w SET state = 'dead', heartbeat_at = least(heartbeat_at, clock_timestamp())
        FROM silent WHERE w.worker_id = silent.worker_id
        RETURNING w.worker_id, w.name
        """
    /// The worker that asks.
    let workerID: UUID
    /// For how long it has been in touch with the database, while nobody set its clock.
    let inTouch: Duration
    /// For how long nobody has set the database's clock, as far as it knows; nil for ever.
    let steady: Duration?

    /// Longer than any lease.
    private static let ever = Duration.seconds(1_000_000_000)
    var parameters: [any PostgresEncodable] { [workerID, inTouch.inSeconds, (steady ?? Self.ever).inSeconds] }

    struct Row: Sendable {
        let workerID: UUID
        let name: String
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(workerID: try columns.next(), name: try columns.next())
    }
}

/// Takes the jobs out of the hands of workers that are gone. A statement after `BuryWorkers`, so that it sees what they claimed
/// up to the moment they were declared dead. One whose row in `jobs` is gone is only put back: who claims it removes it.
struct TakeUpJobs: Statement {
    static let sql = """
        WITH lost AS MATERIALIZED (
            SELECT l.job_id, w.name,
                   (w.state = 'dead' AND EXISTS (SELECT FROM kushim_jira.jobs j WHERE j.id = l.job_id))::integer AS loss
            FROM kushim_jira.leases l JOIN kushim_jira.workers w ON w.worker_id = l.worker_id
            WHERE w.state <> 'up' AND l.job_id <> ALL ($1)
            ORDER BY l.job_id LIMIT $2
            FOR UPDATE OF l SKIP LOCKED
        ), gone AS (
            DELETE FROM kushim_jira.leases l USING lost WHERE l.job_id = lost.job_id
            RETURNING l.*, lost.name, lost.loss, lost.loss = 1 AND l.losses + 1 >= $3 AS quarantined
        ), told AS (
            INSERT INTO kushim_jira.attempts (job_id, fence, attempt, worker_id, started_at, outcome, error)
            SELECT job_id, fence, attempt + 1, worker_id, claimed_at, 'lost', 'its worker ' || name || ' was lost'
            FROM gone WHERE loss = 1
        ), ended AS (
            INSERT INTO kushim_jira.dead_jobs (job_id, state, attempt, losses, reason)
            SELECT job_id, 'discarded', attempt, losses + loss, $4 FROM gone WHERE quarantined
        ), freed AS (
            DELETE FROM kushim_jira.unique_jobs u USING gone WHERE u.job_id = gone.job_id AND quarantined
        ), again AS (
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, customer_id, kind, priority, attempt, losses + loss, snoozes
            FROM gone WHERE NOT quarantined ORDER BY job_id
        ), woken AS MATERIALIZED (
            SELECT kushim_jira.wake_workers('') WHERE EXISTS (SELECT FROM gone)
        )
        SELECT g.job_id, g.kind, g.customer_id, CASE WHEN $5 THEN coalesce(\(PayloadText.column), '{}') ELSE '{}' END,
               g.attempt + 1, g.losses + g.loss, g.snoozes, g.fence, coalesce(j.created_at, g.claimed_at), g.name, g.loss = 1, g.quarantined, (SELECT count(*) FROM woken)
        FROM gone g LEFT JOIN kushim_jira.jobs j ON j.id = g.job_id
        ORDER BY g.job_id
        """
    /// Jobs to leave where they are.
    let except: [Int64]
    let limit: Int
    let quarantineAfter: Int
    let quarantineReason: String
    /// False where one of them cannot be read: then the records lack the names of the controls.
    let readsPayloads: Bool

    var parameters: [any PostgresEncodable] {
        [except, Int64(limit), Int32(quarantineAfter), quarantineReason, readsPayloads]
    }

    struct Row: Sendable {
        let job: ClaimedJob
        let worker: String
        /// False when its worker had stopped in an orderly way and only could not settle it.
        let isLoss: Bool
        let isQuarantined: Bool
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        let row = Row(
            job: try ClaimedJob(reading: &columns), worker: try columns.next(), isLoss: try columns.next(),
            isQuarantined: try columns.next())
        _ = try columns.next(as: Int64.self)
        return row
    }
}
