-- What the keeper does by the clock: partitions, the timetable, what has expired, health.

-- Makes the partitions of today and days_ahead days to come, and notes those that have gone. Answers how many were made.
CREATE FUNCTION api.keeper_partitions_ensure(days_ahead int4) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  made int4;
BEGIN
  DELETE FROM history_part h WHERE to_regclass(format('part.%I', h.name)) IS NULL;
  UPDATE history_part h SET detached = true
   WHERE NOT h.detached AND NOT EXISTS (
     SELECT FROM pg_inherits i WHERE i.inhrelid = to_regclass(format('part.%I', h.name)) AND NOT i.inhdetachpending);
  SELECT count(*) FILTER (WHERE kidoban.history_ensure(c.parent, d)) INTO made
    FROM event_category c, generate_series(now(), now() + make_interval(days => least(days_ahead, 60)), interval '1 day') d;
  RETURN made;
END $$;

-- Partitions older than the history is kept (L-8, L-9), and what is next for each: 'detach' (ALTER TABLE parent DETACH PARTITION
-- partition CONCURRENTLY, as a statement of its own), 'finalize' one whose detaching was interrupted, or 'drop' it.
CREATE FUNCTION api.keeper_partitions_due() RETURNS TABLE (parent text, partition text, step text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT format('kidoban.%I', h.parent), format('part.%I', h.name),
         CASE WHEN i.inhrelid IS NULL THEN 'drop' WHEN i.inhdetachpending THEN 'finalize' ELSE 'detach' END
    FROM history_part h
    JOIN pg_class c ON c.oid = to_regclass(format('part.%I', h.name))
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
   WHERE h.detached OR i.inhdetachpending
      OR CASE h.parent WHEN 'system_log' THEN
              -- Not before a signed checkpoint ends it, which is where the chain begins afterwards.
              h.to_t <= now() - make_interval(days => (SELECT system_log_days FROM edition)) AND kidoban.system_log_may_go(h.from_t, h.to_t)
         ELSE h.to_t <= now() - make_interval(days => (SELECT history_days FROM edition)) END
   ORDER BY h.from_t
$$;

-- The last moment at or before `moment` at which a clock in the zone reached `at`. A minute that the zone skips counts as the
-- next that exists; of a minute that comes twice, the first.
CREATE OR REPLACE FUNCTION timetable_last(at time, zone text, moment timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = kidoban, pg_temp AS $$
  SELECT max(o.t)
    FROM generate_series(0, 1) back,
         LATERAL (SELECT (moment AT TIME ZONE zone)::date - back AS day) d,
         LATERAL (SELECT min(m) AS t
                    FROM generate_series((d.day + at) AT TIME ZONE zone - interval '3 hours',
                                         (d.day + at) AT TIME ZONE zone, interval '1 minute') m
                   WHERE m AT TIME ZONE zone >= d.day + at) o
   WHERE o.t <= moment
$$;

-- Does what the timetable says is due: each row once for each local day, late when the keeper was away. Answers what was done.
CREATE FUNCTION api.keeper_timetable_due(moment timestamptz) RETURNS TABLE (id int4, name text, job_kind text, queued int4)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone text := (SELECT s.value FROM setting s WHERE s.name = 'time_zone');
  due  record;
BEGIN
  FOR due IN
    SELECT t.*, (kidoban.timetable_last(t.at, zone, moment) AT TIME ZONE zone)::date AS day FROM timetable t
     WHERE t.enabled ORDER BY t.id FOR UPDATE OF t SKIP LOCKED
  LOOP
    CONTINUE WHEN due.last_run >= due.day;
    UPDATE timetable t SET last_run = due.day WHERE t.id = due.id;
    id := due.id;
    name := due.name;
    job_kind := due.job_kind;
    queued := CASE due.job_kind WHEN 'permit_transfer' THEN kidoban.queue_permit_transfers() ELSE 0 END;
    RETURN NEXT;
  END LOOP;
END $$;

-- At 03:00, when cardholders or permits changed (L-6): the transfer daemon finds out whom that concerns.
CREATE OR REPLACE FUNCTION queue_permit_transfers() RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  -- What a board holds is read back whole, for anybody on its network may have changed it (T-8).
  PERFORM kidoban.queue_transfers(ARRAY(SELECT c.id FROM controller c WHERE c.enabled AND c.driver = 'uhppote'), true, NULL, NULL, 'read back');
  IF NOT EXISTS (SELECT FROM controller_stream s JOIN controller c ON c.id = s.controller_id
                  WHERE c.enabled AND s.stream = 1
                    AND s.confirmed_revision < (SELECT max(revision) FROM change_set
                                                 WHERE touched && '{cardholder,credential,permit,gate,gate_group_member}')) 
     OR EXISTS (SELECT FROM job j WHERE j.kind = 'permit_plan' AND j.state = 'queued' AND j.payload ->> 'because' = 'timetable') THEN
    RETURN 0;
  END IF;
  INSERT INTO job (kind, payload) VALUES ('permit_plan', '{"because": "timetable"}');
  RETURN 1;
END $$;

-- Commands that nobody sent in time have expired; those sent and never answered are unknown.
CREATE FUNCTION api.keeper_expire_commands() RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  late  uuid[] := ARRAY(SELECT id FROM command WHERE finished_at IS NULL
                           AND expires_at < clock_timestamp() - CASE outcome WHEN 1 THEN interval '0' ELSE interval '5 seconds' END
                         ORDER BY id FOR UPDATE SKIP LOCKED);
  fresh int8;
BEGIN
  IF cardinality(late) = 0 THEN
    RETURN 0;
  END IF;
  fresh := kidoban.live_begin('command');
  UPDATE command SET outcome = CASE outcome WHEN 1 THEN 6 ELSE 8 END, finished_at = clock_timestamp(), batch = fresh
   WHERE id = ANY (late);
  RETURN cardinality(late);
END $$;

CREATE FUNCTION api.keeper_expire_sessions() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.session_end_idle();
  DELETE FROM session WHERE ended_at < clock_timestamp() - interval '30 days';
  DELETE FROM login_failure WHERE at < clock_timestamp() - interval '15 minutes';
END $$;

-- Small tables stay small: what browsers were told an hour ago, alarms and commands that are long over, ended pollers.
CREATE FUNCTION api.keeper_tidy() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  DELETE FROM live_batch WHERE at < clock_timestamp() - interval '1 hour' AND id < (SELECT max(id) FROM live_batch);
  DELETE FROM alarm WHERE raised_at < clock_timestamp() - interval '90 days' AND acknowledged_at IS NOT NULL
     AND (cleared_at IS NOT NULL OR momentary);
  DELETE FROM command_request WHERE at < clock_timestamp() - interval '90 days';
  DELETE FROM job WHERE finished_at < clock_timestamp() - interval '90 days';
  DELETE FROM poller WHERE coalesce(stopped_at, heartbeat) < clock_timestamp() - interval '7 days';
  DELETE FROM controller_stream_history
   WHERE to_t < clock_timestamp() - make_interval(days => (SELECT history_days FROM edition));
END $$;

CREATE FUNCTION api.keeper_health(name text, status text, detail text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  INSERT INTO health AS h (name, status, detail) VALUES (keeper_health.name, keeper_health.status, keeper_health.detail)
  ON CONFLICT (name) DO UPDATE SET status = excluded.status, detail = excluded.detail, at = clock_timestamp()
$$;
