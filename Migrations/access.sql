GRANT USAGE ON SCHEMA kushim_jira TO kushim_jira_auditor
GRANT USAGE ON SCHEMA kushim_jira TO kushim_jira_producer
GRANT USAGE ON SCHEMA kushim_jira TO kushim_jira_worker
REVOKE ALL ON FUNCTION kushim_jira.add_range(first bigint, past bigint) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.admit_job() FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.arrived_at(job bigint, inserted timestamp with time zone) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.audit_log_is_append_only() FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.broken_rule(kind text, customer_id text, payload jsonb, run_at timestamp with time zone, priority smallint, unique_key text) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.due_at(start timestamp with time zone, seconds bigint, business boolean, zone text) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.enqueue(kind text, customer_id text, payload jsonb, run_at timestamp with time zone, priority bigint, unique_key text) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.extend_ranges(span interval) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.forget_jobs(completed interval, discarded interval) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.guard_partition(part text) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.happened_at(detected timestamp with time zone, inserted timestamp with time zone) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.is_array_of_text_or_absent(value jsonb) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.is_blank(value text) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.is_text(value jsonb, most integer) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.is_text_or_absent(value jsonb, most integer) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.is_time_or_absent(value jsonb) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.jobs_are_not_changed() FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.lease_lost(job bigint) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.mend_times(always boolean) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.note_when_a_gate_is_set() FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.payload_text(payload jsonb, most integer) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.unfinished_job(of_kind text, of_customer text, key text) FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.unfinished_jobs_stay() FROM PUBLIC
REVOKE ALL ON FUNCTION kushim_jira.wake_workers(lane text) FROM PUBLIC
GRANT EXECUTE ON FUNCTION kushim_jira.arrived_at(job bigint, inserted timestamp with time zone) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.due_at(start timestamp with time zone, seconds bigint, business boolean, zone text) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.enqueue(kind text, customer_id text, payload jsonb, run_at timestamp with time zone, priority bigint, unique_key text) TO kushim_jira_producer
GRANT EXECUTE ON FUNCTION kushim_jira.enqueue(kind text, customer_id text, payload jsonb, run_at timestamp with time zone, priority bigint, unique_key text) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.extend_ranges(span interval) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.forget_jobs(completed interval, discarded interval) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.happened_at(detected timestamp with time zone, inserted timestamp with time zone) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.lease_lost(job bigint) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.mend_times(always boolean) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.payload_text(payload jsonb, most integer) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.unfinished_job(of_kind text, of_customer text, key text) TO kushim_jira_producer
GRANT EXECUTE ON FUNCTION kushim_jira.unfinished_job(of_kind text, of_customer text, key text) TO kushim_jira_worker
GRANT EXECUTE ON FUNCTION kushim_jira.wake_workers(lane text) TO kushim_jira_worker
GRANT DELETE ON TABLE kushim_jira.dead_jobs TO kushim_jira_worker
GRANT DELETE ON TABLE kushim_jira.gates TO kushim_jira_worker
GRANT DELETE ON TABLE kushim_jira.leases TO kushim_jira_worker
GRANT DELETE ON TABLE kushim_jira.ready TO kushim_jira_worker
GRANT DELETE ON TABLE kushim_jira.scheduled TO kushim_jira_worker
GRANT DELETE ON TABLE kushim_jira.unique_jobs TO kushim_jira_worker
GRANT DELETE ON TABLE kushim_jira.workers TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.alerts TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.attempts TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.comments TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.dead_jobs TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.floods TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.gates TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.leases TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.messages TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.passes TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.ready TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.scheduled TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.tickets TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.turns TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.unique_jobs TO kushim_jira_worker
GRANT INSERT ON TABLE kushim_jira.workers TO kushim_jira_worker
GRANT SELECT ON SEQUENCE kushim_jira.asleep_until TO kushim_jira_worker
GRANT SELECT ON SEQUENCE kushim_jira.jobs_id_seq TO kushim_jira_worker
GRANT SELECT ON SEQUENCE kushim_jira.quiet_until TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.alerts TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.alerts TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.attempts TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.attempts TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.audit_log TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.audit_log TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.comments TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.comments TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.connections TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.customer_limits TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.customer_limits TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.customer_settings TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.customer_settings TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.dead_jobs TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.dead_jobs TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.dead_letters TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.dead_letters TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.finished TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.finished TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.floods TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.floods TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.gates TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.gates TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.installation TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.job_history TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.job_history TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.job_ranges TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.job_status TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.job_status TO kushim_jira_producer
GRANT SELECT ON TABLE kushim_jira.job_status TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.job_subjects TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.job_subjects TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.jobs TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.leases TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.leases TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.messages TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.messages TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.migrations TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.migrations TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.open_tickets TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.open_tickets TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.passes TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.passes TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.queue_health TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.queue_health TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.ready TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.ready TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.scheduled TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.scheduled TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.sla_status TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.sla_status TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.tickets TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.tickets TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.turns TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.unique_jobs TO kushim_jira_worker
GRANT SELECT ON TABLE kushim_jira.workers TO kushim_jira_auditor
GRANT SELECT ON TABLE kushim_jira.workers TO kushim_jira_worker
GRANT UPDATE ON SEQUENCE kushim_jira.asleep_until TO kushim_jira_worker
GRANT UPDATE ON SEQUENCE kushim_jira.quiet_until TO kushim_jira_worker
GRANT UPDATE ON TABLE kushim_jira.comments TO kushim_jira_worker
GRANT UPDATE ON TABLE kushim_jira.floods TO kushim_jira_worker
GRANT UPDATE ON TABLE kushim_jira.gates TO kushim_jira_worker
GRANT UPDATE ON TABLE kushim_jira.messages TO kushim_jira_worker
GRANT UPDATE ON TABLE kushim_jira.passes TO kushim_jira_worker
GRANT UPDATE ON TABLE kushim_jira.scheduled TO kushim_jira_worker
GRANT UPDATE ON TABLE kushim_jira.tickets TO kushim_jira_worker
GRANT USAGE ON SEQUENCE kushim_jira.fence_seq TO kushim_jira_worker
GRANT USAGE ON SEQUENCE kushim_jira.ready_seq TO kushim_jira_worker
GRANT INSERT (action) ON TABLE kushim_jira.audit_log TO kushim_jira_worker
GRANT INSERT (actor) ON TABLE kushim_jira.audit_log TO kushim_jira_worker
GRANT INSERT (control_id) ON TABLE kushim_jira.audit_log TO kushim_jira_worker
GRANT INSERT (customer_id) ON TABLE kushim_jira.audit_log TO kushim_jira_worker
GRANT INSERT (customer_id) ON TABLE kushim_jira.connections TO kushim_jira_worker
GRANT INSERT (customer_id) ON TABLE kushim_jira.jobs TO kushim_jira_producer
GRANT INSERT (customer_id) ON TABLE kushim_jira.jobs TO kushim_jira_worker
GRANT INSERT (detail) ON TABLE kushim_jira.audit_log TO kushim_jira_worker
GRANT INSERT (issue_key) ON TABLE kushim_jira.audit_log TO kushim_jira_worker
GRANT INSERT (job_id) ON TABLE kushim_jira.audit_log TO kushim_jira_worker
GRANT INSERT (kind) ON TABLE kushim_jira.jobs TO kushim_jira_producer
GRANT INSERT (kind) ON TABLE kushim_jira.jobs TO kushim_jira_worker
GRANT INSERT (paused) ON TABLE kushim_jira.connections TO kushim_jira_worker
GRANT INSERT (payload) ON TABLE kushim_jira.jobs TO kushim_jira_producer
GRANT INSERT (payload) ON TABLE kushim_jira.jobs TO kushim_jira_worker
GRANT INSERT (priority) ON TABLE kushim_jira.jobs TO kushim_jira_producer
GRANT INSERT (priority) ON TABLE kushim_jira.jobs TO kushim_jira_worker
GRANT INSERT (run_at) ON TABLE kushim_jira.jobs TO kushim_jira_producer
GRANT INSERT (run_at) ON TABLE kushim_jira.jobs TO kushim_jira_worker
GRANT INSERT (unique_key) ON TABLE kushim_jira.jobs TO kushim_jira_producer
GRANT INSERT (unique_key) ON TABLE kushim_jira.jobs TO kushim_jira_worker
GRANT SELECT (changed_at) ON TABLE kushim_jira.connections TO kushim_jira_auditor
GRANT SELECT (created_at) ON TABLE kushim_jira.connections TO kushim_jira_auditor
GRANT SELECT (created_at) ON TABLE kushim_jira.jobs TO kushim_jira_auditor
GRANT SELECT (customer_id) ON TABLE kushim_jira.connections TO kushim_jira_auditor
GRANT SELECT (customer_id) ON TABLE kushim_jira.jobs TO kushim_jira_auditor
GRANT SELECT (id) ON TABLE kushim_jira.jobs TO kushim_jira_auditor
GRANT SELECT (id) ON TABLE kushim_jira.jobs TO kushim_jira_producer
GRANT SELECT (kind) ON TABLE kushim_jira.jobs TO kushim_jira_auditor
GRANT SELECT (paused) ON TABLE kushim_jira.connections TO kushim_jira_auditor
GRANT SELECT (priority) ON TABLE kushim_jira.jobs TO kushim_jira_auditor
GRANT SELECT (run_at) ON TABLE kushim_jira.jobs TO kushim_jira_auditor
GRANT SELECT (unique_key) ON TABLE kushim_jira.jobs TO kushim_jira_auditor
GRANT UPDATE (about) ON TABLE kushim_jira.workers TO kushim_jira_worker
GRANT UPDATE (changed_at) ON TABLE kushim_jira.connections TO kushim_jira_worker
GRANT UPDATE (customer_id) ON TABLE kushim_jira.turns TO kushim_jira_worker
GRANT UPDATE (heartbeat_at) ON TABLE kushim_jira.workers TO kushim_jira_worker
GRANT UPDATE (paused) ON TABLE kushim_jira.connections TO kushim_jira_worker
GRANT UPDATE (seq) ON TABLE kushim_jira.ready TO kushim_jira_worker
GRANT UPDATE (snoozes) ON TABLE kushim_jira.leases TO kushim_jira_worker
GRANT UPDATE (state) ON TABLE kushim_jira.workers TO kushim_jira_worker
ALTER TABLE kushim_jira.jobs ENABLE ROW LEVEL SECURITY
CREATE POLICY "kind: producers insert compliance_failure and compliance_pass" ON kushim_jira.jobs AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK (((kind = ANY (ARRAY['compliance_failure'::text, 'compliance_pass'::text])) OR pg_has_role('kushim_jira_worker'::name, 'USAGE'::text)))
CREATE POLICY everybody_with_the_right ON kushim_jira.jobs AS PERMISSIVE FOR ALL TO PUBLIC USING (true) WITH CHECK (true)
