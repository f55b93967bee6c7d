-- The queue at its limit: fair among customers, capped, cheap to insert into, flat under old snapshots.

-- Ready jobs stand in lanes, one for each customer and priority. A claim reads the lanes whose turn it is, each from a mark the
-- worker keeps; a look at the newest rows tells in which lanes there is something new.
DROP INDEX kushim_jira.ready_in_order;
ALTER TABLE kushim_jira.ready ALTER COLUMN customer_id TYPE text COLLATE "C";
CREATE UNIQUE INDEX ready_by_lane ON kushim_jira.ready (customer_id, priority, seq);
CREATE UNIQUE INDEX ready_by_arrival ON kushim_jira.ready (seq);

-- A lease's worker is looked for only when one was lost, and the claim locks its own row itself.
DROP INDEX kushim_jira.leases_by_worker;
ALTER TABLE kushim_jira.leases DROP CONSTRAINT leases_worker_id_fkey;
ALTER TABLE kushim_jira.leases ALTER COLUMN customer_id TYPE text COLLATE "C";
CREATE INDEX leases_by_customer ON kushim_jira.leases (customer_id, fence);

CREATE TABLE kushim_jira.customer_limits (
    customer_id text    COLLATE "C" PRIMARY KEY CHECK (length(customer_id) BETWEEN 1 AND 255),
    at_once     integer NOT NULL CHECK (at_once >= 0)  -- jobs in hand, of all workers together; 0 stops the customer
);

-- How a job was completed stands in its history; a row of its own has only what was given up or cancelled.
DROP VIEW kushim_jira.job_status, kushim_jira.dead_letters, kushim_jira.queue_health;
ALTER TABLE kushim_jira.finished RENAME TO dead_jobs;
ALTER INDEX kushim_jira.finished_pkey RENAME TO dead_jobs_pkey;
DROP INDEX kushim_jira.finished_by_time;
INSERT INTO kushim_jira.attempts (job_id, fence, attempt, worker_id, started_at, ended_at, outcome)
SELECT job_id, 0, attempt, '00000000-0000-0000-0000-000000000000', finished_at, finished_at, 'completed'
FROM kushim_jira.dead_jobs d
WHERE state = 'completed' AND NOT EXISTS (SELECT FROM kushim_jira.attempts a WHERE a.job_id = d.job_id AND a.outcome = 'completed');
DELETE FROM kushim_jira.dead_jobs WHERE state = 'completed';
ALTER TABLE kushim_jira.dead_jobs DROP CONSTRAINT finished_state_check,
    ADD CONSTRAINT "state: discarded or cancelled" CHECK (state IN ('discarded', 'cancelled'));
CREATE INDEX dead_jobs_by_time ON kushim_jira.dead_jobs (finished_at);

CREATE VIEW kushim_jira.finished AS
SELECT job_id, 'completed' AS state, attempt, NULL AS reason, ended_at AS finished_at
FROM kushim_jira.attempts WHERE outcome = 'completed'
UNION ALL
SELECT job_id, state, attempt, reason, finished_at FROM kushim_jira.dead_jobs;

CREATE VIEW kushim_jira.job_status AS
SELECT j.id, j.kind, j.customer_id,
       CASE WHEN f.job_id IS NOT NULL THEN f.state
            WHEN l.job_id IS NOT NULL THEN 'running'
            ELSE 'available' END AS state,
       coalesce(s.run_at, j.run_at) AS run_at,
       j.priority,
       coalesce(f.attempt, l.attempt + 1, s.attempt,
                (SELECT max(a.attempt) FROM kushim_jira.attempts a
                 WHERE a.job_id = j.id AND a.outcome <> 'lost'), 0) AS attempt,
       coalesce(f.reason, s.reason,
                (SELECT a.error FROM kushim_jira.attempts a
                 WHERE a.job_id = j.id AND a.error IS NOT NULL ORDER BY a.fence DESC LIMIT 1)) AS last_error,
       j.created_at, f.finished_at
FROM kushim_jira.jobs j
LEFT JOIN kushim_jira.leases l ON l.job_id = j.id
LEFT JOIN kushim_jira.scheduled s ON s.job_id = j.id
LEFT JOIN kushim_jira.finished f ON f.job_id = j.id;

CREATE VIEW kushim_jira.dead_letters AS
SELECT j.id, j.kind, j.customer_id, d.finished_at AS discarded_at, d.attempt, d.losses, d.reason, j.payload, j.created_at
FROM kushim_jira.dead_jobs d JOIN kushim_jira.jobs j ON j.id = d.job_id
WHERE d.state = 'discarded';

