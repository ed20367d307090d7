-- Permits on their way to controllers: asked for by hand or by the timetable, planned by the transfer daemon, sent by the
-- gate-poller that leases the controller (SPEC 9).

-- One waiting job for each of these controllers. One that is under way has begun at an older revision: it goes on and is
-- done once more. Answers for how many.
CREATE OR REPLACE FUNCTION queue_transfers(controllers int4[], everything bool, plan int8, operator int4, because text) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  about jsonb := jsonb_strip_nulls(jsonb_build_object('full', everything, 'plan', plan, 'because', because));
BEGIN
  UPDATE job j
     SET payload = CASE WHEN j.state = 'running'
                        THEN j.payload || jsonb_build_object('again', CASE WHEN everything OR j.payload ->> 'again' = 'full' THEN 'full' ELSE 'changed' END)
                        ELSE j.payload || about || jsonb_build_object('full', everything OR coalesce((j.payload ->> 'full')::bool, false)) END,
         next_at = clock_timestamp()
   WHERE j.controller_id = ANY (controllers) AND j.kind = 'permit_transfer' AND j.stream = 1 AND j.state IN ('queued', 'running');
  INSERT INTO job (kind, controller_id, stream, payload, created_by)
  SELECT 'permit_transfer', c.id, 1, about, operator
    FROM controller c WHERE c.id = ANY (controllers) AND c.enabled ORDER BY c.id
  ON CONFLICT DO NOTHING;
  RETURN cardinality(controllers);
END $$;

-- Which of its controllers must be told something: all (full), or those that an act since what they hold concerns; the
-- others are moved on without traffic. No row: the job is not ours any more.
CREATE FUNCTION api.transfer_plan(job int8, token int8) RETURNS TABLE (queued int4, advanced int4)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  mine      kidoban.job;
  latest    int8 := kidoban.latest_revision();
  targets   int4[];
  behind    int4[];
  concerned int4[];
  part      record;
BEGIN
  SELECT * INTO mine FROM kidoban.job j
   WHERE j.id = transfer_plan.job AND j.token = transfer_plan.token AND j.state = 'running' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  targets := ARRAY(SELECT c.id FROM controller c
                    WHERE c.enabled
                      AND (mine.payload -> 'controllers' IS NULL OR mine.payload -> 'controllers' @> to_jsonb(c.id)));
  queued := 0;
  advanced := 0;
  IF coalesce((mine.payload ->> 'full')::bool, false) THEN
    queued := kidoban.queue_transfers(targets, true, mine.id, mine.created_by, mine.payload ->> 'because');
    RETURN NEXT;
    RETURN;
  END IF;
  FOR part IN SELECT s.confirmed_revision AS held, array_agg(s.controller_id) AS controllers FROM controller_stream s
               WHERE s.stream = 1 AND s.controller_id = ANY (targets) AND s.confirmed_revision < latest GROUP BY 1
  LOOP
    concerned := kidoban.concerned_controllers(part.held, latest);
    behind := ARRAY(SELECT unnest(part.controllers) INTERSECT SELECT unnest(concerned));
    queued := queued + kidoban.queue_transfers(behind, false, mine.id, mine.created_by, mine.payload ->> 'because');
    -- One whose transfer is under way says itself what it then holds.
    behind := ARRAY(SELECT unnest(part.controllers) EXCEPT SELECT unnest(concerned)
                    EXCEPT SELECT j.controller_id FROM kidoban.job j
                            WHERE j.controller_id = ANY (part.controllers) AND j.state IN ('queued', 'running'));
    PERFORM kidoban.stream_set(behind, 1::int2, latest, NULL);
    advanced := advanced + cardinality(behind);
  END LOOP;
  RETURN NEXT;
END $$;

-- What is looked at without a job. Acts that took a part of somebody's passages at a controller: the deny list can only
-- refuse a card there altogether, so the controller is sent its permits at once. Answers how many controllers are.
-- And waiting jobs say why they wait.
CREATE FUNCTION api.transfer_watch() RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  mark   int8;
  latest int8;
  most   int4[];
  people int4[];
