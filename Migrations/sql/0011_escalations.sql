-- Comments that follow a failure of a control with an open ticket: one for each higher severity; one a day, or each time.
ALTER TABLE kushim_jira.comments DROP CONSTRAINT "purpose: passed or failed_again";
ALTER TABLE kushim_jira.comments ADD CONSTRAINT "purpose: passed, failed_again, escalated or repeated"
    CHECK (purpose IN ('passed', 'failed_again', 'escalated', 'repeated'));
ALTER TABLE kushim_jira.comments ADD COLUMN occasion text;
COMMENT ON COLUMN kushim_jira.comments.occasion IS 'What a ticket has one comment of a purpose for: a severity, a day. Null: any number.';
CREATE UNIQUE INDEX "one comment for each occasion" ON kushim_jira.comments (ticket_id, purpose, occasion);
