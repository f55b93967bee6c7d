import FoundationEssentials
import Postgres

/// Moves the jobs that are next in the given lanes into a worker's hands, for each lane as many as `CountRoom` found room for.
///
/// The worker's own row is locked first: one that was taken for dead claims nothing, and one that is claiming is not taken for
/// dead. `KEY SHARE` lets its heartbeat pass. Rows of `ready` are never updated, so their place holds from the lock to the delete.
/// The join is an outer one so that it is carried out from here to the jobs, however few the planner takes them for; and so that
/// a row of `ready` without its job is seen.
struct ClaimJobs: Statement {
    /// Up to `fenced`, what was claimed.
    static let claim = """
        WITH me AS MATERIALIZED (
            SELECT worker_id FROM kushim_jira.workers WHERE worker_id = $1 AND state = 'up' FOR KEY SHARE
        ), turns AS MATERIALIZED (
            SELECT * FROM unnest($2::text[], $3::smallint[], $4::bigint[], current_setting('kushim_jira.room')::integer[])
                          AS g (customer_id, priority, mark, room)
        ), next AS MATERIALIZED (
            SELECT r.place FROM turns t CROSS JOIN LATERAL (
                SELECT ctid AS place FROM kushim_jira.ready r
                WHERE r.customer_id = t.customer_id AND r.priority = t.priority AND r.seq >= t.mark AND r.kind = ANY ($5)
                ORDER BY r.seq LIMIT t.room
                FOR UPDATE SKIP LOCKED
            ) AS r
            WHERE EXISTS (SELECT FROM me) LIMIT $6
        ), taken AS (
            DELETE FROM kushim_jira.ready WHERE ctid = ANY (ARRAY(SELECT place FROM next)) RETURNING *
        ), fenced AS MATERIALIZED (
            SELECT *, nextval('kushim_jira.fence_seq') AS fence FROM taken
        ), leased AS (
            INSERT INTO kushim_jira.leases
                   (job_id, fence, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, fence, $1, customer_id, kind, priority, attempt, losses, snoozes FROM fenced
        )
        """

    /// What of a job is only in its row of `jobs`.
    static let job = """
        j.id IS NOT NULL, j.created_at,
               CASE WHEN isfinite(j.created_at) AND isfinite(j.run_at)
                    THEN extract(epoch FROM clock_timestamp() - greatest(j.created_at, j.run_at))::float8 END,
               \(PayloadText.column)
        """

    static let sql = """
        \(claim)
        SELECT f.job_id, f.kind, f.customer_id, f.attempt, f.losses, f.snoozes, f.fence, f.seq, \(job)
        FROM fenced f LEFT JOIN kushim_jira.jobs j ON j.id = f.job_id
        """
    let workerID: UUID
    let turns: [Rotation.Turn]
    let kinds: [String]
    let limit: Int

    var parameters: [any PostgresEncodable] {
        [
            workerID, turns.map(\.lane.customerID), turns.map(\.lane.priority), turns.map(\.mark), kinds, Int64(limit),
        ]
    }

    struct Row: Sendable {
        let job: ClaimedJob
        /// Seconds from when it could have run to now; known for first runs only.
        let waited: Double?
        let seq: Int64
        let flaw: Flaw?
    }

    /// Why a claimed job cannot be run.
    enum Flaw: Sendable, Hashable {
        /// It has no row in `jobs`.
        case noJob
        case unreadable(String)
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        let claimed = try ClaimedRow(&columns)
        return claimed.with(JobRow(&columns))
    }
}

/// The same without a look at the jobs themselves, for when that look fails: `ReadJob` then reads each by itself.
struct ClaimUnread: Statement {
    static let sql = """
        \(ClaimJobs.claim)
        SELECT f.job_id, f.kind, f.customer_id, f.attempt, f.losses, f.snoozes, f.fence, f.seq FROM fenced f
        """
    let claim: ClaimJobs

    var parameters: [any PostgresEncodable] { claim.parameters }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> ClaimedRow { try ClaimedRow(&columns) }
}

/// What a claim reads of a job, of one alone.
struct ReadJob: Statement {
    static let sql = """
        SELECT \(ClaimJobs.job) FROM (SELECT $1::bigint AS id) f LEFT JOIN kushim_jira.jobs j ON j.id = f.id
        """
    let id: Int64

    var parameters: [any PostgresEncodable] { [id] }

    static func row(_ columns: inout ColumnReader) -> JobRow { JobRow(&columns) }
}

/// What a claim knows of a job without its row in `jobs`.
struct ClaimedRow: Sendable {
    let id: Int64
    let kind: String
    let customerID: String
    let attempt: Int
    let losses: Int
    let snoozes: Int
    let fence: Int64
    let seq: Int64

    init(_ columns: inout ColumnReader) throws(PostgresError) {
        id = try columns.next()
        kind = try columns.next()
        customerID = try columns.next()
        attempt = Int(try columns.next(as: Int32.self))
        losses = Int(try columns.next(as: Int32.self))
        snoozes = Int(try columns.next(as: Int32.self))
        fence = try columns.next()
        seq = try columns.next()
    }

    func with(_ job: JobRow) -> ClaimJobs.Row {
        let isFirstRun = attempt == 0 && losses == 0 && snoozes == 0
        return ClaimJobs.Row(
            job: ClaimedJob(
                id: id, kind: kind, customerID: customerID, payload: job.payload, attempt: attempt + 1, losses: losses,
                snoozes: snoozes, fence: fence, createdAt: job.createdAt),
            waited: isFirstRun ? job.waited : nil, seq: seq, flaw: job.flaw)
    }
}

/// What a claim reads in a job's row. What of it cannot be read costs only this job.
struct JobRow: Sendable {
    let payload: String
    let createdAt: Date
    /// Seconds from when it could have run to now.
    let waited: Double?
    let flaw: ClaimJobs.Flaw?

    init(_ columns: inout ColumnReader) {
        do throws(PostgresError) {
            try self.init(reading: &columns)
        } catch {
            self.init(unreadable: error)
        }
    }

    private init(reading columns: inout ColumnReader) throws(PostgresError) {
        let exists: Bool = try columns.next()
        createdAt = try columns.next(as: Date?.self) ?? .now
        waited = try columns.next()
        let payload: String? = try columns.next()
        self.payload = payload ?? "{}"
        if !exists { flaw = .noJob } else { flaw = payload == nil ? .unreadable(PayloadText.tooLarge) : nil }
    }

    init(unreadable error: PostgresError) {
        payload = "{}"
        createdAt = .now
        waited = nil
        flaw = .unreadable("its row in kushim_jira.jobs cannot be read: \(error)")
    }
}

extension ClaimedJob {
    /// Reads the nine columns from `job_id` to `created_at` that statements about jobs have in common.
    init(reading columns: inout ColumnReader) throws(PostgresError) {
        self.init(
            id: try columns.next(), kind: try columns.next(), customerID: try columns.next(),
            payload: try columns.next(),
            attempt: Int(try columns.next(as: Int32.self)), losses: Int(try columns.next(as: Int32.self)),
            snoozes: Int(try columns.next(as: Int32.self)), fence: try columns.next(), createdAt: try columns.next())
    }
}
