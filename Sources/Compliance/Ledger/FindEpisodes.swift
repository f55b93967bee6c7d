import FoundationEssentials
import Jobs
import Postgres

/// Where failures stand in the ledger: their own episode, the open one of their control, the one before; and for a failure
/// whose own comment is in doubt, instead of the one before, the ticket on which that may stand.
///
/// Says also when the time of a new episode begins to run: when the failure was detected, which producers may date back by a
/// week, and never forward.
struct FindEpisodes: Statement {
    static let sql = """
        WITH given AS (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                                 $7::boolean[], $8::text[], $9::bigint[]) WITH ORDINALITY
                 AS g (job_id, fence, customer_id, control_id, resource, detected_at, deduplicates, zone, window_seconds,
                       place)
        ), known AS (
            SELECT g.*, j.created_at AS inserted_at, EXISTS (SELECT FROM kushim_jira.leases l
                                WHERE l.job_id = g.job_id AND l.fence = g.fence) AS holds,
                   kushim_jira.happened_at(g.detected_at, j.created_at) AS failed_at
            FROM given g JOIN kushim_jira.jobs j ON j.id = g.job_id
        )
        SELECT g.place, g.holds, event.failed_at,
               (SELECT p.passed_at FROM kushim_jira.passes p
                WHERE p.customer_id = g.customer_id AND p.control_id = g.control_id AND p.resource = g.resource
                  AND p.passed_at >= g.failed_at
                  -- The clock may have been set back since the pass.
                  AND p.inserted_at >= kushim_jira.arrived_at(g.job_id, g.inserted_at)),
               coalesce((SELECT max(e.episode) FROM kushim_jira.tickets e
                         WHERE e.customer_id = g.customer_id AND e.control_id = g.control_id
                           AND e.resource = g.resource), 0),
               f.id, f.state, f.issue_id, f.issue_key, f.issue_url,
               \(KnownIssue.columns(of: "f")),
               f.resolved_at,
               -- The end is known to a second or so: without a window no failure may fall into one for that.
               CASE WHEN g.window_seconds > 0 THEN f.resolved_at + make_interval(secs => g.window_seconds) END, f.resolution,
               c.id, c.job_id, c.state, c.sends, c.in_doubt,
               extract(epoch FROM clock_timestamp() - c.last_sent_at)::float8,
               c.id IS NOT NULL AND NOT EXISTS (SELECT FROM kushim_jira.jobs o WHERE o.id = c.job_id
                   AND NOT EXISTS (SELECT FROM kushim_jira.finished x WHERE x.job_id = o.id)),
               -- Two seconds for what passes between Jira's answer and this clock on a busy host: rather a ticket too many than a
               -- failure taken for older than the close.
               coalesce(f.state = 'done' AND NOT f.resolved_at_estimated
                        AND event.failed_at < f.resolved_at - interval '2 s', false),
               t.id IS NOT NULL AND NOT EXISTS (SELECT FROM kushim_jira.jobs o WHERE o.id = t.job_id
                   AND NOT EXISTS (SELECT FROM kushim_jira.finished x WHERE x.job_id = o.id)),
               t.id IS NOT NULL AND NOT t.in_doubt AND EXISTS (SELECT FROM kushim_jira.scheduled s
                   WHERE s.job_id = t.job_id AND s.run_at > clock_timestamp()),
               coalesce(t.reopened_by = g.job_id, false),
               \(Episode.columns(zone: "g.zone"))
        FROM known g
        LEFT JOIN LATERAL (
            SELECT * FROM kushim_jira.tickets e
            WHERE e.customer_id = g.customer_id AND e.control_id = g.control_id AND e.resource = g.resource
              AND (e.job_id = g.job_id AND e.state <> 'refused'
                   OR g.deduplicates AND e.deduplicated AND e.state IN ('creating', 'open'))
            ORDER BY e.job_id = g.job_id DESC, e.episode DESC LIMIT 1
        ) t ON true
        LEFT JOIN kushim_jira.comments own ON own.job_id = g.job_id AND own.in_doubt AND own.purpose = 'failed_again'
        LEFT JOIN kushim_jira.tickets f ON f.id = coalesce(own.ticket_id, (
            SELECT e.id FROM kushim_jira.tickets e
            WHERE e.customer_id = g.customer_id AND e.control_id = g.control_id AND e.resource = g.resource
              AND e.deduplicated AND e.state IN ('done', 'deleted', 'left')
            ORDER BY e.episode DESC LIMIT 1))
        LEFT JOIN kushim_jira.comments c ON c.ticket_id = f.id AND c.purpose = 'failed_again'
        -- Where there is a close to be older than, the clock may have been set back since.
        CROSS JOIN LATERAL (
            SELECT CASE WHEN f.id IS NULL THEN g.failed_at
                        ELSE kushim_jira.happened_at(g.detected_at, kushim_jira.arrived_at(g.job_id, g.inserted_at)) END
                   AS failed_at
        ) AS event
        ORDER BY g.place
        """
    let intents: [Intent]

    var parameters: [any PostgresEncodable] {
        [
            intents.map(\.job.id), intents.map(\.job.fence), intents.map(\.job.customerID), intents.map(\.controlID),
            intents.map(\.resource), intents.map(\.detectedAt), intents.map(\.deduplicates), intents.map(\.timeZone),
            intents.map(\.window.seconds),
        ]
    }

    struct Row: Sendable {
        /// Which intent; the first is 1.
        let place: Int64
        let holdsLease: Bool
        let failedAt: Date
        /// Since when the control passes, if that was told after this failure.
        let passedAt: Date?
        let lastEpisode: Int32
        let former: FormerEpisode?
        /// The same with what a failure after its end needs to know.
        let closed: ClosedTicket?
        /// The failure was detected before `former` was closed.
        let isAnsweredByFormer: Bool
        /// The job that opened `episode` has ended without bringing it to an end.
        let isForsaken: Bool
        /// The job that opened `episode` is put off for a while, and nothing it sent is in doubt.
        let isPutOff: Bool
        /// This failure saw that somebody had reopened the ticket of `episode`.
        let sawReopening: Bool
        let episode: Episode?
    }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
        let place: Int64 = try columns.next()
        let holdsLease: Bool = try columns.next()
        let failedAt: Date = try columns.next()
        let passedAt: Date? = try columns.next()
        let lastEpisode: Int32 = try columns.next()
        let former = try FormerEpisode(&columns)
        return try Row(
            place: place, holdsLease: holdsLease, failedAt: failedAt, passedAt: passedAt,
            lastEpisode: lastEpisode, former: former,
            closed: ClosedTicket(&columns, of: former, failedAt: failedAt), isAnsweredByFormer: columns.next(),
            isForsaken: columns.next(), isPutOff: columns.next(), sawReopening: columns.next(),
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