CREATE VIEW kushim_jira.queue_health AS
WITH waiting AS (
    SELECT r.kind, count(*) AS ready, min(j.created_at) AS oldest
    FROM kushim_jira.ready r JOIN kushim_jira.jobs j ON j.id = r.job_id GROUP BY r.kind
), later AS (
    SELECT kind, count(*) AS scheduled, count(*) FILTER (WHERE reason IS NOT NULL) AS held_back, min(run_at) AS next_run_at
    FROM kushim_jira.scheduled GROUP BY kind
), running AS (
    SELECT kind, count(*) AS running, min(claimed_at) AS oldest_claim FROM kushim_jira.leases GROUP BY kind
), dead AS (
    SELECT j.kind, count(*) AS discarded
    FROM kushim_jira.dead_jobs d JOIN kushim_jira.jobs j ON j.id = d.job_id WHERE d.state = 'discarded' GROUP BY j.kind
)
SELECT kind,
       coalesce(ready, 0) AS ready, coalesce(scheduled, 0) AS scheduled, coalesce(held_back, 0) AS held_back,
       coalesce(running, 0) AS running, coalesce(discarded, 0) AS discarded,
       clock_timestamp() - oldest AS oldest_waiting, next_run_at, clock_timestamp() - oldest_claim AS longest_running
FROM (VALUES ('compliance_failure'), ('compliance_pass'), ('sla_alert'), ('notification'), ('jira_webhook'), ('recheck'))
     AS kinds (kind)
LEFT JOIN waiting USING (kind) LEFT JOIN later USING (kind) LEFT JOIN running USING (kind) LEFT JOIN dead USING (kind);

-- Unix time in milliseconds before which nobody notifies again. A commit that notifies takes a lock that all such commits of the
-- cluster share, and one notification wakes all who sleep.
CREATE SEQUENCE kushim_jira.quiet_until MINVALUE 0 START 0;

-- Tells sleeping workers that something is ready: in which lane (priority and customer), if it is one.
CREATE FUNCTION kushim_jira.wake_workers(lane text) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint := 1000 * extract(epoch FROM clock_timestamp());
BEGIN
    IF pg_sequence_last_value('kushim_jira.asleep_until') * 1000 >= now_ms
       AND coalesce(pg_sequence_last_value('kushim_jira.quiet_until'), 0) <= now_ms THEN
        PERFORM setval('kushim_jira.quiet_until', now_ms + 10);
        PERFORM pg_notify('kushim_jira', lane);
    END IF;
END
$$;

