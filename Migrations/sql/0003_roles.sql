-- Three roles without login, to be granted to the logins of producers, of the daemon, and of admins and auditors.
-- They belong to the cluster, so another database may have made them already.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['kushim_jira_producer', 'kushim_jira_worker', 'kushim_jira_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- a migration of another database was faster
            END;
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA kushim_jira FROM PUBLIC;
GRANT USAGE ON SCHEMA kushim_jira TO kushim_jira_producer, kushim_jira_worker, kushim_jira_auditor;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA kushim_jira FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    kushim_jira.is_text(jsonb, integer), kushim_jira.is_text_or_absent(jsonb, integer),
    kushim_jira.is_array_of_text_or_absent(jsonb), kushim_jira.unfinished_job(text, text, text),
    kushim_jira.enqueue(text, text, jsonb, timestamptz, smallint, text)
    TO kushim_jira_producer, kushim_jira_worker;
GRANT EXECUTE ON FUNCTION kushim_jira.due_at(timestamptz, bigint, boolean, text) TO kushim_jira_worker;

-- A producer inserts events and reads their state, nothing else.
GRANT INSERT (kind, customer_id, payload, run_at, priority, unique_key), SELECT (id) ON kushim_jira.jobs TO kushim_jira_producer;
GRANT SELECT ON kushim_jira.job_status TO kushim_jira_producer;

ALTER TABLE kushim_jira.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_with_the_right ON kushim_jira.jobs USING (true) WITH CHECK (true);
CREATE POLICY "kind: producers insert compliance_failure and compliance_pass" ON kushim_jira.jobs AS RESTRICTIVE
    FOR INSERT TO kushim_jira_producer WITH CHECK (kind IN ('compliance_failure', 'compliance_pass'));

-- The daemon. It may add to the audit log, and not set what puts the log in order.
GRANT SELECT, INSERT, DELETE ON kushim_jira.jobs TO kushim_jira_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    kushim_jira.ready, kushim_jira.scheduled, kushim_jira.leases, kushim_jira.finished, kushim_jira.attempts,
    kushim_jira.unique_jobs, kushim_jira.workers, kushim_jira.gates TO kushim_jira_worker;
GRANT SELECT, INSERT, UPDATE ON kushim_jira.tickets, kushim_jira.comments TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.connections, kushim_jira.installation TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.migrations TO kushim_jira_worker, kushim_jira_auditor;  -- made by the migrator, before any migration
GRANT SELECT ON kushim_jira.audit_log TO kushim_jira_worker;
GRANT INSERT (customer_id, job_id, action, control_id, issue_key, actor, detail) ON kushim_jira.audit_log TO kushim_jira_worker;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA kushim_jira TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.job_status, kushim_jira.dead_letters, kushim_jira.job_history, kushim_jira.queue_health,
    kushim_jira.open_tickets, kushim_jira.sla_status TO kushim_jira_worker, kushim_jira_auditor;

GRANT SELECT ON kushim_jira.audit_log, kushim_jira.tickets, kushim_jira.comments, kushim_jira.gates TO kushim_jira_auditor;