BEGIN
  SELECT m.revision INTO mark FROM transfer_mark m FOR UPDATE SKIP LOCKED;
  latest := kidoban.latest_revision();
  IF mark < latest AND EXISTS (SELECT FROM change_set c WHERE c.revokes AND c.revision > mark AND c.revision <= latest) THEN
    people := kidoban.touched_cardholders(mark, latest);
    -- Of very many, who is exposed where is not worked out: every controller that the act concerns is told.
    most := ARRAY(SELECT x.controller_id FROM (
                    SELECT DISTINCT e.controller_id FROM kidoban.exposure(CASE WHEN cardinality(people) <= 2000 THEN people ELSE '{}' END) e
                     WHERE e.state = 'exposed' AND e.reason = 'reduced'
                    UNION SELECT unnest(kidoban.concerned_controllers(mark, latest)) WHERE cardinality(people) > 2000) x
                   WHERE NOT EXISTS (SELECT FROM job j WHERE j.controller_id = x.controller_id AND j.kind = 'permit_transfer'
                                                         AND j.state = 'queued'));
    PERFORM kidoban.queue_transfers(most, false, NULL, NULL, 'revocation');
  END IF;
  IF mark < latest THEN
    UPDATE transfer_mark SET revision = latest;
  END IF;
  UPDATE job j SET reason = w.reason
    FROM (SELECT j2.id, CASE WHEN s.communication = 3 THEN 'no communication' ELSE '' END AS reason
            FROM job j2 JOIN controller_state s ON s.controller_id = j2.controller_id
           WHERE j2.state IN ('queued', 'running')
             AND (CASE WHEN s.communication = 3 THEN j2.reason <> 'no communication' ELSE j2.reason = 'no communication' END)) w
   WHERE j.id = w.id;
  RETURN coalesce(cardinality(most), 0);
END $$;

-- --- what operators ask for: INVOKER, the policies of job bind

-- KD003: a gate is not there or out of scope; nothing is queued then.
CREATE FUNCTION api.transfer_request(gates int4[], everything bool) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  operator    int4 := kidoban.current_operator();
  controllers int4[];
  fresh       int8;
BEGIN
  IF NOT kidoban.may_edit('permit_transfer') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  IF gates IS NOT NULL AND EXISTS (SELECT unnest(gates) EXCEPT SELECT unnest(kidoban.current_gates())) THEN
    RAISE EXCEPTION 'a gate is not there' USING ERRCODE = 'KD003', COLUMN = 'gates';
  END IF;
  controllers := kidoban.transfer_targets(gates);
  INSERT INTO job (kind, payload, created_by)
  VALUES ('permit_plan', jsonb_strip_nulls(jsonb_build_object('full', everything, 'controllers', controllers, 'because', 'operator')), operator)
  RETURNING id INTO fresh;
  RETURN fresh;
END $$;

-- The controllers of these gates, of all gates in scope when null; null for everything there is.
CREATE OR REPLACE FUNCTION transfer_targets(gates int4[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF gates IS NULL AND kidoban.sees_all_gates() THEN
    RETURN NULL;
  END IF;
  RETURN ARRAY(SELECT DISTINCT g.controller_id FROM gate g
                WHERE g.id = ANY (coalesce(gates, kidoban.current_gates()::int4[])) AND g.id = ANY (kidoban.current_gates()::int4[]));
END $$;

-- KD003 not there or out of scope, KD006 it is over.
CREATE FUNCTION api.transfer_stop(job int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_edit('permit_transfer') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  UPDATE kidoban.job j SET state = 'stopped', finished_at = clock_timestamp(), expires_at = NULL
   WHERE j.id = transfer_stop.job AND j.state IN ('queued', 'running');
  IF NOT FOUND THEN
    IF EXISTS (SELECT FROM kidoban.job j WHERE j.id = transfer_stop.job) THEN
      RAISE EXCEPTION 'it is over' USING ERRCODE = 'KD006', HINT = 'finished';
    END IF;
    RAISE EXCEPTION 'it is not there' USING ERRCODE = 'KD003';
  END IF;
END $$;

-- The same once more; the waiting one when there is one. KD006: it is not over yet.
CREATE FUNCTION api.transfer_repeat(job int8) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  old   kidoban.job;
  fresh int8;
BEGIN
  IF NOT kidoban.may_edit('permit_transfer') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  SELECT * INTO old FROM kidoban.job j WHERE j.id = transfer_repeat.job;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'it is not there' USING ERRCODE = 'KD003';
  END IF;
  IF old.state IN ('queued', 'running') THEN
    RAISE EXCEPTION 'it is not over yet' USING ERRCODE = 'KD006', HINT = 'not_finished';
  END IF;
  INSERT INTO kidoban.job (kind, controller_id, stream, payload, created_by)
  VALUES (old.kind, old.controller_id, old.stream, (old.payload - 'again' - 'plan') || '{"because": "operator"}', kidoban.current_operator())
  ON CONFLICT DO NOTHING RETURNING id INTO fresh;
  IF fresh IS NULL THEN
    SELECT j.id INTO fresh FROM kidoban.job j
     WHERE j.controller_id = old.controller_id AND j.kind = old.kind AND j.stream = old.stream AND j.state IN ('queued', 'running');
  END IF;
  RETURN fresh;
END $$;
