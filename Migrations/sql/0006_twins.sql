-- Issues that look like a ticket's double: found by a sweep over open tickets, told to people, and left alone.
ALTER TABLE kushim_jira.tickets
    ADD twins        text[]      NOT NULL DEFAULT '{}',  -- keys of issues that carry this ticket's mark and are not it
    ADD twins_due_at timestamptz NOT NULL DEFAULT clock_timestamp() + interval '1 hour';  -- when they are looked for

CREATE INDEX tickets_by_twins_due ON kushim_jira.tickets (twins_due_at) WHERE state = 'open';

COMMENT ON COLUMN kushim_jira.tickets.twins IS 'Keys of other Jira issues that carry this ticket''s mark: clones, or a double.';
