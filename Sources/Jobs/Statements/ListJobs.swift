import FoundationEssentials
import Postgres

/// The newest jobs first; every filter may be left out.
struct ListJobs: Statement {
    static let sql = """
        SELECT s.id, s.kind, s.customer_id, s.state, s.run_at, s.priority, s.attempt, s.last_error, s.created_at,
               s.finished_at, j.control_id, s.state = 'available' AND s.run_at > clock_timestamp()
        FROM kushim_jira.job_status s JOIN kushim_jira.job_subjects j ON j.id = s.id
        WHERE ($1::text IS NULL OR s.state = $1) AND ($2::text IS NULL OR s.kind = $2)
          AND ($3::text IS NULL OR s.customer_id = $3) AND ($4::text IS NULL OR j.control_id = $4)
          AND s.created_at >= coalesce($5::timestamptz, clock_timestamp() - make_interval(secs => $6::float8), '-infinity')
          AND (s.created_at < coalesce($7::timestamptz, clock_timestamp() - make_interval(secs => $8::float8))) IS NOT FALSE
        ORDER BY s.id DESC LIMIT $9
        """
    let filter: JobFilter

    var parameters: [any PostgresEncodable] {
        [filter.state?.rawValue, filter.kind, filter.customerID, filter.control] + filter.created.parameters
            + [Int64(filter.limit)]
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> JobSummary {
        try JobSummary(reading: &columns)
    }
}

/// One job as `ListJobs` shows it.
struct FindJob: Statement {
    static let sql = """
        SELECT s.id, s.kind, s.customer_id, s.state, s.run_at, s.priority, s.attempt, s.last_error, s.created_at,
               s.finished_at, j.control_id, s.state = 'available' AND s.run_at > clock_timestamp()
        FROM kushim_jira.job_status s JOIN kushim_jira.job_subjects j ON j.id = s.id
        WHERE s.id = $1
        """
    let id: Int64

    var parameters: [any PostgresEncodable] { [id] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> JobSummary {
        try JobSummary(reading: &columns)
    }
}

extension JobSummary {
    init(reading columns: inout ColumnReader) throws(PostgresError) {
        id = try columns.next()
        kind = try columns.next()
        customerID = try columns.next()
        state = JobState(rawValue: try columns.next()) ?? .available
        runAt = try columns.next()
        priority = Int(try columns.next(as: Int16.self))
        attempt = Int(try columns.next(as: Int32.self))
        lastError = try columns.next()
        createdAt = try columns.next()
        finishedAt = try columns.next()
        control = try columns.next()
        isScheduled = try columns.next()
    }
}
