import Jobs
import Postgres

/// The job was given up: an episode for which surely nothing stands in Jira ends with it, so that the next failure opens one.
/// One in doubt stays, for the next failure to take over and look.
struct EpisodeGivenUp: Effect {
    static func statement(for batch: [(job: ClaimedJob, effect: EpisodeGivenUp)]) -> GiveUpEpisodes {
        GiveUpEpisodes(jobs: batch.map(\.job.id))
    }
}

struct GiveUpEpisodes: Statement {
    static let sql = """
        UPDATE kushim_jira.tickets SET state = 'refused'
        WHERE job_id = ANY ($1) AND state = 'creating' AND NOT in_doubt
        """
    let jobs: [Int64]

    var parameters: [any PostgresEncodable] { [jobs] }
}
