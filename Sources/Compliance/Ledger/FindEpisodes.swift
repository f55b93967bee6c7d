import FoundationEssentials
import Jobs
import Postgres

/// Where failures stand in the ledger: their own episode, the open one of their control, the one before.
///
/// Says also when the time of a new episode begins to run: when the failure was detected, which producers may date back by a
/// week, and never forward.
struct FindEpisodes: Statement {
    static let sql = """
        WITH given AS (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                                 $7::boolean[], $8::text[]) WITH ORDINALITY
                 AS g (job_id, fence, customer_id, control_id, resource, detected_at, deduplicates, zone, place)
        ), known AS (
            SELECT g.*, EXISTS (SELECT FROM kushim_jira.leases l
                                WHERE l.job_id = g.job_id AND l.fence = g.fence) AS holds,
                   greatest(least(coalesce(g.detected_at, j.created_at), j.created_at),
                            j.created_at - interval '7 days') AS failed_at
            FROM given g JOIN kushim_jira.jobs j ON j.id = g.job_id
        )
        SELECT g.place, g.holds, g.failed_at,
               coalesce((SELECT max(e.episode) FROM kushim_jira.tickets e
                         WHERE e.customer_id = g.customer_id AND e.control_id = g.control_id
                           AND e.resource = g.resource), 0),
               f.id, f.state, f.issue_id, f.issue_key, f.issue_url,
               coalesce(f.state = 'done' AND g.failed_at < f.resolved_at, false),
               t.id IS NOT NULL AND NOT EXISTS (SELECT FROM kushim_jira.jobs o WHERE o.id = t.job_id
                   AND NOT EXISTS (SELECT FROM kushim_jira.finished x WHERE x.job_id = o.id)),
               \(Episode.columns(zone: "g.zone"))
        FROM known g
        LEFT JOIN LATERAL (
            SELECT * FROM kushim_jira.tickets e
            WHERE e.customer_id = g.customer_id AND e.control_id = g.control_id AND e.resource = g.resource
              AND (e.job_id = g.job_id AND e.state <> 'refused'
                   OR g.deduplicates AND e.deduplicated AND e.state IN ('creating', 'open'))
            ORDER BY e.job_id = g.job_id DESC, e.episode DESC LIMIT 1
        ) t ON true
        LEFT JOIN LATERAL (
            SELECT * FROM kushim_jira.tickets e
            WHERE e.customer_id = g.customer_id AND e.control_id = g.control_id AND e.resource = g.resource
              AND e.deduplicated AND e.state IN ('done', 'deleted')
            ORDER BY e.episode DESC LIMIT 1
        ) f ON true
        ORDER BY g.place
        """
    let intents: [Intent]

    var parameters: [any PostgresEncodable] {
        [
            intents.map(\.job.id), intents.map(\.job.fence), intents.map(\.job.customerID), intents.map(\.controlID),
            intents.map(\.resource), intents.map(\.detectedAt), intents.map(\.deduplicates), intents.map(\.timeZone),
        ]
    }

    struct Row: Sendable {
        /// Which intent; the first is 1.
        let place: Int64
        let holdsLease: Bool
        let failedAt: Date
        let lastEpisode: Int32
        let former: FormerEpisode?
        /// The failure was detected before `former` was closed.
        let isAnsweredByFormer: Bool
        /// The job that opened `episode` has ended without bringing it to an end.
        let isForsaken: Bool
        let episode: Episode?
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        try Row(
            place: columns.next(), holdsLease: columns.next(), failedAt: columns.next(), lastEpisode: columns.next(),
            former: FormerEpisode(&columns), isAnsweredByFormer: columns.next(), isForsaken: columns.next(),
            episode: Episode(&columns))
    }
}

extension FormerEpisode {
    init?(_ columns: inout ColumnReader) throws(PostgresError) {
        let id: Int64? = try columns.next()
        let state: String? = try columns.next()
        let issueID: String? = try columns.next()
        let issueKey: String? = try columns.next()
        let issueURL: String? = try columns.next()
        guard let id, let state = state.flatMap(Episode.State.init(rawValue:)),
            let issue = IssueReference(id: issueID, key: issueKey, url: issueURL)
        else { return nil }
        self.init(ticketID: id, issue: issue, state: state)
    }
}
