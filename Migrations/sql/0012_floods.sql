-- tickets.per_hour: how many tickets a customer gets in an hour; the rest of a flood waits.
ALTER TABLE kushim_jira.tickets ADD COLUMN let_through_at timestamptz;
COMMENT ON COLUMN kushim_jira.tickets.let_through_at IS 'Where tickets.per_hour is set: when it was this ticket''s turn to be created.';
CREATE INDEX tickets_let_through ON kushim_jira.tickets (customer_id, let_through_at) WHERE let_through_at IS NOT NULL;

-- An hour without a ticket that had to wait ends a flood.
CREATE TABLE kushim_jira.floods (
    customer_id text        PRIMARY KEY,
    began_at    timestamptz NOT NULL,
    met_at      timestamptz NOT NULL     -- when a ticket last had to wait
);
COMMENT ON TABLE kushim_jira.floods IS 'Customers whose tickets had to wait for tickets.per_hour, and since when.';

GRANT SELECT, INSERT, UPDATE ON kushim_jira.floods TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.floods TO kushim_jira_auditor;
