import Postgres

/// Begins a new range of jobs when the present one has been filling for long enough, and makes the ones ahead.
struct ExtendRanges: Statement {
    static let sql = """
        SELECT kushim_jira.extend_ranges(make_interval(secs => $1))::text
        """
    /// Of time, that the jobs of one range were inserted in.
    let span: Duration

    var parameters: [any PostgresEncodable] { [span.inSeconds] }
}

/// Drops the oldest range of jobs, with their history, if all that it holds may be forgotten or moved. The audit log keeps what was
/// done. The row is how many ranges that is: more may follow until it is 0.
struct ForgetJobs: Statement {
    static let sql = """
        SELECT kushim_jira.forget_jobs(make_interval(secs => $1), make_interval(secs => $2))
        """
    let retention: Retention

    var parameters: [any PostgresEncodable] { [retention.completed.inSeconds, retention.discarded.inSeconds] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int32 { try columns.next() }
}
