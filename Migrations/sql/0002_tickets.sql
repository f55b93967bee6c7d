-- The ledger of tickets, and the log of everything that was done and why.

-- Tells apart two installations that share one Jira; part of every fingerprint.
CREATE TABLE kushim_jira.installation (
    single          boolean     PRIMARY KEY DEFAULT true CHECK (single),
    installation_id uuid        NOT NULL DEFAULT gen_random_uuid(),
    installed_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO kushim_jira.installation DEFAULT VALUES;

-- What is a customer's own; one without a row uses the connection and settings of the environment.
CREATE TABLE kushim_jira.connections (
    customer_id text        PRIMARY KEY CHECK (length(customer_id) BETWEEN 1 AND 255),
    settings    jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),  -- merge patch, RFC 7396
    paused      boolean     NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A shut gate: what all workers of all hosts leave alone until its time. A row exists only while it is shut.
CREATE TABLE kushim_jira.gates (
    scope        text        PRIMARY KEY,        -- the Jira site, or the project and issue type at it
    customer_id  text        NOT NULL,
    cause        text        NOT NULL CHECK (cause IN ('rate_limited', 'unavailable', 'credentials', 'configuration')),
    reason       text        NOT NULL,
    remedy       text        NOT NULL DEFAULT '',
    failures     integer     NOT NULL DEFAULT 1,
    reported_cause text,                         -- for which cause a connection.blocked stands in the audit log
    is_news      boolean     NOT NULL DEFAULT false,  -- the last shutting wrote one
    closed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_until timestamptz NOT NULL,
    probing      boolean     NOT NULL DEFAULT false  -- until then, since somebody is trying whether it can be opened
) WITH (fillfactor = 50);

CREATE TABLE kushim_jira.tickets (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id     text        NOT NULL,
    control_id      text        NOT NULL,
    resource        text        NOT NULL DEFAULT '',
    episode         integer     NOT NULL CHECK (episode >= 1),
    fingerprint     text        NOT NULL UNIQUE CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
    state           text        NOT NULL DEFAULT 'creating'
                                CHECK (state IN ('creating', 'open', 'done', 'deleted', 'refused')),
    severity        text        NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
    control_title   text        NOT NULL,
    project_key     text        NOT NULL,
    issue_id        text,
    issue_key       text,
    issue_url       text,
    job_id          bigint      NOT NULL,        -- the failure that opened the episode
    deduplicated    boolean     NOT NULL DEFAULT true,  -- false: a ticket of its own for each failure
    failed_at       timestamptz NOT NULL,        -- when the SLA began to run
    due_at          timestamptz NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_issue_seen bigint,                      -- number of the newest issue known in the project before the last send
    sends           integer     NOT NULL DEFAULT 0,
    first_sent_at   timestamptz,
    last_sent_at    timestamptz,                 -- set and committed before each create request
    in_doubt        boolean     NOT NULL DEFAULT false, -- so is this; cleared once it is known what became of the request
    opened_at       timestamptz,
    resolved_at     timestamptz,
    status_seen_at  timestamptz,                 -- when Jira was last asked whether it is done
    failure_count   integer     NOT NULL DEFAULT 1,
    last_failed_at  timestamptz NOT NULL,        -- when the newest of its failures was detected
    passed_at       timestamptz,                 -- since when the control passes again; cleared by a later failure

    CONSTRAINT "an issue has its id, key and address"
        CHECK (state NOT IN ('open', 'done', 'deleted')
               OR (issue_id IS NOT NULL AND issue_key IS NOT NULL AND issue_url IS NOT NULL)),
    CONSTRAINT "what was sent is known with its time"
        CHECK ((sends = 0) = (last_sent_at IS NULL)),
    CONSTRAINT "only a ticket that is being made is in doubt"
        CHECK (NOT in_doubt OR (state = 'creating' AND sends > 0))
);
CREATE UNIQUE INDEX "one open episode for each control" ON kushim_jira.tickets (customer_id, control_id, resource)
    WHERE state IN ('creating', 'open') AND deduplicated;
CREATE UNIQUE INDEX "one row for each episode" ON kushim_jira.tickets (customer_id, control_id, resource, episode);
CREATE UNIQUE INDEX "one ticket for each failure" ON kushim_jira.tickets (job_id) WHERE state <> 'refused';
CREATE INDEX tickets_by_issue ON kushim_jira.tickets (issue_id);
CREATE INDEX tickets_in_doubt ON kushim_jira.tickets (id) WHERE in_doubt;
CREATE INDEX tickets_by_due ON kushim_jira.tickets (due_at) WHERE state IN ('creating', 'open');

CREATE TABLE kushim_jira.comments (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id  bigint      NOT NULL REFERENCES kushim_jira.tickets,
    job_id     bigint      NOT NULL UNIQUE,
    purpose    text        NOT NULL CHECK (purpose IN ('passed')),
    state      text        NOT NULL DEFAULT 'intended' CHECK (state IN ('intended', 'posted', 'refused')),
    sends      integer     NOT NULL DEFAULT 0,
    last_sent_at timestamptz,
    in_doubt   boolean     NOT NULL DEFAULT false,
    comment_id text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    posted_at  timestamptz,
    CONSTRAINT "a posted comment has its id" CHECK (state <> 'posted' OR comment_id IS NOT NULL)
);
CREATE INDEX comments_by_ticket ON kushim_jira.comments (ticket_id);

CREATE TABLE kushim_jira.audit_log (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid         xid8        NOT NULL DEFAULT pg_current_xact_id(),  -- puts records in an order no clock can bend
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    salt        uuid        NOT NULL DEFAULT gen_random_uuid(),     -- so that a digest tells nobody what was guessed
    customer_id text        NOT NULL,
    job_id      bigint,
    action      text        NOT NULL,
    control_id  text,
    issue_key   text,
    actor       text        NOT NULL,
    detail      jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT "action: one of the contract's"
        CHECK (action IN ('job.claimed_again', 'job.retried', 'job.discarded', 'job.cancelled',
                          'ticket.created', 'ticket.adopted', 'ticket.deduplicated', 'ticket.skipped', 'ticket.commented',
                          'ticket.resolved', 'ticket.escalated', 'ticket.deleted',
                          'sla.scheduled', 'sla.alerted', 'sla.met', 'webhook.received', 'webhook.refused',
                          'recheck.requested', 'notification.sent',
                          'connection.opened', 'connection.blocked', 'connection.changed')
               OR action LIKE 'admin.%'),
    CONSTRAINT "detail: a JSON object" CHECK (jsonb_typeof(detail) = 'object')
);
CREATE INDEX audit_log_by_job ON kushim_jira.audit_log (job_id);
CREATE INDEX audit_log_by_control ON kushim_jira.audit_log (customer_id, control_id);
CREATE INDEX audit_log_by_transaction ON kushim_jira.audit_log (xid, id);

-- Grants keep every other role out; this also stops an owner's script and an accident.
CREATE FUNCTION kushim_jira.audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Nothing in kushim_jira.audit_log is ever changed or removed.';
END
$$;
CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON kushim_jira.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION kushim_jira.audit_log_is_append_only();

-- When a failure that began at `start` must be remedied. Whole days are days of the calendar in `zone`, also where a clock change
-- makes one 23 or 25 hours long; with `business`, Saturdays and Sundays do not count.
CREATE FUNCTION kushim_jira.due_at(start timestamptz, seconds bigint, business boolean, zone text) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    local     timestamp := start AT TIME ZONE zone;
    days_left bigint := seconds / 86400;
BEGIN
    IF NOT business THEN
        RETURN (local + make_interval(days => days_left::integer)) AT TIME ZONE zone
               + make_interval(secs => seconds % 86400);
    END IF;
    WHILE extract(isodow FROM local) > 5 LOOP
        local := date_trunc('day', local) + interval '1 day';  -- the clock starts on Monday
    END LOOP;
    WHILE days_left > 0 LOOP
        local := local + interval '1 day';
        IF extract(isodow FROM local) <= 5 THEN days_left := days_left - 1; END IF;
    END LOOP;
    local := local + make_interval(secs => seconds % 86400);
    WHILE extract(isodow FROM local) > 5 LOOP
        local := local + interval '1 day';
    END LOOP;
    RETURN local AT TIME ZONE zone;
END
$$;

CREATE VIEW kushim_jira.open_tickets AS
SELECT customer_id, control_id, resource, issue_key, issue_url, project_key, severity, state, control_title, due_at,
       due_at - clock_timestamp() AS time_left, created_at, failure_count, last_failed_at, passed_at
FROM kushim_jira.tickets WHERE state IN ('creating', 'open');

CREATE VIEW kushim_jira.sla_status AS
SELECT customer_id, control_id, resource, issue_key, severity, state, failed_at, due_at, resolved_at,
       CASE WHEN state IN ('creating', 'open') AND clock_timestamp() >= due_at THEN 'breached'
            WHEN state IN ('creating', 'open')
                 AND clock_timestamp() >= failed_at + 0.75 * (due_at - failed_at) THEN 'approaching'
            WHEN state IN ('creating', 'open') THEN 'on_time'
            WHEN resolved_at <= due_at THEN 'met'
            WHEN resolved_at > due_at THEN 'missed'
            ELSE 'void' END AS sla,
       due_at - coalesce(resolved_at, clock_timestamp()) AS time_left
FROM kushim_jira.tickets WHERE state <> 'refused';

COMMENT ON TABLE kushim_jira.tickets IS 'The ledger: one row for each episode of a failed control, with the Jira issue that answers it.';
COMMENT ON TABLE kushim_jira.audit_log IS 'Append-only: one record for each thing that happened, written in the transaction that made it true.';
COMMENT ON VIEW kushim_jira.open_tickets IS 'Tickets whose control is not yet remedied, with the time that is left.';
COMMENT ON VIEW kushim_jira.sla_status IS 'Each ticket against its due date: on_time, approaching, breached, met, missed.';
