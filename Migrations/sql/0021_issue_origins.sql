-- An issue belongs to the site that made it. Its id alone proves nothing: another Jira numbers its issues alike, and a Jira that
-- was restored from a backup gives the same ids again.
ALTER TABLE kushim_jira.tickets
    ADD COLUMN origin               text,
    ADD COLUMN issue_created_at     timestamptz,
    ADD COLUMN resolved_at_estimated boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN kushim_jira.tickets.origin IS
    'The site that has the issue, as people see it. Null until something on the issue proved that it is this ticket''s.';
COMMENT ON COLUMN kushim_jira.tickets.issue_created_at IS
    'When the issue was created, by Jira''s clock: with its id, what tells it from an issue that was given the same id later.';
COMMENT ON COLUMN kushim_jira.tickets.resolved_at_estimated IS
    'Jira told no exact time: the ticket was done at resolved_at at the latest.';

ALTER TABLE kushim_jira.tickets DROP CONSTRAINT tickets_state_check;
ALTER TABLE kushim_jira.tickets ADD CONSTRAINT tickets_state_check
    CHECK (state IN ('creating', 'open', 'done', 'deleted', 'left', 'refused')) NOT VALID;
COMMENT ON COLUMN kushim_jira.tickets.state IS
    'creating, open, done; deleted: its issue is gone from Jira; left: its issue stays at a site that the customer moved away from;
     refused: given up without an issue.';

-- An issue that is gone holds its id no longer.
DROP INDEX kushim_jira."one episode for each issue";
CREATE UNIQUE INDEX "one episode for each issue"
    ON kushim_jira.tickets (issue_id, split_part(issue_url, '/browse/', 1))
    WHERE issue_id IS NOT NULL AND state IN ('creating', 'open', 'done');

ALTER TABLE kushim_jira.audit_log DROP CONSTRAINT "action: one of the contract's";
ALTER TABLE kushim_jira.audit_log ADD CONSTRAINT "action: one of the contract's"
    CHECK (action IN ('job.claimed_again', 'job.retried', 'job.discarded', 'job.cancelled',
                      'ticket.created', 'ticket.adopted', 'ticket.deduplicated', 'ticket.skipped', 'ticket.commented',
                      'ticket.resolved', 'ticket.escalated', 'ticket.deleted', 'ticket.held', 'ticket.twins', 'ticket.moved',
                      'ticket.linked', 'ticket.unlinked', 'acceptance.ending', 'acceptance.ended',
                      'sla.scheduled', 'sla.alerted', 'sla.met', 'webhook.received', 'webhook.refused',
                      'recheck.requested', 'notification.sent', 'notification.dropped', 'credential.expiring',
                      'connection.opened', 'connection.blocked', 'connection.changed')
           OR action LIKE 'admin.%') NOT VALID;
