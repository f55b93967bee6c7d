-- A request can be answered in words that do not say what became of it: by a firewall that dislikes one failure's words, every
-- time. How often that came in a row, and why a failure waits alone, is kept beside the doubt itself.
ALTER TABLE kushim_jira.tickets
    ADD COLUMN unproven     integer NOT NULL DEFAULT 0,  -- create requests in a row whose answers did not tell what they did
    ADD COLUMN last_answer  text,                        -- the last of those answers
    ADD COLUMN held_because text;                        -- it waits alone, while others are made; cleared with its issue

ALTER TABLE kushim_jira.comments
    ADD COLUMN unproven    integer NOT NULL DEFAULT 0,
    ADD COLUMN last_answer text;
