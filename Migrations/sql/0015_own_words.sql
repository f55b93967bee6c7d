-- The schema understands its own words and no others. A function reads names by the search_path of its caller, unless it has one
-- of its own: then an operator in a producer's schema ran as the owner. So each function here has one, or an SQL-standard body,
-- whose names are looked up once, when it is made. A test reads the functions from the catalog.

ALTER FUNCTION kushim_jira.jobs_are_not_changed() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION kushim_jira.audit_log_is_append_only() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION kushim_jira.lease_lost(bigint) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION kushim_jira.due_at(timestamptz, bigint, boolean, text) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION kushim_jira.enqueue(text, text, jsonb, timestamptz, smallint, text) SET search_path = pg_catalog, pg_temp;

-- What these say of white space and digits was lost where a database with standard_conforming_strings off was migrated.
CREATE OR REPLACE FUNCTION kushim_jira.is_text(value jsonb, most integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'string' AND length(value #>> '{}') <= most AND (value #>> '{}') ~ '\S', false);

CREATE OR REPLACE FUNCTION kushim_jira.is_time_or_absent(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'null'
                    OR value #>> '{}' ~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)?)?$', true);

CREATE OR REPLACE FUNCTION kushim_jira.broken_rule(
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
-- condition: each statement and each function is prepared anew in each transaction. What the condition lets pass breaks no rule
-- and can run at once; all else takes the longer way. It has no backslash, which a producer's standard_conforming_strings could
-- give another meaning.
CREATE OR REPLACE FUNCTION kushim_jira.admit_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    acting name;
    rule   text;
BEGIN
    IF current_setting('kushim_jira.are_placed', true) = 'yes' THEN
        -- The daemon says so and places its jobs itself, many in one statement. Any session can say it: it is heard only from one
        -- that acts as the worker or the owner, by the role that it has set, or else by its login. Here the user is the owner.
        acting := CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END;
        IF pg_has_role(acting, 'kushim_jira_worker', 'USAGE') OR pg_has_role(acting, current_user, 'USAGE') THEN
            RETURN NEW;
        END IF;
    END IF;

    IF NEW.kind = 'compliance_failure'
       AND NEW.payload @? '$ ? (@.type() == "object"
           && @.controlId.type() == "string" && @.controlId like_regex "[^[:space:]]"
           && @.controlTitle.type() == "string" && @.controlTitle like_regex "[^[:space:]]"
           && @.failureReason.type() == "string" && @.failureReason like_regex "[^[:space:]]"
           && @.severity.type() == "string"
           && (@.severity == "high" || @.severity == "medium" || @.severity == "critical" || @.severity == "low")
           && !(@.framework.type() != "string") && !(@.integration.type() != "string") && !(@.resource.type() != "string")
           && !(@.evidenceId.type() != "string") && !(@.evidenceUrl.type() != "string") && !(@.checkId.type() != "string")
           && (!exists(@.detectedAt) || @.detectedAt.type() == "string"
               && @.detectedAt like_regex "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z$")
           && (!exists(@.affectedSystems) || @.affectedSystems.type() == "array"
               && !exists(@.affectedSystems[*] ? (@.type() != "string"))))'
       AND greatest(length(NEW.payload ->> 'controlId'), length(NEW.payload ->> 'controlTitle'),
                    length(NEW.payload ->> 'framework'), length(NEW.payload ->> 'integration'),
                    length(NEW.payload ->> 'resource'), length(NEW.payload ->> 'evidenceId'),
                    length(NEW.payload ->> 'evidenceUrl'), length(NEW.payload ->> 'checkId'),
                    length(NEW.customer_id)) <= 255
       AND pg_column_size(NEW.payload) <= 1048576
       AND NEW.customer_id ~ '[^[:space:]]'
       AND NEW.priority >= -100 AND NEW.priority <= 100
       AND NEW.unique_key IS NULL
       AND NEW.run_at <= clock_timestamp()
       AND NEW.run_at > '-infinity'
    THEN
        INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
        VALUES (NEW.id, NEW.customer_id, NEW.kind, NEW.priority);
        IF to_timestamp(pg_sequence_last_value('kushim_jira.asleep_until')) >= clock_timestamp()
           AND coalesce(to_timestamp(pg_sequence_last_value('kushim_jira.quiet_until') / 1000.0::float8)
                        <= clock_timestamp(), true) THEN
            PERFORM kushim_jira.wake_workers(concat(NEW.priority, ' ', NEW.customer_id));
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
    IF NEW.run_at > clock_timestamp() THEN
        INSERT INTO kushim_jira.scheduled (job_id, customer_id, kind, priority, run_at)
        VALUES (NEW.id, NEW.customer_id, NEW.kind, NEW.priority, NEW.run_at);
        -- What is due later than this the workers find in time by themselves.
        IF NEW.run_at < clock_timestamp() + interval '10 s' THEN
            PERFORM pg_notify('kushim_jira', 'due');
        END IF;
    ELSE
        INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
        VALUES (NEW.id, NEW.customer_id, NEW.kind, NEW.priority);
        PERFORM kushim_jira.wake_workers(concat(NEW.priority, ' ', NEW.customer_id));
    END IF;
    RETURN NEW;
END
$$;

-- Only the worker's role and the owner insert the daemon's own kinds; other roles of a login change nothing.
DROP POLICY "kind: producers insert compliance_failure and compliance_pass" ON kushim_jira.jobs;
CREATE POLICY "kind: producers insert compliance_failure and compliance_pass" ON kushim_jira.jobs AS RESTRICTIVE
    FOR INSERT WITH CHECK (kind IN ('compliance_failure', 'compliance_pass') OR pg_has_role('kushim_jira_worker', 'USAGE'));

-- A table in a publication (Debezium, AWS DMS, a blue/green upgrade) needs an identity, or all deletes from it fail.
ALTER TABLE kushim_jira.ready ADD CONSTRAINT ready_by_lane PRIMARY KEY USING INDEX ready_by_lane;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA kushim_jira FROM PUBLIC;
