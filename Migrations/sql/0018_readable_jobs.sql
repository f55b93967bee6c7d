-- The daemon reads every row that the insert admits; and a row that cannot be read costs only itself.

-- The text of a payload; null where that is longer than `most` bytes, or nested deeper than 512. The text of two kilobytes can have
-- a gigabyte: 1e131071 is stored in ten bytes. So what is surely too long is told from what is stored, and is never written out.
CREATE FUNCTION kushim_jira.payload_text(payload jsonb, most integer) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        -- No JSON has less than a quarter of its bytes in memory as text. The sum of an object and nothing is not compressed.
        WHEN pg_column_size(payload) > 5 * most THEN NULL
        WHEN pg_column_size(payload || '{}') > 5 * most THEN NULL
        WHEN payload @? 'strict $.**{512} ? (@.type() == "object" || @.type() == "array")' THEN NULL
        WHEN (SELECT sum(scale(n.number::numeric) + CASE WHEN abs(n.number::numeric) >= 1e100000 THEN 100000
                                                         WHEN abs(n.number::numeric) >= 1e10000 THEN 10000
                                                         WHEN abs(n.number::numeric) >= 1e1000 THEN 1000
                                                         WHEN abs(n.number::numeric) >= 1e100 THEN 100 ELSE 0 END)
              FROM jsonb_path_query(payload, 'strict $.** ? (@.type() == "number")') AS n (number)) > most THEN NULL
        ELSE (SELECT CASE WHEN octet_length(t.text) <= most THEN t.text END FROM (SELECT payload::text AS text OFFSET 0) AS t)
    END;

