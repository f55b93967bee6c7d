-- A unique key that another transaction took after ours had begun is not in our snapshot above READ COMMITTED, however often we
-- look: then the caller runs its transaction again, as every client knows of 40001. The priority is a bigint, since
-- a literal is an integer and drivers bind a bigint; the rule of the column says what is out of range.
DROP FUNCTION kushim_jira.enqueue(text, text, jsonb, timestamptz, smallint, text);

-- Inserts one job and returns its id; while a job of the same kind, customer and unique_key is unfinished, returns that one's.
CREATE FUNCTION kushim_jira.enqueue(
    kind text, customer_id text, payload jsonb,
    run_at timestamptz DEFAULT NULL, priority bigint DEFAULT 0, unique_key text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    customer text := coalesce(enqueue.customer_id, 'default');
    job bigint;
    met text;
BEGIN
    -- Each round that is lost was won by another transaction whose job has ended since.
    FOR round IN 1..10 LOOP
        IF enqueue.unique_key IS NOT NULL THEN
            job := kushim_jira.unfinished_job(enqueue.kind, customer, enqueue.unique_key);
            IF job IS NOT NULL THEN
                RETURN job;
            END IF;
        END IF;
        -- Known only now: the row of the key was there, and is not to be seen.
        IF met IS NOT NULL AND current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            EXIT;
        END IF;
        BEGIN
            INSERT INTO kushim_jira.jobs AS j (kind, customer_id, payload, run_at, priority, unique_key)
            VALUES (enqueue.kind, customer, enqueue.payload, coalesce(enqueue.run_at, now()),
                    least(greatest(coalesce(enqueue.priority, 0), -32768), 32767), enqueue.unique_key)
            RETURNING j.id INTO job;
            RETURN job;
        EXCEPTION WHEN unique_violation THEN
            GET STACKED DIAGNOSTICS met = CONSTRAINT_NAME;
            IF met <> 'unique_key: an unfinished job has this kind, customer and key' THEN
                RAISE;
            END IF;
        END;
    END LOOP;
    RAISE EXCEPTION 'another transaction has enqueued a job with this unique_key, which this transaction cannot see'
        USING ERRCODE = 'serialization_failure', HINT = 'Run the transaction again.';
END
$$;

REVOKE ALL ON FUNCTION kushim_jira.enqueue(text, text, jsonb, timestamptz, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kushim_jira.enqueue(text, text, jsonb, timestamptz, bigint, text)
    TO kushim_jira_producer, kushim_jira_worker;
