-- What a ticket costs the database.

-- A ticket that is marked as sent stays where it is: no index knows of that, and its page has room for another version.
DROP INDEX kushim_jira.tickets_in_doubt;
CREATE INDEX tickets_being_made ON kushim_jira.tickets (id) WHERE state = 'creating';
ALTER TABLE kushim_jira.tickets SET (fillfactor = 60);

-- The daemon places its own jobs, many in one statement, and says so. What anybody else inserts is admitted as before; a producer
-- who says the same is refused.
CREATE OR REPLACE FUNCTION kushim_jira.admit_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    rule text;
BEGIN
    IF NEW.kind OPERATOR(pg_catalog.=) 'compliance_failure'
       AND pg_catalog.current_setting('kushim_jira.are_placed', true) IS DISTINCT FROM 'yes'
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

    IF pg_catalog.current_setting('kushim_jira.are_placed', true) OPERATOR(pg_catalog.=) 'yes' THEN
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
DROP POLICY "kind: producers insert compliance_failure and compliance_pass" ON kushim_jira.jobs;
CREATE POLICY "kind: producers insert compliance_failure and compliance_pass" ON kushim_jira.jobs AS RESTRICTIVE
    FOR INSERT TO kushim_jira_producer
    WITH CHECK (kind IN ('compliance_failure', 'compliance_pass')
                AND current_setting('kushim_jira.are_placed', true) IS DISTINCT FROM 'yes');
