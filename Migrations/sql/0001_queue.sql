-- The queue: where work waits, runs and ends.
--
-- A producer's row in `jobs` is written once and never updated. What changes is small and stands in exactly one place:
--   ready      may be claimed now
--   scheduled  waits for its time: a later run_at, a backoff, a snooze
--   leases     is in a worker's hands
--   finished   completed, discarded (dead letter) or cancelled
-- A `ready` row is inserted and deleted, never updated, so a claim can trust its ctid.

CREATE SEQUENCE kushim_jira.ready_seq;
CREATE SEQUENCE kushim_jira.fence_seq;

-- The second (Unix time) until which some worker sleeps. A sequence, since a row updated before each sleep would bloat;
-- a dead worker's promise runs out by itself.
CREATE SEQUENCE kushim_jira.asleep_until MINVALUE 0 START 0;

-- Names of constraints are sentences: PostgreSQL prints them to the producer whose row is refused.
CREATE FUNCTION kushim_jira.is_text(value jsonb, most integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'string' AND length(value #>> '{}') BETWEEN 1 AND most
                    AND (value #>> '{}') ~ '\S', false);

CREATE FUNCTION kushim_jira.is_text_or_absent(value jsonb, most integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) IN ('string', 'null') AND length(value #>> '{}') <= most, true);

CREATE FUNCTION kushim_jira.is_array_of_text_or_absent(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(jsonb_typeof(value) = 'null'
                    OR (jsonb_typeof(value) = 'array' AND NOT value @? '$[*] ? (@.type() != "string")'), true);

CREATE TABLE kushim_jira.jobs (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL,
    customer_id text        NOT NULL DEFAULT 'default',
    payload     jsonb       NOT NULL,
    run_at      timestamptz NOT NULL DEFAULT now(),
    priority    smallint    NOT NULL DEFAULT 0,
    unique_key  text,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "kind: one of compliance_failure, compliance_pass"
        CHECK (kind IN ('compliance_failure', 'compliance_pass',
                        'sla_alert', 'notification', 'jira_webhook', 'recheck')),
    CONSTRAINT "customer_id: 1 to 255 characters"
        CHECK (length(customer_id) BETWEEN 1 AND 255 AND customer_id ~ '\S'),
    CONSTRAINT "priority: -100 to 100"
        CHECK (priority BETWEEN -100 AND 100),
    CONSTRAINT "unique_key: 1 to 500 characters"
        CHECK (length(unique_key) BETWEEN 1 AND 500),
    CONSTRAINT "run_at: a finite time"
        CHECK (isfinite(run_at)),
    CONSTRAINT "payload: a JSON object"
        CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT "payload: at most 1 MiB"
        CHECK (pg_column_size(payload) <= 1048576),

    CONSTRAINT "payload.controlId: required text of 1 to 255 characters"
        CHECK (kind NOT IN ('compliance_failure', 'compliance_pass')
               OR kushim_jira.is_text(payload -> 'controlId', 255)),
    CONSTRAINT "payload.controlTitle: required text of 1 to 1000 characters"
        CHECK (kind <> 'compliance_failure' OR kushim_jira.is_text(payload -> 'controlTitle', 1000)),
    CONSTRAINT "payload.severity: one of critical, high, medium, low"
        CHECK (kind <> 'compliance_failure'
               OR coalesce(payload -> 'severity' IN ('"critical"', '"high"', '"medium"', '"low"'), false)),
    CONSTRAINT "payload.failureReason: required text"
        CHECK (kind <> 'compliance_failure' OR kushim_jira.is_text(payload -> 'failureReason', 1048576)),
    CONSTRAINT "payload.framework: text of at most 255 characters"
        CHECK (kind <> 'compliance_failure' OR kushim_jira.is_text_or_absent(payload -> 'framework', 255)),
    CONSTRAINT "payload.integration: text of at most 255 characters"
        CHECK (kind <> 'compliance_failure' OR kushim_jira.is_text_or_absent(payload -> 'integration', 255)),
    CONSTRAINT "payload.evidenceId: text of at most 255 characters"
        CHECK (kind NOT IN ('compliance_failure', 'compliance_pass')
               OR kushim_jira.is_text_or_absent(payload -> 'evidenceId', 255)),
    CONSTRAINT "payload.evidenceUrl: text of at most 2000 characters"
        CHECK (kind <> 'compliance_failure' OR kushim_jira.is_text_or_absent(payload -> 'evidenceUrl', 2000)),
    CONSTRAINT "payload.resource: text of at most 1000 characters"
        CHECK (kind NOT IN ('compliance_failure', 'compliance_pass')
               OR kushim_jira.is_text_or_absent(payload -> 'resource', 1000)),
    CONSTRAINT "payload.checkId: text of at most 255 characters"
        CHECK (kind <> 'compliance_failure' OR kushim_jira.is_text_or_absent(payload -> 'checkId', 255)),
    CONSTRAINT "payload.detectedAt: a time in ISO 8601"
        CHECK (kind NOT IN ('compliance_failure', 'compliance_pass')
               OR coalesce(jsonb_typeof(payload -> 'detectedAt') = 'null'
                   OR payload ->> 'detectedAt'
                      ~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)?)?$', true)),
    CONSTRAINT "payload.affectedSystems: an array of texts"
        CHECK (kind <> 'compliance_failure'
               OR kushim_jira.is_array_of_text_or_absent(payload -> 'affectedSystems'))
);

CREATE TABLE kushim_jira.ready (
    seq         bigint   NOT NULL DEFAULT nextval('kushim_jira.ready_seq'),
    job_id      bigint   NOT NULL,
    customer_id text     NOT NULL,
    kind        text     NOT NULL,
    priority    smallint NOT NULL,
    attempt     integer  NOT NULL DEFAULT 0,   -- attempts charged so far
    losses      integer  NOT NULL DEFAULT 0,   -- workers that died with it in hand
    snoozes     integer  NOT NULL DEFAULT 0
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
CREATE UNIQUE INDEX ready_in_order ON kushim_jira.ready (priority, seq);

CREATE TABLE kushim_jira.scheduled (
    job_id      bigint      PRIMARY KEY,
    customer_id text        NOT NULL,
    kind        text        NOT NULL,
    priority    smallint    NOT NULL,
    run_at      timestamptz NOT NULL,
    attempt     integer     NOT NULL DEFAULT 0,
    losses      integer     NOT NULL DEFAULT 0,
    snoozes     integer     NOT NULL DEFAULT 0,
    reason      text                            -- why it waits: the last error, or what it waits for
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX scheduled_by_time ON kushim_jira.scheduled (run_at);

-- One row per process start, with an id of its own each time; a host or pod name would let a new process keep a dead one's jobs alive.
CREATE TABLE kushim_jira.workers (
    worker_id    uuid        PRIMARY KEY,
    name         text        NOT NULL,
    version      text        NOT NULL,
    state        text        NOT NULL DEFAULT 'up' CHECK (state IN ('up', 'stopped', 'dead')),
    slots        integer     NOT NULL,
    kinds        text[]      NOT NULL,            -- of jobs it takes; one of another kind waits for a worker that does
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    heartbeat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease        interval    NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE kushim_jira.leases (
    job_id      bigint      PRIMARY KEY,
    fence       bigint      NOT NULL DEFAULT nextval('kushim_jira.fence_seq'),
    worker_id   uuid        NOT NULL REFERENCES kushim_jira.workers,
    customer_id text        NOT NULL,
    kind        text        NOT NULL,
    priority    smallint    NOT NULL,
    attempt     integer     NOT NULL,           -- charged before this run
    losses      integer     NOT NULL,
    snoozes     integer     NOT NULL,
    claimed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX leases_by_worker ON kushim_jira.leases (worker_id);

CREATE TABLE kushim_jira.finished (
    job_id      bigint      PRIMARY KEY,
    state       text        NOT NULL CHECK (state IN ('completed', 'discarded', 'cancelled')),
    attempt     integer     NOT NULL,
    losses      integer     NOT NULL,
    reason      text,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX finished_by_time ON kushim_jira.finished (state, finished_at);

CREATE TABLE kushim_jira.attempts (
    job_id     bigint      NOT NULL,
    fence      bigint      NOT NULL,
    attempt    integer     NOT NULL,            -- 1 is the first
    worker_id  uuid        NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome    text        NOT NULL CHECK (outcome IN ('completed', 'failed', 'discarded', 'lost')),
    error      text,
    PRIMARY KEY (job_id, fence)
);

-- Held from the insert until the job is finished.
CREATE TABLE kushim_jira.unique_jobs (
    kind        text   NOT NULL,
    customer_id text   NOT NULL,
    unique_key  text   NOT NULL,
    job_id      bigint NOT NULL,
    CONSTRAINT "unique_key: an unfinished job has this kind, customer and key" PRIMARY KEY (kind, customer_id, unique_key)
);
CREATE UNIQUE INDEX unique_jobs_by_job ON kushim_jira.unique_jobs (job_id);

-- One statement for however many rows were inserted. It notifies only while a worker sleeps, since a commit that notifies
-- takes a lock that all such commits of the cluster share.
CREATE FUNCTION kushim_jira.admit_jobs() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO kushim_jira.unique_jobs (kind, customer_id, unique_key, job_id)
    SELECT kind, customer_id, unique_key, id FROM inserted WHERE unique_key IS NOT NULL;

    INSERT INTO kushim_jira.scheduled (job_id, customer_id, kind, priority, run_at)
    SELECT id, customer_id, kind, priority, run_at FROM inserted WHERE run_at > clock_timestamp();

    INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
    SELECT id, customer_id, kind, priority FROM inserted
    WHERE NOT EXISTS (SELECT FROM kushim_jira.scheduled s WHERE s.job_id = inserted.id)
    ORDER BY id;

    PERFORM pg_notify('kushim_jira', '')
    FROM kushim_jira.asleep_until WHERE last_value >= extract(epoch FROM clock_timestamp());
    RETURN NULL;
END
$$;
CREATE TRIGGER admit_jobs AFTER INSERT ON kushim_jira.jobs
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION kushim_jira.admit_jobs();

CREATE FUNCTION kushim_jira.jobs_are_not_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a job is never changed after its insert'
        USING ERRCODE = 'restrict_violation', HINT = 'Cancel it (kushim-jira jobs cancel) and insert another.';
END
$$;
CREATE TRIGGER jobs_are_not_changed BEFORE UPDATE OR TRUNCATE ON kushim_jira.jobs
    FOR EACH STATEMENT EXECUTE FUNCTION kushim_jira.jobs_are_not_changed();

CREATE FUNCTION kushim_jira.unfinished_job(of_kind text, of_customer text, key text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT job_id FROM kushim_jira.unique_jobs u
            WHERE u.kind = of_kind AND u.customer_id = of_customer AND u.unique_key = key);

-- Inserts one job and returns its id; while a job of the same kind, customer and unique_key is unfinished, returns that one's.
CREATE FUNCTION kushim_jira.enqueue(
    kind text, customer_id text, payload jsonb,
    run_at timestamptz DEFAULT NULL, priority smallint DEFAULT 0, unique_key text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql AS $$
DECLARE
    job bigint;
BEGIN
    LOOP
        IF enqueue.unique_key IS NOT NULL THEN
            job := kushim_jira.unfinished_job(enqueue.kind, coalesce(enqueue.customer_id, 'default'), enqueue.unique_key);
            EXIT WHEN job IS NOT NULL;
        END IF;
        BEGIN
            INSERT INTO kushim_jira.jobs AS j (kind, customer_id, payload, run_at, priority, unique_key)
            VALUES (enqueue.kind, coalesce(enqueue.customer_id, 'default'), enqueue.payload,
                    coalesce(enqueue.run_at, now()), coalesce(enqueue.priority, 0::smallint), enqueue.unique_key)
            RETURNING j.id INTO job;
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            NULL;  -- another transaction was first, and has committed: look again
        END;
    END LOOP;
    RETURN job;
END
$$;

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
SELECT j.id, j.kind, j.customer_id, f.finished_at AS discarded_at, f.attempt, f.losses, f.reason, j.payload, j.created_at
FROM kushim_jira.finished f JOIN kushim_jira.jobs j ON j.id = f.job_id
WHERE f.state = 'discarded';

CREATE VIEW kushim_jira.job_history AS
SELECT a.job_id, j.kind, j.customer_id, a.attempt, a.outcome, a.error, a.started_at, a.ended_at, a.fence,
       w.name AS worker, w.version
FROM kushim_jira.attempts a
JOIN kushim_jira.jobs j ON j.id = a.job_id
LEFT JOIN kushim_jira.workers w USING (worker_id);

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
    FROM kushim_jira.finished f JOIN kushim_jira.jobs j ON j.id = f.job_id WHERE f.state = 'discarded' GROUP BY j.kind
)
SELECT kind,
       coalesce(ready, 0) AS ready, coalesce(scheduled, 0) AS scheduled, coalesce(held_back, 0) AS held_back,
       coalesce(running, 0) AS running, coalesce(discarded, 0) AS discarded,
       clock_timestamp() - oldest AS oldest_waiting, next_run_at, clock_timestamp() - oldest_claim AS longest_running
FROM (VALUES ('compliance_failure'), ('compliance_pass'), ('sla_alert'), ('notification'), ('jira_webhook'), ('recheck'))
     AS kinds (kind)
LEFT JOIN waiting USING (kind) LEFT JOIN later USING (kind) LEFT JOIN running USING (kind) LEFT JOIN dead USING (kind);

COMMENT ON TABLE kushim_jira.jobs IS 'What producers ask for; inserted once, never changed.';
COMMENT ON VIEW kushim_jira.job_status IS 'One row a job, with its state: available, running, completed, discarded, cancelled.';
COMMENT ON VIEW kushim_jira.dead_letters IS 'Jobs that were given up, with the reason; kushim-jira jobs retry ID runs one again.';
COMMENT ON VIEW kushim_jira.job_history IS 'One row an attempt.';
COMMENT ON VIEW kushim_jira.queue_health IS 'Depth of the queue by kind.';
