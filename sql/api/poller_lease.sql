-- Which poller talks to which controller. A lease lasts 15 s and is renewed every 3 s; its token changes whenever another
-- poller takes over, and whatever still carries the old token changes nothing.

CREATE FUNCTION api.poller_start(name text) RETURNS int4
LANGUAGE sql SET search_path = kidoban, pg_temp AS $$
  INSERT INTO poller (name) VALUES (poller_start.name) RETURNING id
$$;

-- Gives everything back at once, so that others need not wait for the leases to run out.
CREATE FUNCTION api.poller_stop(poller int4) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  UPDATE kidoban.poller SET stopped_at = clock_timestamp() WHERE id = poller_stop.poller;
  UPDATE controller_lease SET expires_at = '-infinity', poller_id = NULL, token = token + 1 WHERE poller_id = poller_stop.poller;
  UPDATE slot SET expires_at = '-infinity', poller_id = NULL WHERE poller_id = poller_stop.poller;
  PERFORM pg_notify('kidoban_controllers', '');
END $$;

-- The tokens that are right, with their rows locked so that nobody takes over before the caller commits.
CREATE OR REPLACE FUNCTION lease_check(controllers int4[], tokens int8[]) RETURNS int4[]
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT l.controller_id
                 FROM unnest(controllers, tokens) AS x(c, token)
                 JOIN controller_lease l ON l.controller_id = x.c AND l.token = x.token
                WHERE l.poller_id IS NOT NULL
                ORDER BY l.controller_id FOR SHARE OF l);
END $$;

-- Renews the poller's leases, takes what is free up to its fair share, gives back what is above, and answers what it has.
CREATE FUNCTION api.poller_lease(poller int4)
RETURNS TABLE (controller_id int4, token int8, driver text, address inet, port int4, serial text, log bytea, mark int4,
               key_epoch int4, key_wrapped bytea, old_key_epoch int4, old_key_wrapped bytea, enrolled bool,
               doors int2[], gates int4[], tail bytea, keypads int2, contacts int2, delays int2[], door_events bool,
               take_listener bool)
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  me     ALIAS FOR $1;
  alive  int4;
  total  int4;
  share  int4;
  mine   int4;
  expiry timestamptz := clock_timestamp() + interval '15 seconds';
BEGIN
  UPDATE kidoban.poller p SET heartbeat = clock_timestamp() WHERE p.id = me AND p.stopped_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'poller % has not started', me USING ERRCODE = 'KD003';
  END IF;
  SELECT count(*) INTO alive FROM kidoban.poller p
   WHERE p.stopped_at IS NULL AND p.heartbeat > clock_timestamp() - interval '15 seconds';
  SELECT count(*) INTO total FROM controller c WHERE c.enabled;
  share := (total + alive - 1) / alive;

  -- One poller arranges at a time; leases that an ingest has locked are renewed the next time round.
  PERFORM pg_advisory_xact_lock(7005);
  UPDATE controller_lease l SET expires_at = expiry
    FROM (SELECT x.controller_id FROM controller_lease x WHERE x.poller_id = me
           ORDER BY x.controller_id FOR NO KEY UPDATE SKIP LOCKED) o
   WHERE l.controller_id = o.controller_id;
  UPDATE controller_lease l SET poller_id = NULL, token = l.token + 1, expires_at = '-infinity'
   WHERE l.controller_id IN (
     SELECT x.controller_id FROM controller_lease x LEFT JOIN controller c ON c.id = x.controller_id
      WHERE x.poller_id = me AND NOT coalesce(c.enabled, false));
  SELECT count(*) INTO mine FROM controller_lease l WHERE l.poller_id = me;
  IF mine > share THEN
    UPDATE controller_lease l SET poller_id = NULL, token = l.token + 1, expires_at = '-infinity'
      FROM (SELECT x.controller_id FROM controller_lease x WHERE x.poller_id = me
             ORDER BY x.controller_id DESC LIMIT mine - share FOR NO KEY UPDATE SKIP LOCKED) o
     WHERE l.controller_id = o.controller_id;
    PERFORM pg_notify('kidoban_controllers', '');
  ELSIF mine < share THEN
    UPDATE controller_lease l SET poller_id = me, token = l.token + 1, expires_at = expiry
      FROM (SELECT x.controller_id FROM controller_lease x JOIN controller c ON c.id = x.controller_id AND c.enabled
             WHERE (x.poller_id IS NULL OR x.expires_at < clock_timestamp()) AND x.poller_id IS DISTINCT FROM me
             ORDER BY x.expires_at, x.controller_id LIMIT share - mine FOR NO KEY UPDATE OF x SKIP LOCKED) o
     WHERE l.controller_id = o.controller_id;
  END IF;

  RETURN QUERY
    SELECT l.controller_id, l.token, c.driver, c.address, c.port, c.serial, e.log, coalesce(e.mark, 0),
           k.epoch, k.wrapped, o.epoch, o.wrapped, k.epoch IS NOT NULL,
           ARRAY(SELECT g.door FROM gate g WHERE g.controller_id = c.id ORDER BY g.door),
           ARRAY(SELECT g.id FROM gate g WHERE g.controller_id = c.id ORDER BY g.door),
           e.tail, d.keypads, d.contacts,
           ARRAY(SELECT greatest(d.delays[n], b.delays[n]) FROM generate_series(1, 4) n ORDER BY n)::int2[], b.door_events, b.take_listener
      FROM controller_lease l
      JOIN controller c ON c.id = l.controller_id
      JOIN controller_state s ON s.controller_id = c.id
      LEFT JOIN event_log e ON e.id = s.log_id
      LEFT JOIN controller_key k ON k.controller_id = c.id AND k.state = 'active'
      LEFT JOIN LATERAL (SELECT x.epoch, x.wrapped FROM controller_key x
                          WHERE x.controller_id = c.id AND x.state IN ('staged', 'retired')
                          ORDER BY (x.state = 'staged') DESC, x.epoch DESC LIMIT 1) o ON true
      LEFT JOIN uhppote_board b ON b.controller_id = c.id
      -- Readers of a board of four doors are numbered as the doors, of others in and out in turn.
      LEFT JOIN LATERAL (
        SELECT coalesce(bit_or(CASE WHEN c.serial ~ '^4' THEN CASE WHEN g.entry_reader = 'card_keypad' THEN 1 << g.door - 1 ELSE 0 END
                                    ELSE CASE WHEN g.entry_reader = 'card_keypad' THEN 1 << 2 * g.door - 2 ELSE 0 END
                                       + CASE WHEN g.exit_reader = 'card_keypad' THEN 1 << 2 * g.door - 1 ELSE 0 END END), 0)::int2 AS keypads,
               coalesce(bit_or(CASE WHEN g.parameters ->> 'door_sensor' = 'none' THEN 0 ELSE 1 << g.door - 1 END), 0)::int2 AS contacts,
               ARRAY(SELECT coalesce((SELECT least((x.parameters ->> 'unlock_time')::int4, 255)::int2 FROM gate x
                                       WHERE x.controller_id = c.id AND x.door = n AND x.parameters ->> 'unlock_time' ~ '^[0-9]{1,4}$'), 0)
                       FROM generate_series(1, 4) n ORDER BY n)::int2[] AS delays
          FROM gate g WHERE b.controller_id IS NOT NULL AND g.controller_id = c.id AND g.door BETWEEN 1 AND 4) d ON b.controller_id IS NOT NULL
     WHERE l.poller_id = me
     ORDER BY l.controller_id;