-- Ends the statement that finds a lease gone, and with it the transaction that must not be.
CREATE FUNCTION kushim_jira.lease_lost(job bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the lease on job % is not held', job USING ERRCODE = 'KJ001';
END
$$;

-- What a broken row is told is what a CHECK constraint of that name would say. Twenty constraints are planned anew by each insert,
-- which costs more than the insert; a function is planned once in a session.
ALTER TABLE kushim_jira.jobs
    DROP CONSTRAINT "kind: one of compliance_failure, compliance_pass",
    DROP CONSTRAINT "customer_id: 1 to 255 characters",
    DROP CONSTRAINT "priority: -100 to 100",
    DROP CONSTRAINT "unique_key: 1 to 500 characters",
    DROP CONSTRAINT "run_at: a finite time",
    DROP CONSTRAINT "payload: a JSON object",
    DROP CONSTRAINT "payload: at most 1 MiB",
    DROP CONSTRAINT "payload.controlId: required text of 1 to 255 characters",
    DROP CONSTRAINT "payload.controlTitle: required text of 1 to 1000 characters",
    DROP CONSTRAINT "payload.severity: one of critical, high, medium, low",
    DROP CONSTRAINT "payload.failureReason: required text",
    DROP CONSTRAINT "payload.framework: text of at most 255 characters",
    DROP CONSTRAINT "payload.integration: text of at most 255 characters",
    DROP CONSTRAINT "payload.evidenceId: text of at most 255 characters",
    DROP CONSTRAINT "payload.evidenceUrl: text of at most 2000 characters",
    DROP CONSTRAINT "payload.resource: text of at most 1000 characters",
    DROP CONSTRAINT "payload.checkId: text of at most 255 characters",
    DROP CONSTRAINT "payload.detectedAt: a time in ISO 8601",
    DROP CONSTRAINT "payload.affectedSystems: an array of texts";

CREATE FUNCTION kushim_jira.is_time_or_absent(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'null'
                    OR value #>> '{}' ~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)?)?$', true);

-- The first rule that a job breaks. A NULL breaks none here; where one is not allowed, the column says so.
CREATE FUNCTION kushim_jira.broken_rule(
    kind text, customer_id text, payload jsonb, run_at timestamptz, priority smallint, unique_key text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF NOT (length(customer_id) BETWEEN 1 AND 255 AND customer_id ~ '\S') THEN
        RETURN 'customer_id: 1 to 255 characters';
    ELSIF kind = 'compliance_failure' THEN
        IF NOT kushim_jira.is_array_of_text_or_absent(payload -> 'affectedSystems') THEN
            RETURN 'payload.affectedSystems: an array of texts';
        ELSIF NOT kushim_jira.is_text_or_absent(payload -> 'checkId', 255) THEN
            RETURN 'payload.checkId: text of at most 255 characters';
        ELSIF NOT kushim_jira.is_text(payload -> 'controlId', 255) THEN
            RETURN 'payload.controlId: required text of 1 to 255 characters';
        ELSIF NOT kushim_jira.is_text(payload -> 'controlTitle', 1000) THEN
            RETURN 'payload.controlTitle: required text of 1 to 1000 characters';
        ELSIF NOT kushim_jira.is_time_or_absent(payload -> 'detectedAt') THEN
            RETURN 'payload.detectedAt: a time in ISO 8601';
        ELSIF NOT kushim_jira.is_text_or_absent(payload -> 'evidenceId', 255) THEN
            RETURN 'payload.evidenceId: text of at most 255 characters';
        ELSIF NOT kushim_jira.is_text_or_absent(payload -> 'evidenceUrl', 2000) THEN
            RETURN 'payload.evidenceUrl: text of at most 2000 characters';
        ELSIF NOT kushim_jira.is_text(payload -> 'failureReason', 1048576) THEN
            RETURN 'payload.failureReason: required text';
        ELSIF NOT kushim_jira.is_text_or_absent(payload -> 'framework', 255) THEN
            RETURN 'payload.framework: text of at most 255 characters';
        ELSIF NOT kushim_jira.is_text_or_absent(payload -> 'integration', 255) THEN
            RETURN 'payload.integration: text of at most 255 characters';
        ELSIF NOT kushim_jira.is_text_or_absent(payload -> 'resource', 1000) THEN
            RETURN 'payload.resource: text of at most 1000 characters';
        ELSIF NOT coalesce(payload ->> 'severity' IN ('critical', 'high', 'medium', 'low'), false) THEN
            RETURN 'payload.severity: one of critical, high, medium, low';
        END IF;
    ELSIF kind = 'compliance_pass' THEN
        IF NOT kushim_jira.is_text(payload -> 'controlId', 255) THEN
            RETURN 'payload.controlId: required text of 1 to 255 characters';
        ELSIF NOT kushim_jira.is_time_or_absent(payload -> 'detectedAt') THEN
            RETURN 'payload.detectedAt: a time in ISO 8601';
        ELSIF NOT kushim_jira.is_text_or_absent(payload -> 'evidenceId', 255) THEN
            RETURN 'payload.evidenceId: text of at most 255 characters';
        ELSIF NOT kushim_jira.is_text_or_absent(payload -> 'resource', 1000) THEN
            RETURN 'payload.resource: text of at most 1000 characters';
        END IF;
    ELSIF kind NOT IN ('sla_alert', 'notification', 'jira_webhook', 'recheck') THEN
        RETURN 'kind: one of compliance_failure, compliance_pass';
    END IF;
    IF jsonb_typeof(payload) <> 'object' THEN
        RETURN 'payload: a JSON object';
    ELSIF pg_column_size(payload) > 1048576 THEN
        RETURN 'payload: at most 1 MiB';
    ELSIF NOT priority BETWEEN -100 AND 100 THEN
        RETURN 'priority: -100 to 100';
    ELSIF NOT isfinite(run_at) THEN
        RETURN 'run_at: a finite time';
    ELSIF NOT length(unique_key) BETWEEN 1 AND 500 THEN
        RETURN 'unique_key: 1 to 500 characters';
    END IF;
    RETURN NULL;
END
$$;

-- A job is admitted row by row: most inserts are of one row, for which that is the cheapest.
DROP TRIGGER admit_jobs ON kushim_jira.jobs;
DROP FUNCTION kushim_jira.admit_jobs();
CREATE FUNCTION kushim_jira.admit_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rule text := kushim_jira.broken_rule(NEW.kind, NEW.customer_id, NEW.payload, NEW.run_at, NEW.priority, NEW.unique_key);
BEGIN
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'new row for relation "jobs" violates check constraint "%"', rule
            USING ERRCODE = 'check_violation', SCHEMA = 'kushim_jira', TABLE = 'jobs', CONSTRAINT = rule;
    END IF;
    IF NEW.unique_key IS NOT NULL THEN
        INSERT INTO kushim_jira.unique_jobs (kind, customer_id, unique_key, job_id)
        VALUES (NEW.kind, NEW.customer_id, NEW.unique_key, NEW.id);
    END IF;
    IF NEW.run_at > clock_timestamp() THEN
        INSERT INTO kushim_jira.scheduled (job_id, customer_id, kind, priority, run_at)
        VALUES (NEW.id, NEW.customer_id, NEW.kind, NEW.priority, NEW.run_at);
    ELSE
        INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
        VALUES (NEW.id, NEW.customer_id, NEW.kind, NEW.priority);
        PERFORM kushim_jira.wake_workers(NEW.priority || ' ' || NEW.customer_id);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER admit_jobs BEFORE INSERT ON kushim_jira.jobs FOR EACH ROW EXECUTE FUNCTION kushim_jira.admit_job();

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA kushim_jira FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kushim_jira.wake_workers(text), kushim_jira.lease_lost(bigint) TO kushim_jira_worker;
GRANT USAGE, SELECT, UPDATE ON SEQUENCE kushim_jira.quiet_until TO kushim_jira_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON kushim_jira.customer_limits TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.finished TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.job_status TO kushim_jira_producer;
GRANT SELECT ON kushim_jira.job_status, kushim_jira.dead_letters, kushim_jira.queue_health TO kushim_jira_worker, kushim_jira_auditor;
