-- Requests of Jira Service Management take no property and seldom a label: their mark stands in the description.
ALTER TABLE kushim_jira.tickets ADD COLUMN requested boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN kushim_jira.tickets.requested IS 'A create request was sent to a service desk; its issue is found by the mark in its description.';
