-- An auditor reads all that the README's queries and the reading commands read, and no more: of a job everything but its payload,
-- of a customer's settings not those that hold secrets. And each worker says what it works with.

CREATE VIEW kushim_jira.job_subjects AS
SELECT id, kind, customer_id, payload ->> 'controlId' AS control_id, coalesce(payload ->> 'resource', '') AS resource
FROM kushim_jira.jobs;
COMMENT ON VIEW kushim_jira.job_subjects IS 'Which control each job is about, for readers who may not see payloads.';

CREATE VIEW kushim_jira.customer_settings AS
SELECT customer_id, paused, changed_at,
       (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(settings)
        WHERE key IN ('tickets', 'sla', 'recheck')) AS settings,
       (SELECT coalesce(array_agg(key ORDER BY key), '{}') FROM jsonb_each(settings)
        WHERE key NOT IN ('tickets', 'sla', 'recheck')) AS hidden
FROM kushim_jira.connections;
COMMENT ON VIEW kushim_jira.customer_settings IS
    'The settings of customers without the sections that may hold secrets; of those, the names.';

GRANT SELECT (id, kind, customer_id, run_at, priority, unique_key, created_at) ON kushim_jira.jobs TO kushim_jira_auditor;
GRANT SELECT (customer_id, paused, created_at, changed_at) ON kushim_jira.connections TO kushim_jira_auditor;
GRANT SELECT ON kushim_jira.ready, kushim_jira.scheduled, kushim_jira.leases, kushim_jira.finished, kushim_jira.dead_jobs,
    kushim_jira.attempts, kushim_jira.workers, kushim_jira.customer_limits TO kushim_jira_auditor;
GRANT SELECT ON kushim_jira.job_subjects, kushim_jira.customer_settings TO kushim_jira_worker, kushim_jira_auditor;

-- Commands that run elsewhere tell from this what the daemons use.
ALTER TABLE kushim_jira.workers ADD COLUMN about jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN kushim_jira.workers.about IS
    'What the worker says of itself: its Jira, the account, its settings for tickets, what keeps it from working. No secrets.';
GRANT UPDATE (about) ON kushim_jira.workers TO kushim_jira_worker;