-- White space, and what else leaves no mark: the list of `String.isBlank` in Swift. The escapes are the regular expression's own.
CREATE FUNCTION kushim_jira.is_blank(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN value !~ E'[^\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff]';

CREATE OR REPLACE FUNCTION kushim_jira.is_text(value jsonb, most integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'string' AND length(value #>> '{}') <= most
                    AND NOT kushim_jira.is_blank(value #>> '{}'), false);

-- Strict, since otherwise an array in the array is looked into.
CREATE OR REPLACE FUNCTION kushim_jira.is_array_of_text_or_absent(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'null'
                    OR (jsonb_typeof(value) = 'array' AND NOT value @? 'strict $[*] ? (@.type() != "string")'), true);

-- A day, or a moment: what `PayloadReader.moment` in Swift reads. Empty is absent.
CREATE OR REPLACE FUNCTION kushim_jira.is_time_or_absent(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'null' OR jsonb_typeof(value) = 'string' AND (
        value #>> '{}' = ''
        OR value #>> '{}' !~ '^0000' AND value #>> '{}' ~ concat(
            '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])',
            '([T ]([01][0-9]|2[0-4]):[0-5][0-9](:([0-5][0-9]|6[01])([.,][0-9]+)?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?$')), true);

-- The first rule that a job breaks. A NULL breaks none here; where one is not allowed, the column says so. How large the payload is
-- and what it is come first: all other rules look into it. The sums of bytes are what fits into an index with what goes with it.
CREATE OR REPLACE FUNCTION kushim_jira.broken_rule(
    kind text, customer_id text, payload jsonb, run_at timestamptz, priority smallint, unique_key text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN NOT (length(customer_id) BETWEEN 1 AND 255 AND NOT kushim_jira.is_blank(customer_id))
            THEN 'customer_id: 1 to 255 characters'
        WHEN customer_id ~ E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN 'customer_id: no control characters'
        WHEN kind NOT IN ('compliance_failure', 'compliance_pass', 'sla_alert', 'notification', 'jira_webhook', 'recheck')
            THEN 'kind: one of compliance_failure, compliance_pass'
        WHEN jsonb_typeof(payload) <> 'object' THEN 'payload: a JSON object'
        -- A level takes eight bytes. What is small is looked at here: calling the function costs as much as all other rules.
        WHEN (pg_column_size(payload) > 2000 OR pg_column_compression(payload) IS NOT NULL)
             AND payload @? 'strict $.**{512} ? (@.type() == "object" || @.type() == "array")'
            THEN 'payload: nested at most 512 deep'
        WHEN CASE WHEN pg_column_size(payload) <= 2000 AND pg_column_compression(payload) IS NULL
                  THEN octet_length(payload::text) > 1048576
                  ELSE payload IS NOT NULL AND kushim_jira.payload_text(payload, 1048576) IS NULL END
            THEN 'payload: at most 1 MiB'
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
        WHEN kind = 'compliance_pass' AND NOT kushim_jira.is_text_or_absent(payload -> 'message', 1048576)
            THEN 'payload.message: text'
        WHEN kind IN ('compliance_failure', 'compliance_pass')
             AND NOT kushim_jira.is_text_or_absent(payload -> 'resource', 1000)
            THEN 'payload.resource: text of at most 1000 characters'
        WHEN kind IN ('compliance_failure', 'compliance_pass')
             AND octet_length(customer_id) + octet_length(payload ->> 'controlId')
                 + coalesce(octet_length(payload ->> 'resource'), 0) > 2600
            THEN 'payload.resource: with controlId and customer_id at most 2600 bytes'
        WHEN kind = 'compliance_failure'
             AND NOT coalesce(payload -> 'severity' IN ('"critical"', '"high"', '"medium"', '"low"'), false)
            THEN 'payload.severity: one of critical, high, medium, low'
        WHEN priority NOT BETWEEN -100 AND 100 THEN 'priority: -100 to 100'
        WHEN NOT (run_at >= '1970-01-01 00:00:00+00' AND run_at < '10000-01-01 00:00:00+00')
            THEN 'run_at: a time in the years 1970 to 9999'
        WHEN length(unique_key) NOT BETWEEN 1 AND 500 THEN 'unique_key: 1 to 500 characters'
        WHEN octet_length(customer_id) + octet_length(unique_key) > 2500
            THEN 'unique_key: with customer_id at most 2500 bytes'
    END;

-- A job is admitted row by row: most inserts are of one row, for which that is the cheapest. That is also why there is one long
-- condition: each statement and each function is prepared anew in each transaction. What the condition lets pass breaks no rule
-- and can run at once; all else takes the longer way. It has no backslash, which a producer's standard_conforming_strings could
-- give another meaning. It asks for more than the rules do, where that is cheaper: a visible character of ASCII, which is in most
-- texts, and a payload of which no gigabyte can come.
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
       AND pg_column_size(NEW.payload) <= 8192 AND pg_column_compression(NEW.payload) IS NULL
       AND jsonb_typeof(NEW.payload) = 'object'
       AND NEW.payload @? '$ ? (@.controlId.type() == "string" && @.controlId like_regex "[!-~]"
           && @.controlTitle.type() == "string" && @.controlTitle like_regex "[!-~]"
           && @.failureReason.type() == "string" && @.failureReason like_regex "[!-~]"
           && @.severity.type() == "string"
           && (@.severity == "high" || @.severity == "medium" || @.severity == "critical" || @.severity == "low")
           && !(@.framework.type() != "string") && !(@.integration.type() != "string") && !(@.resource.type() != "string")
           && !(@.evidenceId.type() != "string") && !(@.evidenceUrl.type() != "string") && !(@.checkId.type() != "string")
           && (!exists(@.detectedAt) || @.detectedAt.type() == "string"
               && @.detectedAt like_regex "^[12][0-9]{3}-(0[1-9]|1[0-2])-([012][1-9]|[123]0|31)T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?Z$")
           && (!exists(@.affectedSystems) || @.affectedSystems.type() == "array"))'
       AND (NEW.payload -> 'affectedSystems' @? 'strict $[*] ? (@.type() != "string")') IS NOT TRUE
       AND greatest(length(NEW.payload ->> 'controlId'), length(NEW.payload ->> 'controlTitle'),
                    length(NEW.payload ->> 'framework'), length(NEW.payload ->> 'integration'),
                    length(NEW.payload ->> 'resource'), length(NEW.payload ->> 'evidenceId'),
                    length(NEW.payload ->> 'evidenceUrl'), length(NEW.payload ->> 'checkId'),
                    length(NEW.customer_id)) <= 255
       -- A text of 1,024 bytes has room for 512 levels at most; a longer one is searched for a deeper level.
       AND (octet_length(NEW.payload::text) <= 1024
            OR octet_length(NEW.payload::text) <= 1048576
               AND NOT NEW.payload @? 'strict $.**{512} ? (@.type() == "object" || @.type() == "array")')
       AND NEW.customer_id ~ '^[!-~][ -~]*$'
       AND NEW.priority >= -100 AND NEW.priority <= 100
       AND NEW.unique_key IS NULL
       AND NEW.run_at <= clock_timestamp() AND NEW.run_at >= '1970-01-01 00:00:00+00'
       AND NEW.created_at <= clock_timestamp() AND NEW.created_at >= '1970-01-01 00:00:00+00'
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
    -- Producers may not set it. A day, since the clock of a database may have been set back.
    IF rule IS NULL AND NOT NEW.created_at BETWEEN '1970-01-01 00:00:00+00' AND clock_timestamp() + interval '1 day' THEN
        rule := 'created_at: a time from 1970 to now';
    END IF;
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

-- A job that has not ended is not deleted: where it waits or runs would stay behind without it.
CREATE FUNCTION kushim_jira.unfinished_jobs_stay() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM kushim_jira.finished WHERE job_id = OLD.id) THEN
        RAISE EXCEPTION 'job % has not ended and cannot be deleted', OLD.id
            USING ERRCODE = 'restrict_violation', HINT = format('End it with: kushim-jira jobs cancel %s', OLD.id);
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER unfinished_jobs_stay BEFORE DELETE ON kushim_jira.jobs
    FOR EACH ROW EXECUTE FUNCTION kushim_jira.unfinished_jobs_stay();

-- TRUNCATE of a single partition fires only triggers of its own.
CREATE FUNCTION kushim_jira.guard_partition(part text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER jobs_are_not_truncated BEFORE TRUNCATE ON kushim_jira.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION kushim_jira.jobs_are_not_changed()', part);
END
$$;
SELECT kushim_jira.guard_partition(c.relname)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'kushim_jira.jobs'::regclass;

-- As before, with that trigger for what is new.
CREATE OR REPLACE FUNCTION kushim_jira.add_range(first bigint, past bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['jobs', 'attempts', 'dead_jobs'] LOOP
        EXECUTE format('CREATE TABLE kushim_jira.%I (LIKE kushim_jira.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                       part || '_' || first, part);
        EXECUTE format('ALTER TABLE kushim_jira.%I ATTACH PARTITION kushim_jira.%I FOR VALUES FROM (%s) TO (%s)',
                       part, part || '_' || first, first, past);
    END LOOP;
    PERFORM kushim_jira.guard_partition('jobs_' || first);
    INSERT INTO kushim_jira.job_ranges VALUES (first, past);
    RETURN past;
END
$$;

CREATE OR REPLACE FUNCTION kushim_jira.forget_jobs(completed interval, discarded interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET default_tablespace = '' AS $$
DECLARE
    ended_since timestamptz := clock_timestamp() - greatest(completed, interval '1 day');
    given_up_since timestamptz := clock_timestamp() - greatest(discarded, interval '7 days');
    range      kushim_jira.job_ranges;
    remembered bigint[];
    part       text;
    key        text;
    past       text;
BEGIN
    LOCK TABLE kushim_jira.job_ranges IN SHARE ROW EXCLUSIVE MODE NOWAIT;
    SELECT r.* INTO range FROM kushim_jira.job_ranges r
    WHERE r.past <= 1 + coalesce(pg_sequence_last_value('kushim_jira.jobs_id_seq'), 0) ORDER BY r.first LIMIT 1;
    IF NOT FOUND OR (SELECT j.created_at FROM kushim_jira.jobs j WHERE j.id >= range.first AND j.id < range.past
                     ORDER BY j.id DESC LIMIT 1) >= ended_since THEN
        RETURN 0;
    END IF;
    PERFORM set_config('lock_timeout', '100ms', true);
    -- Against an insert into it that began long ago and is not committed.
    EXECUTE format('LOCK TABLE kushim_jira.%I IN SHARE MODE', 'jobs_' || range.first);

    remembered := ARRAY(
        SELECT job_id FROM (
            SELECT job_id FROM kushim_jira.ready UNION ALL SELECT job_id FROM kushim_jira.scheduled
            UNION ALL SELECT job_id FROM kushim_jira.leases
            UNION ALL SELECT job_id FROM kushim_jira.dead_jobs WHERE finished_at >= given_up_since
            UNION ALL SELECT job_id FROM kushim_jira.attempts WHERE outcome = 'completed' AND ended_at >= ended_since
        ) AS places WHERE job_id < range.past GROUP BY job_id);

    past := '_before_' || range.past;
    FOREACH part IN ARRAY ARRAY['jobs', 'attempts', 'dead_jobs'] LOOP
        key := CASE part WHEN 'jobs' THEN 'id' ELSE 'job_id' END;
        EXECUTE format('CREATE TABLE kushim_jira.%I (LIKE kushim_jira.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES,
                        CHECK (%I < %s))', part || past, part, key, range.past);
        IF part = 'attempts' THEN  -- a job is never changed, these are
            LOCK TABLE kushim_jira.jobs, kushim_jira.attempts, kushim_jira.dead_jobs IN ACCESS EXCLUSIVE MODE;
        END IF;
        EXECUTE format('INSERT INTO kushim_jira.%I SELECT * FROM kushim_jira.%I
                        WHERE %3$I < %4$s AND %3$I IN (SELECT unnest($1))', part || past, part, key, range.past)
            USING remembered;
    END LOOP;
    FOREACH part IN ARRAY ARRAY['jobs', 'attempts', 'dead_jobs'] LOOP
        EXECUTE format('DROP TABLE kushim_jira.%I, kushim_jira.%I', part || '_' || range.first, part || '_before_' || range.first);
        EXECUTE format('ALTER TABLE kushim_jira.%1$I ATTACH PARTITION kushim_jira.%2$I FOR VALUES FROM (MINVALUE) TO (%3$s)',
                       part, part || past, range.past);
    END LOOP;
    PERFORM kushim_jira.guard_partition('jobs' || past);
    DELETE FROM kushim_jira.job_ranges r WHERE r.first = range.first;
    RETURN 1;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;  -- at the next round
END
$$;

-- One job with a time at the end of time does not keep the others from being counted: PostgreSQL reckons with none that is infinite.
CREATE OR REPLACE VIEW kushim_jira.queue_health AS
WITH waiting AS (
    SELECT r.kind, count(*) AS ready, min(j.created_at) FILTER (WHERE isfinite(j.created_at)) AS oldest
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

REVOKE EXECUTE ON FUNCTION kushim_jira.payload_text(jsonb, integer), kushim_jira.is_blank(text),
    kushim_jira.unfinished_jobs_stay(), kushim_jira.guard_partition(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kushim_jira.payload_text(jsonb, integer) TO kushim_jira_worker;