END $$;

-- Leases slots (L-20): answers how many the poller now has, at most as many as it wants, for 15 s. First come, but what
-- other live pollers want is left to them up to their fair part.
CREATE FUNCTION api.slot_lease(poller int4, want int4) RETURNS int4
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  me     ALIAS FOR $1;
  most   int4;
  fair   int4;
  others int4;
  have   int4;
  expiry timestamptz := clock_timestamp() + interval '15 seconds';
BEGIN
  PERFORM pg_advisory_xact_lock(7006);
  UPDATE kidoban.poller p SET slots = greatest(want, 0) WHERE p.id = me;
  SELECT e.slots INTO most FROM edition e;
  SELECT greatest(most / greatest(count(*), 1), 1) INTO fair FROM kidoban.poller p
   WHERE p.stopped_at IS NULL AND p.heartbeat > clock_timestamp() - interval '15 seconds';
  SELECT coalesce(sum(least(p.slots, fair)), 0) INTO others FROM kidoban.poller p
   WHERE p.stopped_at IS NULL AND p.heartbeat > clock_timestamp() - interval '15 seconds' AND p.id <> me;
  want := greatest(least(want, most - others), 0);

  UPDATE slot s SET poller_id = NULL, expires_at = '-infinity'
   WHERE s.poller_id = me
     AND s.n NOT IN (SELECT x.n FROM slot x WHERE x.poller_id = me AND x.n <= most ORDER BY x.n LIMIT want);
  UPDATE slot s SET expires_at = expiry WHERE s.poller_id = me;
  GET DIAGNOSTICS have = ROW_COUNT;
  UPDATE slot s SET poller_id = me, expires_at = expiry
   WHERE s.n IN (SELECT x.n FROM slot x
                  WHERE x.n <= most AND (x.poller_id IS NULL OR x.expires_at < clock_timestamp())
                    AND x.poller_id IS DISTINCT FROM me ORDER BY x.n LIMIT want - have);
  RETURN (SELECT count(*) FROM slot s WHERE s.poller_id = me);
END $$;

-- What a poller needs to know of the site: the enrolment password as it is sealed, the time zone, and since when the
-- clocks are due (L-19: the last time of day of the timetable that has passed); null when the timetable has no such row.
CREATE FUNCTION api.poller_site() RETURNS TABLE (mutual_auth_password bytea, time_zone text, clock_due_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  zone text := (SELECT s.value FROM setting s WHERE s.name = 'time_zone');
BEGIN
  RETURN QUERY
    SELECT (SELECT x.wrapped FROM site_secret x WHERE x.name = 'mutual_auth_password'), zone,
           (SELECT max(kidoban.timetable_last(t.at, zone, clock_timestamp())) FROM timetable t
             WHERE t.enabled AND t.job_kind = 'clock');
END $$;

CREATE FUNCTION api.poller_counters(poller int4, names text[], values_ int8[]) RETURNS void
LANGUAGE sql SET search_path = kidoban, pg_temp AS $$
  INSERT INTO poller_counter (poller_id, name, value)
  SELECT poller_counters.poller, n, v FROM unnest(names, values_) AS x(n, v)
  ON CONFLICT (poller_id, name) DO UPDATE SET value = excluded.value
$$;
