-- Tickets that exist in Jira already are adopted, and an issue stands for one episode only: of two that find the same one at the
-- same time, whatever their customers, the second cannot settle and looks again. A site is what stands before /browse/.
CREATE UNIQUE INDEX "one episode for each issue"
    ON kushim_jira.tickets (issue_id, split_part(issue_url, '/browse/', 1)) WHERE issue_id IS NOT NULL;
DROP INDEX kushim_jira.tickets_by_issue;
