-- What a clock that is set back leaves in the future, and ranges of jobs wherever the ids have gone.

-- When a pause began: tells a pause of ours from a time that the producer asked for.
ALTER TABLE kushim_jira.scheduled ADD COLUMN placed_at timestamptz;
ALTER TABLE kushim_jira.scheduled ALTER COLUMN placed_at SET DEFAULT clock_timestamp();
ALTER TABLE kushim_jira.gates ADD COLUMN set_at timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON COLUMN kushim_jira.scheduled.placed_at IS 'When run_at was reckoned.';
COMMENT ON COLUMN kushim_jira.gates.set_at IS 'When closed_until was reckoned.';

CREATE FUNCTION kushim_jira.note_when_a_gate_is_set() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.set_at := clock_timestamp();
    RETURN NEW;
END
$$;
-- Not when the time is mended: then both move.
CREATE TRIGGER note_when_a_gate_is_set BEFORE UPDATE OF closed_until ON kushim_jira.gates FOR EACH ROW
    WHEN (NEW.closed_until IS DISTINCT FROM OLD.closed_until AND NEW.set_at = OLD.set_at)
    EXECUTE FUNCTION kushim_jira.note_when_a_gate_is_set();

-- Brings back what the clock, set back since, has left in the future. What has happened cannot lie there, and is taken to have
-- happened just now; a pause lasts as long as it was meant to. Times that people or producers chose are left alone, and so is the
-- audit log. May run at any time and as often as one likes. Without `always` it first looks whether anything lies in the future.
CREATE FUNCTION kushim_jira.mend_times(always boolean) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mended bigint := 0;
    count  bigint;
BEGIN
    IF NOT always
       AND NOT EXISTS (SELECT FROM kushim_jira.workers WHERE heartbeat_at > clock_timestamp())
       AND NOT EXISTS (SELECT FROM kushim_jira.scheduled WHERE placed_at > clock_timestamp())
       AND NOT EXISTS (SELECT FROM kushim_jira.gates WHERE set_at > clock_timestamp())
       AND NOT EXISTS (SELECT FROM (SELECT recorded_at FROM kushim_jira.audit_log ORDER BY id DESC LIMIT 1) AS newest
                       WHERE recorded_at > clock_timestamp()) THEN
        RETURN 0;
    END IF;

    UPDATE kushim_jira.scheduled
    SET run_at = CASE WHEN reason IS NULL THEN run_at ELSE run_at - (placed_at - clock_timestamp()) END, placed_at = clock_timestamp()
    WHERE placed_at > clock_timestamp();
    GET DIAGNOSTICS count = ROW_COUNT;
    mended := mended + count;
    UPDATE kushim_jira.gates SET closed_until = closed_until - (set_at - clock_timestamp()), set_at = clock_timestamp()
    WHERE set_at > clock_timestamp();
    GET DIAGNOSTICS count = ROW_COUNT;
    mended := mended + count;
    UPDATE kushim_jira.tickets
    SET first_sent_at = least(first_sent_at, clock_timestamp()), last_sent_at = least(last_sent_at, clock_timestamp()),
        status_seen_at = least(status_seen_at, clock_timestamp()), let_through_at = least(let_through_at, clock_timestamp()),
        twins_due_at = least(twins_due_at, clock_timestamp() + interval '1 day')
    WHERE greatest(first_sent_at, last_sent_at, status_seen_at, let_through_at, twins_due_at - interval '1 day') > clock_timestamp();
    GET DIAGNOSTICS count = ROW_COUNT;
    mended := mended + count;
    UPDATE kushim_jira.comments SET last_sent_at = clock_timestamp() WHERE last_sent_at > clock_timestamp();
    GET DIAGNOSTICS count = ROW_COUNT;
    mended := mended + count;
    UPDATE kushim_jira.messages SET last_sent_at = clock_timestamp() WHERE last_sent_at > clock_timestamp();
    GET DIAGNOSTICS count = ROW_COUNT;
    mended := mended + count;
    -- A later migration makes this table. A failure that comes now comes after every pass that was seen.
    UPDATE kushim_jira.passes SET inserted_at = clock_timestamp() WHERE inserted_at > clock_timestamp();
    GET DIAGNOSTICS count = ROW_COUNT;
    mended := mended + count;
    UPDATE kushim_jira.floods SET began_at = least(began_at, clock_timestamp()), met_at = least(met_at, clock_timestamp())
    WHERE greatest(began_at, met_at) > clock_timestamp();
    GET DIAGNOSTICS count = ROW_COUNT;
    RETURN mended + count;
END
$$;

-- A range from `first` to before `past`.
DROP FUNCTION kushim_jira.add_range(bigint);
CREATE FUNCTION kushim_jira.add_range(first bigint, past bigint) RETURNS bigint
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
    INSERT INTO kushim_jira.job_ranges VALUES (first, past);
    RETURN past;
END
$$;
-- As before; and where the ids have jumped beyond all ranges, one range reaches up to them, however far that is.
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
    IF next >= ahead THEN
        ahead := kushim_jira.add_range(ahead, next + 100000000);
    END IF;
    WHILE ahead - next < 200000000 LOOP
        ahead := kushim_jira.add_range(ahead, ahead + 100000000);
    END LOOP;
EXCEPTION WHEN lock_not_available THEN
    NULL;  -- at the next round
END
$$;

REVOKE EXECUTE ON FUNCTION kushim_jira.add_range(bigint, bigint), kushim_jira.mend_times(boolean),
    kushim_jira.note_when_a_gate_is_set() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kushim_jira.mend_times(boolean) TO kushim_jira_worker;
