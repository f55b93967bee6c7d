-- Claims that are fair among customers, capped, and flat under old snapshots; inserts that cost little.

-- Ready jobs stand in lanes, one for each customer and priority. A claim reads the lanes whose turn it is, each from a mark the
-- worker keeps; a look at the newest rows tells in which lanes there is something new.
DROP INDEX kushim_jira.ready_in_order;
ALTER TABLE kushim_jira.ready ALTER COLUMN customer_id TYPE text COLLATE "C";
CREATE UNIQUE INDEX ready_by_lane ON kushim_jira.ready (customer_id, priority, seq);
-- Negated, since an index on seq would also serve to read a lane in order, and the planner would choose it.
CREATE INDEX ready_by_arrival ON kushim_jira.ready ((-seq));

-- A lease's worker is looked for only when one was lost, and the claim locks its own row itself.
DROP INDEX kushim_jira.leases_by_worker;
ALTER TABLE kushim_jira.leases DROP CONSTRAINT leases_worker_id_fkey;
ALTER TABLE kushim_jira.leases ALTER COLUMN customer_id TYPE text COLLATE "C";
CREATE INDEX leases_by_customer ON kushim_jira.leases (customer_id, fence);

CREATE TABLE kushim_jira.customer_limits (
    customer_id text    COLLATE "C" PRIMARY KEY CHECK (length(customer_id) BETWEEN 1 AND 255),
    at_once     integer NOT NULL CHECK (at_once >= 0)  -- jobs in hand, of all workers together; 0 stops the customer
);

-- Unix time in milliseconds before which nobody notifies again. A commit that notifies takes a lock that all such commits of the
-- cluster share, and one notification wakes all who sleep.
CREATE SEQUENCE kushim_jira.quiet_until MINVALUE 0 START 0;

