-- A queue that forgets its finished rows, as Graphile Worker does: claims 100 jobs and deletes them, each in a commit of its own.
WITH next AS MATERIALIZED (
    SELECT id FROM public.plain_jobs WHERE state = 'available' ORDER BY priority, id LIMIT 100 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE public.plain_jobs j SET state = 'running', attempt = attempt + 1, claimed_at = clock_timestamp()
    FROM next WHERE j.id = next.id
    RETURNING j.id, j.payload
)
SELECT coalesce(array_agg(id), '{}') AS ids, string_agg(payload::text, ' ') AS payloads FROM claimed
\gset
DELETE FROM public.plain_jobs WHERE id = ANY (:ids::bigint[]);
