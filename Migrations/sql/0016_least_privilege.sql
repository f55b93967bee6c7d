-- Each role may do what it is for and nothing else; locks that count are on rows and tables of our own, where a stranger has no
-- right to lock. An advisory lock can be taken by every login, and held.

-- Whose turn it is: a transaction that counts for a customer locks the customer's row first.
CREATE TABLE kushim_jira.turns (
    purpose     text COLLATE "C" NOT NULL CHECK (purpose IN ('claim', 'flood')),
    customer_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (purpose, customer_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE kushim_jira.turns IS 'Rows to lock before jobs or tickets of a customer with a limit are counted.';

-- What it may be asked is bounded: a range begins at most once a day.
CREATE OR REPLACE FUNCTION kushim_jira.extend_ranges(span interval) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET default_tablespace = '' AS $$
DECLARE
    next  bigint;
    ahead bigint;
    present kushim_jira.job_ranges;
BEGIN
    LOCK TABLE kushim_jira.job_ranges IN SHARE ROW EXCLUSIVE MODE NOWAIT;  -- or another worker is at it
    next := 1 + coalesce(pg_sequence_last_value('kushim_jira.jobs_id_seq'), 0);
    SELECT r.* INTO present FROM kushim_jira.job_ranges r WHERE next > r.first AND next < r.past;
    IF FOUND AND (SELECT j.created_at FROM kushim_jira.jobs j WHERE j.id >= present.first AND j.id < present.past
                  ORDER BY j.id LIMIT 1) < clock_timestamp() - greatest(span, interval '1 day') THEN
        PERFORM setval('kushim_jira.jobs_id_seq', present.past - 1);
        next := present.past;
    END IF;
    SELECT max(r.past) INTO ahead FROM kushim_jira.job_ranges r;
    PERFORM set_config('lock_timeout', '100ms', true);
    WHILE ahead - next < 200000000 LOOP
        ahead := kushim_jira.add_range(ahead);
    END LOOP;
EXCEPTION WHEN lock_not_available THEN
    NULL;  -- at the next round
END
$$;

-- Jobs that ended within a day and dead letters of the last week stay, also where a caller asks for less.
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
    DELETE FROM kushim_jira.job_ranges r WHERE r.first = range.first;
    RETURN 1;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;  -- at the next round
END
$$;

-- Also in a session that replays changes of another server, where ordinary triggers sleep.
ALTER TABLE kushim_jira.audit_log ENABLE ALWAYS TRIGGER audit_log_is_append_only;

-- The admission runs as the owner, so a producer needs none of its parts.
REVOKE EXECUTE ON FUNCTION
    kushim_jira.is_text(jsonb, integer), kushim_jira.is_text_or_absent(jsonb, integer),
    kushim_jira.is_array_of_text_or_absent(jsonb) FROM kushim_jira_producer, kushim_jira_worker;

-- The worker numbers what it inserts, and sets none of the numbers: of jobs, fences and records. It sets the two that are times.
REVOKE ALL ON ALL SEQUENCES IN SCHEMA kushim_jira FROM kushim_jira_worker;
GRANT USAGE ON SEQUENCE kushim_jira.ready_seq, kushim_jira.fence_seq TO kushim_jira_worker;
GRANT SELECT ON SEQUENCE kushim_jira.jobs_id_seq TO kushim_jira_worker;
GRANT SELECT, UPDATE ON SEQUENCE kushim_jira.asleep_until, kushim_jira.quiet_until TO kushim_jira_worker;

REVOKE INSERT ON kushim_jira.jobs FROM kushim_jira_worker;
GRANT INSERT (kind, customer_id, payload, run_at, priority, unique_key) ON kushim_jira.jobs TO kushim_jira_worker;
-- A row that is only ever inserted and deleted is locked by the right to update one column.
REVOKE UPDATE ON kushim_jira.ready, kushim_jira.leases, kushim_jira.unique_jobs FROM kushim_jira_worker;
GRANT UPDATE (seq) ON kushim_jira.ready TO kushim_jira_worker;
GRANT UPDATE (snoozes) ON kushim_jira.leases TO kushim_jira_worker;
REVOKE UPDATE ON kushim_jira.workers FROM kushim_jira_worker;
GRANT UPDATE (state, heartbeat_at) ON kushim_jira.workers TO kushim_jira_worker;
-- Who is limited, and how, the owner decides.
REVOKE INSERT, UPDATE, DELETE ON kushim_jira.customer_limits FROM kushim_jira_worker;
GRANT SELECT, INSERT, UPDATE (customer_id) ON kushim_jira.turns TO kushim_jira_worker;
REVOKE UPDATE ON kushim_jira.alerts FROM kushim_jira_worker;

-- What a role may do with jobs it may do by their table, where the policy is, and not by a partition that kept its grants.
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits
                WHERE inhparent IN ('kushim_jira.jobs'::regclass, 'kushim_jira.attempts'::regclass,
                                    'kushim_jira.dead_jobs'::regclass) LOOP
        EXECUTE format('REVOKE ALL ON %s FROM kushim_jira_producer, kushim_jira_worker, kushim_jira_auditor', part);
    END LOOP;
END
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA kushim_jira FROM PUBLIC;
