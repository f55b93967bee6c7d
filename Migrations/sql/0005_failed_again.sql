-- A control that fails again soon after its ticket was closed; alerts, and messages about them, told once.

ALTER TABLE kushim_jira.comments DROP CONSTRAINT comments_purpose_check;
ALTER TABLE kushim_jira.comments ADD CONSTRAINT "purpose: passed or failed_again" CHECK (purpose IN ('passed', 'failed_again'));
CREATE UNIQUE INDEX "one failed_again comment for each ticket" ON kushim_jira.comments (ticket_id)
    WHERE purpose = 'failed_again';

-- The failure by which it was noticed that somebody had reopened the ticket.
ALTER TABLE kushim_jira.tickets ADD COLUMN reopened_by bigint;

CREATE TABLE kushim_jira.alerts (
    ticket_id  bigint      NOT NULL REFERENCES kushim_jira.tickets,
    threshold  text        NOT NULL,            -- 75%, 24h, 0h ...
    job_id     bigint      NOT NULL,
    raised_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ticket_id, threshold)
);
INSERT INTO kushim_jira.alerts (ticket_id, threshold, job_id, raised_at)
SELECT t.id, a.detail ->> 'threshold', min(a.job_id), min(a.recorded_at)
FROM kushim_jira.audit_log a JOIN kushim_jira.tickets t USING (customer_id, issue_key)
WHERE a.action = 'sla.alerted' AND a.job_id IS NOT NULL AND a.detail ? 'threshold'
GROUP BY t.id, a.detail ->> 'threshold';

-- What was posted, or perhaps posted, where nobody can look whether it was.
CREATE TABLE kushim_jira.messages (
    ticket_id    bigint      NOT NULL REFERENCES kushim_jira.tickets,
    threshold    text        NOT NULL,
    job_id       bigint      NOT NULL,          -- the notification that sent it last
    state        text        NOT NULL DEFAULT 'intended' CHECK (state IN ('intended', 'sent', 'unknown')),
    sends        integer     NOT NULL,
    last_sent_at timestamptz NOT NULL,          -- set and committed before each request
    in_doubt     boolean     NOT NULL,          -- so is this; cleared when the request surely had no effect
    settled_at   timestamptz,
    PRIMARY KEY (ticket_id, threshold),
    CONSTRAINT "what is settled is not in doubt" CHECK (state = 'intended' OR NOT in_doubt)
);

COMMENT ON TABLE kushim_jira.alerts IS 'Which thresholds of a due date were told of: one row for each ticket and threshold.';
COMMENT ON TABLE kushim_jira.messages IS 'Messages about alerts, each sent at most once; unknown: nobody can tell whether it arrived.';

GRANT SELECT, INSERT, UPDATE ON kushim_jira.alerts, kushim_jira.messages TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.alerts, kushim_jira.messages TO kushim_jira_auditor;
