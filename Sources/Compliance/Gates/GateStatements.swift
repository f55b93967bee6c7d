import Jira
import Postgres

/// All gates that are shut: rows exist only for those.
struct ReadGates: Statement {
    static let sql = "SELECT \(ShutGate.columns) FROM kushim_jira.gates g"

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> ShutGate {
        try ShutGate(&columns)
    }
}

/// Makes the caller the one who tries whether a gate can be opened: no row if it is another, or too early. The row is the time
/// by which the probe is known: once the gate has another, somebody else has learnt more.
struct ClaimProbe: Statement {
    static let sql = """
        UPDATE kushim_jira.gates SET closed_until = clock_timestamp() + make_interval(secs => $2), probing = true
        WHERE scope = $1 AND closed_until <= clock_timestamp() RETURNING to_json(closed_until) #>> '{}'
        """
    let scope: GateScope
    let duration: Duration

    var parameters: [any PostgresEncodable] { [scope.description, duration / .seconds(1)] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String {
        try columns.next()
    }
}

/// Leaves the probe to somebody else.
struct ReleaseProbe: Statement {
    static let sql = """
        UPDATE kushim_jira.gates SET closed_until = clock_timestamp(), probing = false
        WHERE scope = $1 AND closed_until = $2::timestamptz
        """
    let scope: GateScope
    /// As `ClaimProbe` returned it.
    let probe: String

    var parameters: [any PostgresEncodable] { [scope.description, probe] }
}

/// Shuts a gate, or keeps it shut; unless it passes by itself soon, that is recorded once, and an operator told.
///
/// Of many requests that fail together only the first lengthens the time: the others meet a gate that is shut already.
struct ShutGates: Statement {
    /// The caller's probe is the last word on the gate.
    private static let isProbe = "coalesce(g.closed_until = $8::timestamptz, false)"

    static let sql = """
        WITH g AS (
            INSERT INTO kushim_jira.gates AS g
                   (scope, customer_id, cause, reason, remedy, closed_until, reported_cause, is_news)
            VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6 * (0.75 + 0.25 * random())),
                    CASE WHEN $9 THEN $3 END, $9)
            ON CONFLICT (scope) DO UPDATE
            SET (cause, reason, remedy) = (
                    -- What ends sooner than what it meets is not what keeps the gate shut.
                    SELECT CASE WHEN lasts THEN excluded.cause ELSE g.cause END,
                           CASE WHEN lasts THEN excluded.reason ELSE g.reason END,
                           CASE WHEN lasts THEN excluded.remedy ELSE g.remedy END
                    FROM (SELECT \(isProbe) OR $9 OR g.closed_until <= clock_timestamp() + make_interval(secs => $6) AS lasts) AS x),
                probing = g.probing AND NOT \(isProbe),
                failures = g.failures + (\(isProbe) OR g.closed_until <= clock_timestamp())::integer,
                reported_cause = CASE WHEN $9 OR $3 = 'unavailable' AND g.failures >= 3 THEN excluded.cause ELSE g.reported_cause END,
                is_news = ($9 OR $3 = 'unavailable' AND g.failures >= 3)
                    AND g.reported_cause IS DISTINCT FROM excluded.cause,
                closed_until = greatest(
                    CASE WHEN \(isProbe) THEN clock_timestamp() ELSE g.closed_until END,
                    clock_timestamp() + make_interval(secs => CASE WHEN $7 > 0
                        THEN least($7, $6 * 2 ^ least(g.failures, 20)) * (0.75 + 0.25 * random()) ELSE $6 END))
            RETURNING *
        ), told AS (
            INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, actor, detail)
            SELECT g.customer_id, $10, 'connection.blocked', $11,
                   jsonb_build_object('scope', g.scope, 'cause', g.cause, 'reason', g.reason, 'remedy', g.remedy)
            FROM g WHERE g.is_news
        ), message AS (
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
            SELECT 'notification', g.customer_id,
                   jsonb_build_object('about', '\(OperatorMessage.aboutBlock)', 'scope', g.scope, 'cause', g.cause,
                                      'reason', g.reason, 'remedy', g.remedy, 'closedAt', g.closed_at)
            FROM g WHERE g.is_news
        )
        SELECT \(ShutGate.columns) FROM g
        """

    let scope: GateScope
    let customerID: String
    let cause: GateCause
    let reason: String
    let remedy: String
    /// Seconds; to be doubled with each failed probe up to `longest`, unless that is 0.
    let delay: Duration
    let longest: Duration
    /// As `ClaimProbe` returned it; nil for who is not the gate's probe.
    let probe: String?
    let jobID: Int64
    let actor: String

    /// A person must act.
    var isForAPerson: Bool { cause == .credentials || cause == .configuration }

    var parameters: [any PostgresEncodable] {
        [
            scope.description, customerID, cause.rawValue, reason, remedy, delay / .seconds(1), longest / .seconds(1),
            probe, isForAPerson, jobID, actor,
        ]
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> ShutGate {
        try ShutGate(&columns)
    }
}

/// Opens a gate; records it where its shutting was recorded. False if somebody has learnt more of it since the probe was claimed.
struct OpenGate: Statement {
    static let sql = """
        WITH g AS (
            DELETE FROM kushim_jira.gates WHERE scope = $1 AND closed_until = $4::timestamptz RETURNING *
        ), told AS (
            INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, actor, detail)
            SELECT customer_id, $2, 'connection.opened', $3,
                   jsonb_build_object('scope', scope, 'cause', cause, 'blockedSince', closed_at)
            FROM g WHERE reported_cause IS NOT NULL
        )
        SELECT EXISTS (SELECT FROM g)
        """
    let scope: GateScope
    let jobID: Int64
    let actor: String
    /// As `ClaimProbe` returned it.
    let probe: String

    var parameters: [any PostgresEncodable] { [scope.description, jobID, actor, probe] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool {
        try columns.next()
    }
}

extension ShutGate {
    static let columns = """
        g.scope, g.cause, g.reason, g.remedy, g.probing, extract(epoch FROM g.closed_until - clock_timestamp())::float8
        """

    init(_ columns: inout ColumnReader) throws(PostgresError) {
        try self.init(
            scope: GateScope(description: columns.next()), cause: GateCause(rawValue: columns.next()) ?? .unavailable,
            reason: columns.next(), remedy: columns.next(), isProbed: columns.next(),
            remaining: columns.next())
    }
}
