-- As what a ticket was closed: some resolutions accept the risk, and keep new tickets away.
ALTER TABLE kushim_jira.tickets ADD COLUMN resolution text;
COMMENT ON COLUMN kushim_jira.tickets.resolution IS 'As Jira calls it; of a ticket that is done.';
