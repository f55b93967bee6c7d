import Postgres

/// Brings back what the database's clock, set back since, has left in the future: pauses that would last for as long as the clock
/// was set back, and times from which is reckoned whether something may be done again. The row is how many rows were mended.
struct MendTimes: Statement {
    static let sql = """
        SELECT kushim_jira.mend_times($1)
        """
    /// Also when nothing that is quickly looked at lies in the future.
    let always: Bool

    var parameters: [any PostgresEncodable] { [always] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 { try columns.next() }
}

/// What time it is.
struct ReadClock: Statement {
    static let sql = """
        SELECT extract(epoch FROM clock_timestamp())::float8
        """
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Double { try columns.next() }
}
