-- A pass that comes while its control has no ticket: a failure from before it that still waits ends with it, since the control
-- needs no ticket any more.
CREATE TABLE kushim_jira.passes (
    customer_id text        NOT NULL,
    control_id  text        NOT NULL,
    resource    text        NOT NULL,
    passed_at   timestamptz NOT NULL,    -- when the control was seen to pass
    inserted_at timestamptz NOT NULL,    -- when the queue was told of it: what is inserted later is not answered by it
    job_id      bigint      NOT NULL,    -- the pass
    PRIMARY KEY (customer_id, control_id, resource)
);
COMMENT ON TABLE kushim_jira.passes IS 'Of each control without a ticket: the newest pass, which ends the failures that wait from before it.';

GRANT SELECT, INSERT, UPDATE ON kushim_jira.passes TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.passes TO kushim_jira_auditor;
