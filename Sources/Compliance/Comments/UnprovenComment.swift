import Jobs
import Postgres

/// A comment was sent, and the answer does not tell whether it was posted. The doubt itself stands since before the request.
struct UnprovenComment: Effect {
    /// What came instead of Jira's word.
    var answer: String

    static func statement(for batch: [(job: ClaimedJob, effect: UnprovenComment)]) -> NoteUnprovenComments {
        NoteUnprovenComments(comments: batch.map { (job: $0.job.id, answer: $0.effect.answer) })
    }
}

struct NoteUnprovenComments: Statement {
    static let sql = """
        UPDATE kushim_jira.comments c SET unproven = c.unproven + 1, last_answer = g.answer
        FROM unnest($1::bigint[], $2::text[]) AS g (job_id, answer)
        WHERE c.job_id = g.job_id AND c.state = 'intended'
        """
    let comments: [(job: Int64, answer: String)]

    var parameters: [any PostgresEncodable] { [comments.map(\.job), comments.map(\.answer)] }
}

/// What a job's comment has met on its way so far.
struct ReadCommentTrouble: Statement {
    static let sql = "SELECT unproven, last_answer FROM kushim_jira.comments WHERE job_id = $1"
    let jobID: Int64

    var parameters: [any PostgresEncodable] { [jobID] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> SendTrouble {
        let unproven: Int32 = try columns.next()
        return try SendTrouble(unproven: Int(unproven), lastAnswer: columns.next())
    }
}
