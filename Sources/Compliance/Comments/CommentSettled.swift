import Jobs
import Postgres

/// What became of the comment of a job.
struct CommentSettled: Effect {
    enum How: Sendable {
        case posted(commentID: String)
        /// Surely not posted; it may be sent again.
        case notPosted
        /// Never to be posted.
        case refused
    }

    var how: How

    static func statement(for batch: [(job: ClaimedJob, effect: CommentSettled)]) -> SettleComments {
        SettleComments(settled: batch.map { (job: $0.job.id, how: $0.effect.how) })
    }
}

struct SettleComments: Statement {
    static let sql = """
        UPDATE kushim_jira.comments c
        SET state = g.state, comment_id = g.comment_id, in_doubt = false,
            posted_at = CASE WHEN g.state = 'posted' THEN clock_timestamp() END
        FROM unnest($1::bigint[], $2::text[], $3::text[]) AS g (job_id, state, comment_id)
        WHERE c.job_id = g.job_id AND c.state = 'intended'
        """
    let settled: [(job: Int64, how: CommentSettled.How)]

    var parameters: [any PostgresEncodable] {
        [
            settled.map(\.job),
            settled.map { settlement -> String in
                switch settlement.how {
                case .posted: "posted"
                case .notPosted: "intended"
                case .refused: "refused"
                }
            },
            settled.map { settlement -> String? in
                if case .posted(let id) = settlement.how { id } else { nil }
            },
        ]
    }
}
