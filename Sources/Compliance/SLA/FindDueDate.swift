package import FoundationEssentials
package import Postgres

/// Until when a failure must be remedied: the database knows the world's time zones.
package struct FindDueDate: Statement {
    package static let sql = """
        SELECT due_at, to_char(due_at AT TIME ZONE $4, 'YYYY-MM-DD')
        FROM kushim_jira.due_at($1, $2, $3, $5) AS due_at
        """
    let start: Date
    let due: Span
    let countsBusinessDays: Bool
    let timeZone: String

    package init(start: Date, severity: Severity, _ sla: SLASettings) {
        self.start = start
        due = sla.due(for: severity) ?? .days(90)
        countsBusinessDays = sla.calendar == .business
        timeZone = sla.timeZone
    }

    package var parameters: [any PostgresEncodable] {
        [
            start, due.seconds, countsBusinessDays, timeZone,
            due.clock(in: timeZone, countsBusinessDays: countsBusinessDays),
        ]
    }

    package struct Row: Sendable {
        package let dueAt: Date
        /// In the time zone: `2026-11-30`.
        package let day: String
    }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(dueAt: try columns.next(), day: try columns.next())
    }
}

extension SLASettings {
    /// What PostgreSQL says of a time zone that it does not know; nil if it knows it.
    package func refusal(on connection: PostgresConnection) async throws(PostgresError) -> String? {
        do {
            _ = try await connection.execute(FindDueDate(start: .now, severity: .high, self))
            return nil
        } catch {
            guard error.sqlState == .invalidParameterValue else { throw error }
            return error.message
        }
    }
}

extension Span {
    /// The time zone by whose clock the time is reckoned: whole days are the calendar's, hours are hours whatever the clock
    /// shows.
    package func clock(in timeZone: String, countsBusinessDays: Bool) -> String {
        unit == .days || countsBusinessDays ? timeZone : "UTC"
    }
}
