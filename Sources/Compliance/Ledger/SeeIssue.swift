import FoundationEssentials
import Jira
import Postgres

/// Jira showed an issue that is surely a ticket's: its site and its time of creation are its identity from now on. Where key or
/// site is another than the ledger had, that is recorded.
///
/// Another ticket that had the issue got it by a wrong answer, and keeps its place until Jira shows its own: the key of the issue
/// stands for its id until then, which leads to an issue that is not its own.
struct SeeIssue: Statement {
    static let sql = """
        WITH before AS (
            SELECT t.id, t.issue_key, t.issue_url FROM kushim_jira.tickets t
            WHERE t.id = $1 AND t.state IN ('open', 'done') FOR UPDATE
        ), displaced AS (
            UPDATE kushim_jira.tickets o SET issue_id = o.issue_key
            FROM before b
            WHERE o.id <> b.id AND o.issue_id = $2 AND o.state IN ('creating', 'open', 'done')
              AND split_part(o.issue_url, '/browse/', 1) = split_part($4, '/browse/', 1)
            RETURNING o.id
        ), seen AS (
            UPDATE kushim_jira.tickets t
            SET issue_id = $2, issue_key = $3, issue_url = $4, origin = $5,
                issue_created_at = coalesce($6, t.issue_created_at), project_key = coalesce($7, t.project_key)
            -- The id is free before it is taken.
            FROM before b CROSS JOIN (SELECT count(*) FROM displaced) AS freed WHERE t.id = b.id
            RETURNING t.*, b.issue_key AS former_key, b.issue_url AS former_url
        )
        INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, control_id, issue_key, actor, detail)
        SELECT customer_id, $8, 'ticket.moved', control_id, issue_key, $9,
               jsonb_build_object('from', former_key, 'to', issue_key, 'fromUrl', former_url, 'toUrl', issue_url)
        FROM seen WHERE former_url <> issue_url
        """
    let ticketID: Int64
    let issue: IssueReference
    let origin: String
    let created: Date?
    let project: String?
    let jobID: Int64?
    let actor: String

    var parameters: [any PostgresEncodable] {
        [ticketID, issue.id, issue.key, issue.url, origin, created, project, jobID, actor]
    }
}
