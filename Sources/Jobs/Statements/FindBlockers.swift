package import Postgres

/// A session that keeps a worker's sessions waiting for a lock. What the login may not see of it is empty.
package struct Blocker: Sendable, Hashable {
    /// 0 for a prepared transaction, which has no session.
    package let pid: Int32
    let user: String
    let application: String
    /// Of `pg_stat_activity`.
    let state: String
    /// Since its transaction began.
    let age: Duration?
    /// It waits for a lock itself, and the worker behind it.
    let isWaiting: Bool

    /// Who it is, and how to end it.
    package var words: String {
        if pid == 0 { return "a prepared transaction; see pg_prepared_xacts, and end it with ROLLBACK PREPARED" }
        var words = "session \(pid)"
        if !user.isEmpty { words += " of \(user)" }
        if !application.isEmpty { words += " (\(application))" }
        if !state.isEmpty { words += ", \(state)" }
        if let age { words += ", in a transaction for \(age.components.seconds) s" }
        return words + (isWaiting ? ", which itself waits" : "; end it with: SELECT pg_terminate_backend(\(pid))")
    }
}

/// The sessions for whose locks those of this program wait, directly or behind one another; first those that wait for none.
///
/// A session is of this program when it calls itself like the one that asks.
package struct FindBlockers: Statement {
    package static let sql = """
        WITH RECURSIVE ours AS MATERIALIZED (
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = current_setting('application_name')
              AND wait_event_type = 'Lock' AND query_start <= clock_timestamp() - make_interval(secs => $1)
        ), chain (pid) AS (
            SELECT b.pid FROM ours o CROSS JOIN LATERAL unnest(pg_blocking_pids(o.pid)) AS b (pid)
            UNION
            SELECT b.pid FROM chain c CROSS JOIN LATERAL unnest(pg_blocking_pids(c.pid)) AS b (pid)
        ), seen AS (
            SELECT c.pid, a.usename, a.application_name, a.state, a.xact_start,
                   EXISTS (SELECT FROM pg_locks l WHERE l.pid = c.pid AND NOT l.granted) AS is_waiting
            FROM chain c LEFT JOIN pg_stat_activity a ON a.pid = c.pid
        )
        SELECT pid, coalesce(usename, ''), coalesce(application_name, ''), coalesce(state, ''),
               extract(epoch FROM clock_timestamp() - xact_start)::float8, is_waiting
        FROM seen
        -- One of ours that waits is in the way of others only because it waits.
        WHERE NOT (is_waiting AND coalesce(application_name = current_setting('application_name'), false))
        ORDER BY is_waiting, xact_start NULLS LAST, pid LIMIT 5
        """
    /// How long they have waited at least.
    let wait: Duration

    package init(waitingFor wait: Duration) {
        self.wait = wait
    }

    package var parameters: [any PostgresEncodable] { [wait.inSeconds] }

    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Blocker {
        Blocker(
            pid: try columns.next(), user: shown(try columns.next()), application: shown(try columns.next()),
            state: shown(try columns.next()),
            age: try columns.next(as: Double?.self).map { .seconds(max(0, min($0, 1e9))) },
            isWaiting: try columns.next())
    }

    /// Any login can call itself anything.
    private static func shown(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.prefix(63).map { $0.properties.isPrintable ? $0 : "?" }))
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
