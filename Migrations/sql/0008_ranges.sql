-- What has ended leaves in whole ranges of jobs, since deleting row by row costs as much as the work did.
--
-- `jobs`, and what is told of them in `attempts` and `dead_jobs`, are cut alike by the job's id, a hundred million to a range.
-- Once a day or so the ids jump to the next range, whatever is left of the old one. When all of a range is old, what may not be
-- forgotten yet moves to the partition of all that was before, and the range is dropped.

DROP VIEW kushim_jira.job_status, kushim_jira.dead_letters, kushim_jira.job_history, kushim_jira.queue_health;

-- How a job was completed stands in its history; a row of its own has only what was given up or cancelled.
INSERT INTO kushim_jira.attempts (job_id, fence, attempt, worker_id, started_at, ended_at, outcome)
SELECT job_id, 0, attempt, '00000000-0000-0000-0000-000000000000', finished_at, finished_at, 'completed'
FROM kushim_jira.finished d
WHERE state = 'completed' AND NOT EXISTS (SELECT FROM kushim_jira.attempts a WHERE a.job_id = d.job_id AND a.outcome = 'completed');
DELETE FROM kushim_jira.finished WHERE state = 'completed';

CREATE TABLE kushim_jira.job_ranges (
    first bigint PRIMARY KEY,
    past  bigint NOT NULL CHECK (past > first)  -- the first id that is not in it
);

-- The tables as they were become the partitions of all that is before the first range.
DROP TRIGGER admit_jobs ON kushim_jira.jobs;
DROP TRIGGER jobs_are_not_changed ON kushim_jira.jobs;
DROP POLICY everybody_with_the_right ON kushim_jira.jobs;
DROP POLICY "kind: producers insert compliance_failure and compliance_pass" ON kushim_jira.jobs;
ALTER TABLE kushim_jira.jobs DISABLE ROW LEVEL SECURITY;
DROP INDEX kushim_jira.finished_by_time;
ALTER TABLE kushim_jira.finished DROP CONSTRAINT finished_state_check,
    ADD CONSTRAINT "state: discarded or cancelled" CHECK (state IN ('discarded', 'cancelled'));

DO $$
DECLARE
    past bigint := 1 + (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM kushim_jira.jobs_id_seq);