-- Tells sleeping workers that something is ready: in which lane (priority and customer), if it is one.
CREATE FUNCTION kushim_jira.wake_workers(lane text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    now_ms bigint := 1000 * extract(epoch FROM clock_timestamp());
BEGIN
    IF pg_sequence_last_value('kushim_jira.asleep_until') >= now_ms / 1000
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

CREATE OR REPLACE FUNCTION kushim_jira.is_text(value jsonb, most integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'string' AND length(value #>> '{}') <= most AND (value #>> '{}') ~ '\S', false);

CREATE FUNCTION kushim_jira.is_time_or_absent(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'null'
                    OR value #>> '{}' ~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)?)?$', true);

-- The first rule that a job breaks. A NULL breaks none here; where one is not allowed, the column says so.
CREATE FUNCTION kushim_jira.broken_rule(
    kind text, customer_id text, payload jsonb, run_at timestamptz, priority smallint, unique_key text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN NOT (length(customer_id) BETWEEN 1 AND 255 AND customer_id ~ '\S') THEN 'customer_id: 1 to 255 characters'
        WHEN kind NOT IN ('compliance_failure', 'compliance_pass', 'sla_alert', 'notification', 'jira_webhook', 'recheck')
            THEN 'kind: one of compliance_failure, compliance_pass'
        WHEN kind = 'compliance_failure' AND NOT kushim_jira.is_array_of_text_or_absent(payload -> 'affectedSystems')
            THEN 'payload.affectedSystems: an array of texts'
        WHEN kind = 'compliance_failure' AND NOT kushim_jira.is_text_or_absent(payload -> 'checkId', 255)
            THEN 'payload.checkId: text of at most 255 characters'
        WHEN kind IN ('compliance_failure', 'compliance_pass') AND NOT kushim_jira.is_text(payload -> 'controlId', 255)
            THEN 'payload.controlId: required text of 1 to 255 characters'
        WHEN kind = 'compliance_failure' AND NOT kushim_jira.is_text(payload -> 'controlTitle', 1000)
            THEN 'payload.controlTitle: required text of 1 to 1000 characters'
        WHEN kind IN ('compliance_failure', 'compliance_pass') AND NOT kushim_jira.is_time_or_absent(payload -> 'detectedAt')
            THEN 'payload.detectedAt: a time in ISO 8601'
        WHEN kind IN ('compliance_failure', 'compliance_pass')
             AND NOT kushim_jira.is_text_or_absent(payload -> 'evidenceId', 255)
            THEN 'payload.evidenceId: text of at most 255 characters'
        WHEN kind = 'compliance_failure' AND NOT kushim_jira.is_text_or_absent(payload -> 'evidenceUrl', 2000)
            THEN 'payload.evidenceUrl: text of at most 2000 characters'
        WHEN kind = 'compliance_failure' AND NOT kushim_jira.is_text(payload -> 'failureReason', 1048576)
            THEN 'payload.failureReason: required text'
        WHEN kind = 'compliance_failure' AND NOT kushim_jira.is_text_or_absent(payload -> 'framework', 255)
            THEN 'payload.framework: text of at most 255 characters'
        WHEN kind = 'compliance_failure' AND NOT kushim_jira.is_text_or_absent(payload -> 'integration', 255)
            THEN 'payload.integration: text of at most 255 characters'
        WHEN kind IN ('compliance_failure', 'compliance_pass')
             AND NOT kushim_jira.is_text_or_absent(payload -> 'resource', 1000)
            THEN 'payload.resource: text of at most 1000 characters'
        WHEN kind = 'compliance_failure'
             AND NOT coalesce(payload -> 'severity' IN ('"critical"', '"high"', '"medium"', '"low"'), false)
            THEN 'payload.severity: one of critical, high, medium, low'
        WHEN jsonb_typeof(payload) <> 'object' THEN 'payload: a JSON object'
        WHEN pg_column_size(payload) > 1048576 THEN 'payload: at most 1 MiB'
        WHEN priority NOT BETWEEN -100 AND 100 THEN 'priority: -100 to 100'
        WHEN NOT isfinite(run_at) THEN 'run_at: a finite time'
        WHEN length(unique_key) NOT BETWEEN 1 AND 500 THEN 'unique_key: 1 to 500 characters'
    END;

-- A job is admitted row by row: most inserts are of one row, for which that is the cheapest. That is also why there is one long
-- condition: whatever is a statement or a function of its own is prepared anew in each transaction. What the condition lets pass
-- breaks no rule and can run at once; all else takes the longer way. No search_path is set, which would cost as
-- much as the rest: what a caller's could redirect is written with its schema.
DROP TRIGGER admit_jobs ON kushim_jira.jobs;
DROP FUNCTION kushim_jira.admit_jobs();
CREATE FUNCTION kushim_jira.admit_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    rule text;
BEGIN
    IF NEW.kind OPERATOR(pg_catalog.=) 'compliance_failure'
       AND NEW.payload OPERATOR(pg_catalog.@?) '$ ? (@.type() == "object"
           && @.controlId.type() == "string" && @.controlId like_regex "\\S"
           && @.controlTitle.type() == "string" && @.controlTitle like_regex "\\S"
           && @.failureReason.type() == "string" && @.failureReason like_regex "\\S"
           && @.severity.type() == "string"
           && (@.severity == "high" || @.severity == "medium" || @.severity == "critical" || @.severity == "low")
           && !(@.framework.type() != "string") && !(@.integration.type() != "string") && !(@.resource.type() != "string")
           && !(@.evidenceId.type() != "string") && !(@.evidenceUrl.type() != "string") && !(@.checkId.type() != "string")
           && (!exists(@.detectedAt) || @.detectedAt.type() == "string"
               && @.detectedAt like_regex "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d([.]\\d+)?Z$")
           && (!exists(@.affectedSystems) || @.affectedSystems.type() == "array"
               && !exists(@.affectedSystems[*] ? (@.type() != "string"))))'
       AND greatest(pg_catalog.length(NEW.payload OPERATOR(pg_catalog.->>) 'controlId'),
                    pg_catalog.length(NEW.payload OPERATOR(pg_catalog.->>) 'controlTitle'),
                    pg_catalog.length(NEW.payload OPERATOR(pg_catalog.->>) 'framework'),
                    pg_catalog.length(NEW.payload OPERATOR(pg_catalog.->>) 'integration'),
                    pg_catalog.length(NEW.payload OPERATOR(pg_catalog.->>) 'resource'),
                    pg_catalog.length(NEW.payload OPERATOR(pg_catalog.->>) 'evidenceId'),
                    pg_catalog.length(NEW.payload OPERATOR(pg_catalog.->>) 'evidenceUrl'),
                    pg_catalog.length(NEW.payload OPERATOR(pg_catalog.->>) 'checkId'),
                    pg_catalog.length(NEW.customer_id)) OPERATOR(pg_catalog.<=) 255
       AND pg_catalog.pg_column_size(NEW.payload) OPERATOR(pg_catalog.<=) 1048576
       AND NEW.customer_id OPERATOR(pg_catalog.~) '\S'
       AND NEW.priority OPERATOR(pg_catalog.>=) (-100)::smallint AND NEW.priority OPERATOR(pg_catalog.<=) 100::smallint
       AND NEW.unique_key IS NULL
       AND NEW.run_at OPERATOR(pg_catalog.<=) pg_catalog.clock_timestamp()
       AND NEW.run_at OPERATOR(pg_catalog.>) '-infinity'
    THEN
        INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
        VALUES (NEW.id, NEW.customer_id, NEW.kind, NEW.priority);
        IF pg_catalog.to_timestamp(pg_catalog.pg_sequence_last_value('kushim_jira.asleep_until'))
               OPERATOR(pg_catalog.>=) pg_catalog.clock_timestamp()
           AND coalesce(pg_catalog.to_timestamp(pg_catalog.pg_sequence_last_value('kushim_jira.quiet_until')
                                                OPERATOR(pg_catalog./) 1000.0::double precision)
                        OPERATOR(pg_catalog.<=) pg_catalog.clock_timestamp(), true) THEN
            PERFORM kushim_jira.wake_workers(pg_catalog.concat(NEW.priority, ' ', NEW.customer_id));
        END IF;
        RETURN NEW;
    END IF;

    rule := kushim_jira.broken_rule(NEW.kind, NEW.customer_id, NEW.payload, NEW.run_at, NEW.priority, NEW.unique_key);
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'new row for relation "jobs" violates check constraint "%"', rule
            USING ERRCODE = 'check_violation', SCHEMA = 'kushim_jira', TABLE = 'jobs', CONSTRAINT = rule;
    END IF;
    IF NEW.unique_key IS NOT NULL THEN
        INSERT INTO kushim_jira.unique_jobs (kind, customer_id, unique_key, job_id)
        VALUES (NEW.kind, NEW.customer_id, NEW.unique_key, NEW.id);
    END IF;
    IF NEW.run_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp() THEN
        INSERT INTO kushim_jira.scheduled (job_id, customer_id, kind, priority, run_at)
        VALUES (NEW.id, NEW.customer_id, NEW.kind, NEW.priority, NEW.run_at);
        -- What is due later than this the workers find in time by themselves.
        IF NEW.run_at OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) '10 s'::interval) THEN
            PERFORM pg_catalog.pg_notify('kushim_jira', 'due');
        END IF;
    ELSE
        INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
        VALUES (NEW.id, NEW.customer_id, NEW.kind, NEW.priority);
        PERFORM kushim_jira.wake_workers(pg_catalog.concat(NEW.priority, ' ', NEW.customer_id));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER admit_jobs BEFORE INSERT ON kushim_jira.jobs FOR EACH ROW EXECUTE FUNCTION kushim_jira.admit_job();

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA kushim_jira FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kushim_jira.wake_workers(text), kushim_jira.lease_lost(bigint) TO kushim_jira_worker;
GRANT USAGE, SELECT, UPDATE ON SEQUENCE kushim_jira.quiet_until TO kushim_jira_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON kushim_jira.customer_limits TO kushim_jira_worker;
