-- Jobs that the transfer daemon does (DESIGN 5): those without a controller. Each call but the claim carries the token that
-- the claim gave; a stale one changes nothing and answers false.

CREATE FUNCTION api.job_claim(kinds text[])
RETURNS TABLE (id int8, token int8, kind text, payload jsonb, attempts int4, created_by int4)
LANGUAGE sql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  UPDATE job j
     SET state = 'running', token = j.token + 1, expires_at = clock_timestamp() + interval '30 seconds',
         started_at = coalesce(j.started_at, clock_timestamp())
   WHERE j.id = (SELECT w.id FROM job w
                  WHERE w.controller_id IS NULL AND w.kind = ANY (kinds) AND w.next_at <= clock_timestamp()
                    AND (w.state = 'queued'
                         OR (w.state = 'running' AND coalesce(w.expires_at, '-infinity') < clock_timestamp()))
                  ORDER BY w.id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING j.id, j.token, j.kind, j.payload, j.attempts, j.created_by
$$;

CREATE FUNCTION api.job_renew(job int8, token int8) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  UPDATE kidoban.job j SET expires_at = clock_timestamp() + interval '30 seconds'
   WHERE j.id = job_renew.job AND j.token = job_renew.token AND j.state = 'running';
  RETURN FOUND;
END $$;

CREATE FUNCTION api.job_progress(job int8, token int8, done int8, total int8) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  UPDATE kidoban.job j
     SET progress = job_progress.done, total = job_progress.total, expires_at = clock_timestamp() + interval '30 seconds'
   WHERE j.id = job_progress.job AND j.token = job_progress.token AND j.state = 'running';
  RETURN FOUND;
END $$;

-- When a job is tried again: 5 s, 10 s, ... 5 minutes.
CREATE OR REPLACE FUNCTION job_pause(attempts int4) RETURNS interval
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT make_interval(secs => least(5 * 2 ^ least(attempts, 6), 300))
$$;

-- After so many it has failed; the last ones are five minutes apart.
CREATE OR REPLACE FUNCTION job_attempts_most() RETURNS int4
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT 20
$$;

-- outcome: done; retry: later; failed; given_up: it may be claimed again at once.
CREATE FUNCTION api.job_end(job int8, token int8, outcome text, reason text) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  UPDATE kidoban.job j
     SET state = n.state, reason = left(coalesce(job_end.reason, ''), 255),
         attempts = j.attempts + (outcome <> 'given_up')::int4,
         progress = CASE WHEN n.state = 'done' THEN greatest(j.progress, j.total) ELSE j.progress END,
         next_at = clock_timestamp() + CASE WHEN outcome = 'retry' THEN kidoban.job_pause(j.attempts) ELSE interval '0' END,
         expires_at = NULL, finished_at = CASE WHEN n.state <> 'queued' THEN clock_timestamp() END
    FROM (SELECT w.id, CASE WHEN outcome IN ('done', 'failed') THEN outcome
                            WHEN outcome = 'retry' AND w.attempts + 1 >= kidoban.job_attempts_most() THEN 'failed'
                            ELSE 'queued' END AS state
            FROM kidoban.job w WHERE w.id = job_end.job) n
   WHERE j.id = n.id AND j.token = job_end.token AND j.state = 'running';
  RETURN FOUND;
END $$;

-- Wakes who does it; a stopped one is given up by who is at it.
CREATE OR REPLACE FUNCTION job_queued() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NEW.controller_id IS NULL THEN
    PERFORM pg_notify('kidoban_job', '');
  ELSE
    PERFORM pg_notify('kidoban_transfer', '');
  END IF;
  RETURN NULL;
END $$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'job_queued' AND tgrelid = 'kidoban.job'::regclass) THEN
    CREATE TRIGGER job_queued AFTER INSERT OR UPDATE OF state, payload ON kidoban.job FOR EACH ROW
      WHEN (NEW.state IN ('queued', 'stopped')) EXECUTE FUNCTION kidoban.job_queued();
  END IF;
END $$;