BEGIN
    ALTER TABLE kushim_jira.jobs ALTER id DROP IDENTITY;
    EXECUTE format('ALTER TABLE kushim_jira.jobs RENAME TO jobs_before_%s', past);
    EXECUTE format('ALTER TABLE kushim_jira.attempts RENAME TO attempts_before_%s', past);
    EXECUTE format('ALTER TABLE kushim_jira.finished RENAME TO dead_jobs_before_%s', past);
    EXECUTE format('ALTER INDEX kushim_jira.jobs_pkey RENAME TO jobs_before_%s_pkey', past);
    EXECUTE format('ALTER INDEX kushim_jira.attempts_pkey RENAME TO attempts_before_%s_pkey', past);
    EXECUTE format('ALTER INDEX kushim_jira.finished_pkey RENAME TO dead_jobs_before_%s_pkey', past);

    EXECUTE format('CREATE TABLE kushim_jira.jobs (LIKE kushim_jira.jobs_before_%s INCLUDING DEFAULTS, PRIMARY KEY (id))
                    PARTITION BY RANGE (id)', past);
    EXECUTE format('CREATE TABLE kushim_jira.attempts (LIKE kushim_jira.attempts_before_%s INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
                    PRIMARY KEY (job_id, fence)) PARTITION BY RANGE (job_id)', past);
    EXECUTE format('CREATE TABLE kushim_jira.dead_jobs (LIKE kushim_jira.dead_jobs_before_%s INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
                    PRIMARY KEY (job_id)) PARTITION BY RANGE (job_id)', past);
    EXECUTE format('ALTER TABLE kushim_jira.jobs ALTER id ADD GENERATED ALWAYS AS IDENTITY (START %s)', past);
    EXECUTE format('ALTER TABLE kushim_jira.jobs ATTACH PARTITION kushim_jira.jobs_before_%1$s
                    FOR VALUES FROM (MINVALUE) TO (%1$s)', past);
    EXECUTE format('ALTER TABLE kushim_jira.attempts ATTACH PARTITION kushim_jira.attempts_before_%1$s
                    FOR VALUES FROM (MINVALUE) TO (%1$s)', past);
    EXECUTE format('ALTER TABLE kushim_jira.dead_jobs ATTACH PARTITION kushim_jira.dead_jobs_before_%1$s
                    FOR VALUES FROM (MINVALUE) TO (%1$s)', past);
END
$$;
-- Of what ended lately; small, and nearly free to keep.
CREATE INDEX attempts_by_time ON kushim_jira.attempts USING brin (ended_at) WITH (pages_per_range = 32, autosummarize = on);

CREATE TRIGGER admit_jobs BEFORE INSERT ON kushim_jira.jobs FOR EACH ROW EXECUTE FUNCTION kushim_jira.admit_job();
CREATE TRIGGER jobs_are_not_changed BEFORE UPDATE OR TRUNCATE ON kushim_jira.jobs
    FOR EACH STATEMENT EXECUTE FUNCTION kushim_jira.jobs_are_not_changed();

CREATE FUNCTION kushim_jira.add_range(first bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    past bigint := first + 100000000;
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['jobs', 'attempts', 'dead_jobs'] LOOP
        EXECUTE format('CREATE TABLE kushim_jira.%I (LIKE kushim_jira.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                       part || '_' || first, part);
        EXECUTE format('ALTER TABLE kushim_jira.%I ATTACH PARTITION kushim_jira.%I FOR VALUES FROM (%s) TO (%s)',
                       part, part || '_' || first, first, past);
    END LOOP;
    INSERT INTO kushim_jira.job_ranges VALUES (first, past);
    RETURN past;
END
$$;

-- Begins a new range when the oldest job of the present one is older than `span`, and keeps two ahead of it, so that producers
-- do not depend on a worker being there. Nobody waits for it.
CREATE FUNCTION kushim_jira.extend_ranges(span interval) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    next  bigint;
    ahead bigint;
    present kushim_jira.job_ranges;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('kushim_jira ranges', 0)) THEN
        RETURN;  -- another worker is at it
    END IF;
    next := 1 + coalesce(pg_sequence_last_value('kushim_jira.jobs_id_seq'), 0);
    SELECT r.* INTO present FROM kushim_jira.job_ranges r WHERE next > r.first AND next < r.past;
    IF FOUND AND (SELECT j.created_at FROM kushim_jira.jobs j WHERE j.id >= present.first AND j.id < present.past
                  ORDER BY j.id LIMIT 1) < clock_timestamp() - span THEN
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

-- Drops the oldest range, if all in it are older than `completed`, but for jobs that are not finished, that were completed later
-- than that, or given up or cancelled less than `discarded` ago. Returns how many ranges that is. What it reads is read without
-- locks; the exchange of partitions waits for others no longer than a moment, and takes no longer itself.
CREATE FUNCTION kushim_jira.forget_jobs(completed interval, discarded interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    range kushim_jira.job_ranges;
    part  text;
    key   text;
    past  text;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('kushim_jira ranges', 0)) THEN
        RETURN 0;
    END IF;
    SELECT r.* INTO range FROM kushim_jira.job_ranges r
    WHERE r.past <= 1 + coalesce(pg_sequence_last_value('kushim_jira.jobs_id_seq'), 0) ORDER BY r.first LIMIT 1;
    IF NOT FOUND OR (SELECT j.created_at FROM kushim_jira.jobs j WHERE j.id >= range.first AND j.id < range.past
                     ORDER BY j.id DESC LIMIT 1) >= clock_timestamp() - completed THEN
        RETURN 0;
    END IF;
    PERFORM set_config('lock_timeout', '100ms', true);
    -- Against an insert into it that began long ago and is not committed.
    EXECUTE format('LOCK TABLE kushim_jira.%I IN SHARE MODE', 'jobs_' || range.first);

    CREATE TEMPORARY TABLE remembered ON COMMIT DROP AS
    SELECT job_id FROM (
        SELECT job_id FROM kushim_jira.ready UNION ALL SELECT job_id FROM kushim_jira.scheduled
        UNION ALL SELECT job_id FROM kushim_jira.leases
        UNION ALL SELECT job_id FROM kushim_jira.dead_jobs WHERE finished_at >= clock_timestamp() - discarded
        UNION ALL SELECT job_id FROM kushim_jira.attempts WHERE outcome = 'completed' AND ended_at >= clock_timestamp() - completed
    ) AS places WHERE job_id < range.past GROUP BY job_id;

    past := '_before_' || range.past;
    FOREACH part IN ARRAY ARRAY['jobs', 'attempts', 'dead_jobs'] LOOP
        key := CASE part WHEN 'jobs' THEN 'id' ELSE 'job_id' END;
        EXECUTE format('CREATE TABLE kushim_jira.%I (LIKE kushim_jira.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES,
                        CHECK (%I < %s))', part || past, part, key, range.past);
        IF part = 'attempts' THEN  -- a job is never changed, these are
            LOCK TABLE kushim_jira.jobs, kushim_jira.attempts, kushim_jira.dead_jobs IN ACCESS EXCLUSIVE MODE;
        END IF;
        EXECUTE format('INSERT INTO kushim_jira.%I SELECT * FROM kushim_jira.%I
                        WHERE %3$I < %4$s AND %3$I IN (SELECT job_id FROM pg_temp.remembered)',
                       part || past, part, key, range.past);
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

SELECT kushim_jira.add_range(nextval('kushim_jira.jobs_id_seq'));
SELECT setval('kushim_jira.jobs_id_seq', first, false) FROM kushim_jira.job_ranges;
SELECT kushim_jira.extend_ranges('1 day');

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

CREATE VIEW kushim_jira.job_history AS
SELECT a.job_id, j.kind, j.customer_id, a.attempt, a.outcome, a.error, a.started_at, a.ended_at, a.fence,
       w.name AS worker, w.version
FROM kushim_jira.attempts a
JOIN kushim_jira.jobs j ON j.id = a.job_id
LEFT JOIN kushim_jira.workers w USING (worker_id);

COMMENT ON TABLE kushim_jira.jobs IS 'What producers ask for; inserted once, never changed.';
COMMENT ON VIEW kushim_jira.job_status IS 'One row a job, with its state: available, running, completed, discarded, cancelled.';
COMMENT ON VIEW kushim_jira.dead_letters IS 'Jobs that were given up, with the reason; kushim-jira jobs retry ID runs one again.';
COMMENT ON VIEW kushim_jira.job_history IS 'One row an attempt.';
COMMENT ON VIEW kushim_jira.queue_health IS 'Depth of the queue by kind.';
COMMENT ON VIEW kushim_jira.finished IS 'One row a job that has ended.';

-- As before, on what is new.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA kushim_jira FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kushim_jira.extend_ranges(interval), kushim_jira.forget_jobs(interval, interval) TO kushim_jira_worker;
GRANT INSERT (kind, customer_id, payload, run_at, priority, unique_key), SELECT (id) ON kushim_jira.jobs TO kushim_jira_producer;
GRANT SELECT ON kushim_jira.job_status TO kushim_jira_producer;
ALTER TABLE kushim_jira.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_with_the_right ON kushim_jira.jobs USING (true) WITH CHECK (true);
CREATE POLICY "kind: producers insert compliance_failure and compliance_pass" ON kushim_jira.jobs AS RESTRICTIVE
    FOR INSERT TO kushim_jira_producer WITH CHECK (kind IN ('compliance_failure', 'compliance_pass'));
GRANT SELECT, INSERT ON kushim_jira.jobs, kushim_jira.attempts TO kushim_jira_worker;
GRANT SELECT, INSERT, DELETE ON kushim_jira.dead_jobs TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.finished, kushim_jira.job_ranges TO kushim_jira_worker;
GRANT USAGE, SELECT, UPDATE ON SEQUENCE kushim_jira.jobs_id_seq TO kushim_jira_worker;
GRANT SELECT ON kushim_jira.job_status, kushim_jira.dead_letters, kushim_jira.job_history, kushim_jira.queue_health
    TO kushim_jira_worker, kushim_jira_auditor;
