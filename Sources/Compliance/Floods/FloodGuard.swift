import Jira
import Jobs
import Logging
import Postgres

/// Holds `tickets.per_hour`: of a flood of failures so many become tickets in an hour, and the rest waits its turn.
struct FloodGuard {
    let services: ComplianceServices
    let job: ClaimedJob
    /// Tickets in an hour.
    let limit: Int

    /// Throws `NotNow` where there is no place: before anything is asked of Jira.
    func waitForPlace(_ episode: Episode) async throws {
        let question = HasPlace(customerID: job.customerID, ticketID: episode.id, limit: limit)
        if try await services.pool.execute(question).first == false { try await takeTurn(episode) }
    }

    /// Returns when it is the ticket's turn, for an hour; else throws `NotNow`, and has the first who waits tell of it.
    func takeTurn(_ episode: Episode) async throws {
        let lock = LockFlood(customerID: job.customerID)
        let turn = TakeTurn(customerID: job.customerID, ticketID: episode.id, limit: limit)
        let (_, rows) = try await services.pool.transaction(lock, turn)
        guard let answer = rows.first, !answer.isGranted else { return }
        var effects: [any Effect] = []
        if answer.isNews {
            services.logger.warning(
                "more failures than tickets.per_hour allows; the rest waits its turn",
                metadata: ["customer": "\(job.customerID)", "perHour": "\(limit)"])
            effects.append(OperatorMessage.flood(limit: limit, customerID: job.customerID))
        }
        // Those who wake up together would find one place.
        throw NotNow(
            wait: max(answer.wait, .seconds(1)) + .seconds(Double.random(in: 0...12)),
            reason:
                "customer \(job.customerID) has had \(limit) tickets within an hour (tickets.per_hour); this one waits its"
                + " turn",
            effects: effects)
    }
}

/// One at a time counts the turns of a customer; the count must come in a statement after this one.
struct LockFlood: Statement {
    static let sql = """
        INSERT INTO kushim_jira.turns (purpose, customer_id) VALUES ('flood', $1)
        ON CONFLICT (purpose, customer_id) DO UPDATE SET customer_id = excluded.customer_id
        """
    let customerID: String

    var parameters: [any PostgresEncodable] { [customerID] }
}

/// Whether a turn would be granted, as far as can be told without keeping others from taking one.
struct HasPlace: Statement {
    static let sql = """
        SELECT EXISTS (SELECT FROM kushim_jira.tickets
                       WHERE id = $2 AND let_through_at > statement_timestamp() - interval '1 hour')
            OR (SELECT count(*) FROM (
                    SELECT FROM kushim_jira.tickets
                    WHERE customer_id = $1 AND let_through_at > statement_timestamp() - interval '1 hour' LIMIT $3) AS recent) < $3
        """
    let customerID: String
    let ticketID: Int64
    let limit: Int

    var parameters: [any PostgresEncodable] { [customerID, ticketID, Int64(limit)] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool {
        try columns.next()
    }
}

struct TakeTurn: Statement {
    static let sql = """
        WITH clock AS MATERIALIZED (
            SELECT clock_timestamp() AS now
        ), recent AS MATERIALIZED (
            -- The time from a subquery, for a join would walk through all tickets that the customer ever had.
            SELECT let_through_at FROM kushim_jira.tickets
            WHERE customer_id = $1 AND let_through_at > (SELECT now FROM clock) - interval '1 hour'
            ORDER BY let_through_at DESC LIMIT $3
        ), granted AS (
            -- A turn that led to no ticket within its hour is no turn in another.
            UPDATE kushim_jira.tickets t
            SET let_through_at = CASE WHEN t.let_through_at > now - interval '1 hour' THEN t.let_through_at ELSE now END
            FROM clock
            WHERE t.id = $2
              AND (t.let_through_at > now - interval '1 hour' OR (SELECT count(*) FROM recent) < $3)
            RETURNING t.id
        ), flood AS (
            INSERT INTO kushim_jira.floods AS f (customer_id, began_at, met_at)
            SELECT $1, now, now FROM clock WHERE NOT EXISTS (SELECT FROM granted)
            ON CONFLICT (customer_id) DO UPDATE
            SET met_at = excluded.met_at,
                began_at = CASE WHEN f.met_at < excluded.met_at - interval '1 hour' THEN excluded.began_at ELSE f.began_at END
            RETURNING began_at = met_at AS is_news
        )
        SELECT EXISTS (SELECT FROM granted), coalesce((SELECT is_news FROM flood), false),
               coalesce(3600 - extract(epoch FROM now - (SELECT min(let_through_at) FROM recent)), 0)::float8
        FROM clock
        """
    let customerID: String
    let ticketID: Int64
    let limit: Int

    var parameters: [any PostgresEncodable] { [customerID, ticketID, Int64(limit)] }

    struct Row: Sendable {
        let isGranted: Bool
        /// It is the first of a flood that has to wait.
        let isNews: Bool
        /// Until there is a place.
        let wait: Duration
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        Row(isGranted: try columns.next(), isNews: try columns.next(), wait: try columns.next())
    }
}
