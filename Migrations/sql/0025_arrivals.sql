-- An order of events that holds while the database's clock is set back: by that clock a job seems older than what came before it,
-- and its failure older than the close of the ticket that it fell after.

-- When an event happened: as its producer says, but not after the insert, and at most a week before it.
CREATE FUNCTION kushim_jira.happened_at(detected timestamptz, inserted timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN greatest(least(coalesce(detected, inserted), inserted), inserted - interval '7 days');

-- When a job was inserted by a clock that is not set back: not before the thousand jobs that came before it. To be asked only where
-- a job seems too late, since it reads those.
CREATE FUNCTION kushim_jira.arrived_at(job bigint, inserted timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN greatest(inserted, (
        SELECT max(earlier.created_at) FROM (
            SELECT j.created_at FROM kushim_jira.jobs j WHERE j.id < job ORDER BY j.id DESC LIMIT 1000) AS earlier));

REVOKE EXECUTE ON FUNCTION kushim_jira.happened_at(timestamptz, timestamptz), kushim_jira.arrived_at(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kushim_jira.happened_at(timestamptz, timestamptz), kushim_jira.arrived_at(bigint, timestamptz)
    TO kushim_jira_worker;
