import FoundationEssentials
import Jobs
import Postgres

/// Opens episodes: the intent that is committed before anything is sent.
///
/// The leases are locked against being taken away, so that a worker which lost its job writes nothing. Of those who open the
/// same episode at once, the unique indexes let one; the others get no row, and look again.
struct OpenEpisodes: Statement {
    static let sql = """
        WITH given AS (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::text[],
                                 $8::text[], $9::text[], $10::text[], $11::boolean[], $12::timestamptz[], $13::bigint[],
                                 $14::boolean[], $15::text[], $16::text[])
                 AS g (job_id, fence, customer_id, control_id, resource, episode, fingerprint, severity, control_title,
                       project_key, deduplicated, failed_at, seconds, business, zone, clock)
        ), held AS MATERIALIZED (
            SELECT g.* FROM given g JOIN kushim_jira.leases l ON l.job_id = g.job_id AND l.fence = g.fence
            ORDER BY l.job_id FOR KEY SHARE OF l
        ), t AS (
            INSERT INTO kushim_jira.tickets
                   (customer_id, control_id, resource, episode, fingerprint, severity, control_title, project_key, job_id,
                    deduplicated, failed_at, last_failed_at, due_at)
            SELECT customer_id, control_id, resource, episode, fingerprint, severity, control_title, project_key, job_id,
                   deduplicated, failed_at, failed_at, kushim_jira.due_at(failed_at, seconds, business, clock)
            FROM held ORDER BY customer_id, control_id, resource, episode
            ON CONFLICT DO NOTHING
            RETURNING *
        )
        SELECT \(Episode.columns(zone: "held.zone")) FROM t JOIN held ON held.job_id = t.job_id
        """

    struct Opening: Sendable {
        var intent: Intent
        var episode: Int32
        var fingerprint: Fingerprint
        var failedAt: Date
    }

    let openings: [Opening]

    var parameters: [any PostgresEncodable] {
        let intents = openings.map(\.intent)
        return [
            intents.map(\.job.id), intents.map(\.job.fence), intents.map(\.job.customerID), intents.map(\.controlID),
            intents.map(\.resource), openings.map(\.episode), openings.map(\.fingerprint.hex),
            intents.map(\.severity.rawValue), intents.map(\.controlTitle), intents.map(\.project),
            intents.map(\.deduplicates), openings.map(\.failedAt), intents.map(\.due.seconds),
            intents.map(\.countsBusinessDays), intents.map(\.timeZone),
            intents.map { $0.due.clock(in: $0.timeZone, countsBusinessDays: $0.countsBusinessDays) },
        ]
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Episode? {
        try Episode(&columns)
    }
}
