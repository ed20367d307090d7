-- What controllers have confirmed, what is to be sent to them, and the jobs that carry it (DESIGN 1). What they shall hold is
-- worked out in poller_records.sql.

-- The deny list of some controllers that have confirmed the same permits. people: whom acts touched since, null: everybody.
CREATE OR REPLACE FUNCTION deny_list(controllers int4[], held int8, people int4[])
RETURNS TABLE (controller_id int4, credential_id int4, reason int2, revision int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  latest int8 := kidoban.latest_revision();
  losers int4[] := ARRAY(SELECT k.cardholder_id FROM credential k WHERE k.lost UNION SELECT c.id FROM cardholder c WHERE c.lost);
BEGIN
  RETURN QUERY
    WITH reported AS MATERIALIZED (
      SELECT k.id FROM credential k WHERE k.lost
      UNION SELECT k.id FROM cardholder c JOIN credential k ON k.cardholder_id = c.id WHERE c.lost),
    now_ AS MATERIALIZED (
      SELECT r.*, r.credential_id IN (SELECT id FROM reported) AS lost
        FROM kidoban.records_for(controllers, latest, CASE WHEN people IS NOT NULL THEN people || losers END) r),
    then_ AS MATERIALIZED (SELECT * FROM kidoban.records_for(controllers, held, people) WHERE held IS NOT NULL)
    SELECT DISTINCT n.controller_id, n.credential_id, 1::int2, 9223372036854775807 FROM now_ n WHERE n.lost
    UNION
    SELECT t.controller_id, t.credential_id,
           CASE WHEN k.id IS NULL THEN 3 WHEN NOT c.enabled THEN 2 ELSE 4 END::int2, latest
      FROM then_ t
      LEFT JOIN credential k ON k.id = t.credential_id
      LEFT JOIN cardholder c ON c.id = k.cardholder_id
     WHERE NOT t.disabled
       AND NOT EXISTS (SELECT FROM now_ n WHERE n.controller_id = t.controller_id AND n.credential_id = t.credential_id AND (n.lost OR NOT n.disabled));
END $$;

-- The deny lists of controllers, laid over the permits that each has confirmed: credentials that its permits let pass and
-- that may pass nowhere on it now, each with the permits revision from which the permits say so themselves. Lost cards stay
-- on it for good (no permits revision says "lost"), so that their use goes on being alarmed (C-7). Most controllers hold the
-- same revision and are worked out together.
CREATE FUNCTION api.revocations(controllers int4[]) RETURNS TABLE (controller_id int4, credential_id int4, reason int2, revision int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  latest int8 := kidoban.latest_revision();
  part   record;
  acts   int8[];
  whole  int4[];
BEGIN
  FOR part IN SELECT s.confirmed_revision AS held, array_agg(c) AS controllers
                FROM unnest(revocations.controllers) c LEFT JOIN controller_stream s ON s.controller_id = c AND s.stream = 1 GROUP BY 1
  LOOP
    acts := CASE WHEN part.held < latest THEN kidoban.acts_between(part.held, latest) ELSE '{}' END;
    whole := kidoban.touched_controllers(part.controllers, acts);
    RETURN QUERY
      SELECT * FROM kidoban.deny_list(ARRAY(SELECT unnest(part.controllers) EXCEPT SELECT unnest(whole)), part.held, kidoban.touched_people(acts));
    RETURN QUERY SELECT * FROM kidoban.deny_list(whole, part.held, NULL);
  END LOOP;
END $$;

-- Writes what controllers have confirmed, and keeps what they had before. In their order, so that nobody waits in a circle.
-- sums null: they were moved on without traffic, since nothing of theirs differs.
CREATE OR REPLACE FUNCTION stream_set(controllers int4[], wanted int2, held int8, sums bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  INSERT INTO controller_stream_history (controller_id, stream, revision, from_t, to_t)
  SELECT s.controller_id, s.stream, s.confirmed_revision, s.confirmed_at, clock_timestamp()
    FROM controller_stream s
   WHERE s.controller_id = ANY (controllers) AND s.stream = wanted AND s.confirmed_revision IS DISTINCT FROM held;
  IF held IS NULL THEN
    DELETE FROM controller_stream s WHERE s.controller_id = ANY (controllers) AND s.stream = wanted;
    RETURN;
  END IF;
  INSERT INTO controller_stream AS s (controller_id, stream, confirmed_revision, confirmed_at, digest, told_revision)
  SELECT c, wanted, held, clock_timestamp(), sums, held FROM unnest(controllers) c ORDER BY c
  ON CONFLICT (controller_id, stream) DO UPDATE
     SET confirmed_at = CASE WHEN s.confirmed_revision = held THEN s.confirmed_at ELSE excluded.confirmed_at END,
         confirmed_revision = held, digest = coalesce(excluded.digest, s.digest),
         told_revision = CASE WHEN sums IS NULL THEN s.told_revision ELSE held END;
END $$;

-- What is to be sent to the poller's controllers: the deny list at once when an act concerns it, permits when it holds none
-- (full) or a job asks for them. Controllers that an act does not concern are moved on without traffic.
CREATE FUNCTION api.poller_streams(poller int4)
RETURNS TABLE (controller_id int4, token int8, stream int2, held_revision int8, wanted_revision int8, job_id int8, "full" bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine    int4[] := ARRAY(SELECT l.controller_id FROM controller_lease l JOIN controller c ON c.id = l.controller_id
                           WHERE l.poller_id = poller_streams.poller AND c.driver = 'kidoban' ORDER BY 1);
  revoked int8 := (SELECT max(c.revision) FROM change_set c WHERE c.revokes);
  lowest  int8;
  moved   int4[];
  concerned int4[];
  full_of int4[];
  boards  int4[] := ARRAY(SELECT l.controller_id FROM controller_lease l JOIN controller c ON c.id = l.controller_id
                           WHERE l.poller_id = poller_streams.poller AND c.driver = 'uhppote' ORDER BY 1);
BEGIN
  PERFORM kidoban.uhppote_follow(boards);
  SELECT min(s.confirmed_revision) INTO lowest FROM controller_stream s
   WHERE s.controller_id = ANY (mine) AND s.stream = 2 AND s.confirmed_revision < revoked;
  IF lowest IS NOT NULL THEN
    -- Act by act: over all of them a grant that was sent meanwhile and its withdrawal would cancel out, and the card pass on.
    concerned := ARRAY(SELECT DISTINCT controller FROM change_set c, unnest(kidoban.concerned_controllers(c.revision - 1, c.revision)) controller
                        WHERE c.revokes AND c.revision > lowest AND c.revision <= revoked);
    moved := ARRAY(SELECT s.controller_id FROM controller_stream s
                    WHERE s.controller_id = ANY (mine) AND s.stream = 2 AND s.confirmed_revision < revoked
                      AND NOT s.controller_id = ANY (concerned));
    PERFORM kidoban.stream_set(moved, 2::int2, revoked, NULL);
  END IF;

  -- What holds nothing is filled without anyone asking, but not against who stopped that, and not again and again.
  full_of := ARRAY(SELECT c FROM unnest(mine || boards) c
                    WHERE NOT EXISTS (SELECT FROM controller_stream s WHERE s.controller_id = c AND s.stream = 1)
                      AND NOT EXISTS (SELECT FROM job j
                                       WHERE j.controller_id = c AND j.kind = 'permit_transfer' AND j.stream = 1
                                         AND (j.state IN ('queued', 'running')
                                              OR (j.state = 'failed' AND j.finished_at > clock_timestamp() - interval '5 minutes')
                                              OR (j.state = 'stopped' AND j.finished_at > coalesce(
                                                    (SELECT max(h.to_t) FROM controller_stream_history h
                                                      WHERE h.controller_id = c AND h.stream = 1), '-infinity')))));
  INSERT INTO job (kind, controller_id, stream, payload)
  SELECT 'permit_transfer', c, 1, '{"full": true, "because": "nothing held"}' FROM unnest(full_of) c ON CONFLICT DO NOTHING;

  RETURN QUERY
    SELECT l.controller_id, l.token, 2::int2, s.confirmed_revision, coalesce(revoked, 0), NULL::int8, s.stream IS NULL
      FROM controller_lease l
      LEFT JOIN controller_stream s ON s.controller_id = l.controller_id AND s.stream = 2
     WHERE l.controller_id = ANY (mine) AND revoked IS NOT NULL AND (s.stream IS NULL OR s.confirmed_revision < revoked);
  RETURN QUERY
    SELECT l.controller_id, l.token, 1::int2, s.confirmed_revision, kidoban.latest_revision(), j.id,
           s.stream IS NULL OR coalesce((j.payload ->> 'full')::bool, false)
      FROM controller_lease l
      JOIN job j ON j.controller_id = l.controller_id AND j.kind = 'permit_transfer' AND j.stream = 1
                AND j.state IN ('queued', 'running') AND j.next_at <= clock_timestamp()
      LEFT JOIN controller_stream s ON s.controller_id = l.controller_id AND s.stream = 1
     WHERE l.controller_id = ANY (mine || boards)
     ORDER BY j.id;
END $$;

-- Arrays run in parallel. A controller whose token is stale is left out. Answers the controllers written.
CREATE FUNCTION api.poller_stream_confirm(controller int4[], token int8[], stream int2[], revision int8[], digest bytea[]) RETURNS SETOF int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  mine int4[] := kidoban.lease_check(controller, token);
  part record;
BEGIN
  FOR part IN SELECT x.stream, x.revision, x.digest, array_agg(x.c ORDER BY x.c) AS controllers,
                     array_agg(x.c ORDER BY x.c) FILTER (WHERE x.stream = 1 AND d.driver = 'uhppote') AS boards
                FROM unnest(controller, stream, revision, digest) AS x(c, stream, revision, digest) JOIN controller d ON d.id = x.c
               WHERE x.c = ANY (mine) GROUP BY 1, 2, 3 ORDER BY 2
  LOOP
    PERFORM kidoban.stream_set(part.controllers, part.stream, part.revision, part.digest);
    -- A board has no deny list: what its cards are is all there is.
    PERFORM kidoban.stream_set(coalesce(part.boards, '{}'), 2::int2, part.revision, NULL);
  END LOOP;
  RETURN QUERY SELECT unnest(mine);
END $$;

-- The controller holds something else than it confirmed (T-8): what it confirmed counts no more, and it is filled again.
CREATE FUNCTION api.poller_stream_lost(controller int4, token int8, stream int2, revision int8, reason text) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF cardinality(kidoban.lease_check(ARRAY[controller], ARRAY[token])) = 0 THEN
    RETURN false;
  END IF;
  PERFORM kidoban.stream_set(ARRAY[controller], stream, NULL, NULL);
  IF stream = 1 THEN
    PERFORM kidoban.queue_transfers(ARRAY[controller], true, NULL, NULL, left(poller_stream_lost.reason, 255));
  END IF;
  RETURN true;
END $$;

-- False: the job was stopped, or somebody else has the controller: give it up.
CREATE FUNCTION api.poller_job_progress(job int8, token int8, done int8, total int8) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  UPDATE kidoban.job j SET state = 'running', progress = done, total = poller_job_progress.total, token = l.token, reason = '',
         started_at = coalesce(j.started_at, clock_timestamp())
    FROM controller_lease l
   WHERE j.id = poller_job_progress.job AND j.state IN ('queued', 'running')
     AND l.controller_id = j.controller_id AND l.token = poller_job_progress.token;
  RETURN FOUND;
END $$;

-- ok: done, or queued once more when that was asked for meanwhile. Not ok: tried again after 5 s, 10 s, ... 5 minutes (what
-- had been carried over stays on the controller), and failed in the end, unless the controller is
-- away.
CREATE FUNCTION api.poller_job_end(job int8, token int8, ok bool, reason text) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  old    kidoban.job;
  fresh  text;
  again  text;
BEGIN
  SELECT j.* INTO old FROM kidoban.job j JOIN controller_lease l ON l.controller_id = j.controller_id
   WHERE j.id = poller_job_end.job AND j.state IN ('queued', 'running') AND l.token = poller_job_end.token FOR UPDATE OF j;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  again := old.payload ->> 'again';
  fresh := CASE WHEN ok THEN CASE WHEN again IS NULL THEN 'done' ELSE 'queued' END
                WHEN old.attempts + 1 >= kidoban.job_attempts_most()
                     AND EXISTS (SELECT FROM controller_state s WHERE s.controller_id = old.controller_id AND s.communication = 2)
                     THEN 'failed' ELSE 'queued' END;
  UPDATE kidoban.job j
     SET state = fresh, reason = left(coalesce(poller_job_end.reason, ''), 255),
         attempts = CASE WHEN ok AND again IS NOT NULL THEN 0 ELSE old.attempts + 1 END,
         payload = CASE WHEN ok AND again IS NOT NULL
                        THEN (old.payload - 'again') || jsonb_build_object('full', again = 'full') ELSE old.payload END,
         progress = CASE WHEN ok THEN j.total ELSE j.progress END,
         finished_at = CASE WHEN fresh <> 'queued' THEN clock_timestamp() END,
         next_at = clock_timestamp() + CASE WHEN ok THEN interval '0' ELSE kidoban.job_pause(old.attempts) END
   WHERE j.id = old.id;
  RETURN true;
END $$;
