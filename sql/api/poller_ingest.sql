-- Events of controllers into the history (DESIGN 4, H-7). For each event log only the contiguous run after the mark is
-- stored, and the mark moves with it in this transaction: an event sent twice is seen to be old, one that came too early
-- waits, and what the controller overwrote is told as event_overflow. Nothing else deduplicates.

-- Opens logs never seen before, locks the logs, and finds how far the events reach without a gap.
CREATE OR REPLACE FUNCTION ingest_runs(mine int4[], l_controller int4[], l_log bytea[], l_oldest int4[],
                                       e_controller int4[], e_seq int4[]) RETURNS ingest_run[]
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  h record;
BEGIN
  INSERT INTO event_log (controller_id, log)
  SELECT n.c, n.log FROM unnest(l_controller, l_log) AS n(c, log)
   WHERE n.c = ANY (mine) AND NOT EXISTS (SELECT FROM event_log x WHERE x.controller_id = n.c AND x.log = n.log)
   ORDER BY n.c
  ON CONFLICT DO NOTHING;
  PERFORM FROM unnest(l_controller, l_log) AS n(c, log) JOIN event_log x ON x.controller_id = n.c AND x.log = n.log
   WHERE n.c = ANY (mine) ORDER BY x.id FOR NO KEY UPDATE OF x;
  -- A statement of its own: it must see the marks as they are now that they are locked.
  SELECT array_agg(n.c ORDER BY n.c) AS controller, array_agg(x.id ORDER BY n.c) AS log, array_agg(x.mark ORDER BY n.c) AS mark,
         array_agg(greatest(n.oldest, 1) ORDER BY n.c) AS oldest,
         array_agg(greatest(x.mark, n.oldest - 1) ORDER BY n.c) AS start
    INTO h
    FROM unnest(l_controller, l_log, l_oldest) AS n(c, log, oldest)
    JOIN event_log x ON x.controller_id = n.c AND x.log = n.log
   WHERE n.c = ANY (mine);
  -- Parallel arrays in the order of controllers and width_bucket, which halves: a join of two unnested arrays would compare
  -- each with each.
  RETURN (
    SELECT array_agg(ROW(h.controller[i], h.log[i], h.mark[i], h.oldest[i], h.start[i] + coalesce(r.contiguous, 0))::ingest_run
                     ORDER BY h.controller[i])
      FROM generate_subscripts(h.controller, 1) AS i
      LEFT JOIN (
        SELECT n.place, count(*) FILTER (WHERE n.seq = h.start[n.place] + n.nth) AS contiguous
          FROM (SELECT e.place, e.seq, row_number() OVER (PARTITION BY e.place ORDER BY e.seq) AS nth
                  FROM (SELECT DISTINCT p.place, d.seq
                          FROM unnest(e_controller, e_seq) AS d(c, seq)
                         CROSS JOIN LATERAL (SELECT width_bucket(d.c, h.controller) AS place) p
                         WHERE h.controller[p.place] = d.c AND d.seq > h.start[p.place]) e) n
         GROUP BY n.place) r ON r.place = i);
END $$;

CREATE OR REPLACE FUNCTION credential_is_lost(credential int4) RETURNS bool
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT EXISTS (SELECT FROM credential k JOIN cardholder c ON c.id = k.cardholder_id WHERE k.id = credential AND (k.lost OR c.lost))
$$;

CREATE OR REPLACE FUNCTION card_is_lost(card text) RETURNS bool
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT EXISTS (SELECT FROM credential k JOIN cardholder c ON c.id = k.cardholder_id WHERE k.card_number = card AND (k.lost OR c.lost))
$$;

-- The rows to store, as they will stand in the history: names by what was true at the event's time, a wrong time replaced.
-- A thousand events at a time look up each by an index: how many they are is not to be seen by the planner, which would read
-- small tables from end to end for every one of them, and plan anew at every call. `run` is in the order of controllers.
CREATE OR REPLACE FUNCTION ingest_rows(run ingest_run[], received timestamptz,
  e_controller int4[], e_seq int4[], e_t timestamptz[], e_kind int2[], e_door int2[], e_reader int2[], e_credential int4[],
  e_card text[], e_revision int8[], e_flags int2[], e_command uuid[], e_detail text[]) RETURNS ingest_row[]
LANGUAGE plpgsql SET search_path = kidoban, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_material = off SET enable_memoize = off AS $$
DECLARE
  controllers int4[] := ARRAY(SELECT r.controller FROM unnest(run) r);
  logs        int4[] := ARRAY(SELECT r.log FROM unnest(run) r);
  firsts      int4[] := ARRAY(SELECT greatest(r.mark + 1, r.oldest) FROM unnest(run) r);
  lasts       int4[] := ARRAY(SELECT r.last FROM unnest(run) r);
  told        int8[] := ARRAY(SELECT coalesce(s.told_revision, 0)
                                FROM unnest(run) WITH ORDINALITY AS r(controller, log, mark, oldest, last, n)
                                LEFT JOIN controller_stream s ON s.controller_id = r.controller AND s.stream = 1 ORDER BY r.n);
BEGIN
  RETURN (
    SELECT array_agg(ROW(
             CASE WHEN j.kind BETWEEN 101 AND 499 THEN j.kind / 100 ELSE 0 END, w.t, e.log, e.seq, coalesce(k.id, 0),
             e.controller, coalesce(o.operator_id, 0), coalesce(g.id, 0),
             CASE WHEN j.kind BETWEEN 101 AND 499 THEN j.kind * 4 + CASE WHEN e.reader IN (1, 2) THEN e.reader ELSE 0 END
                  ELSE j.kind END,
             coalesce(d.id, 0), coalesce(e.flags, 0) & 2 = 0,
             CASE WHEN e.detail <> '' OR e.command IS NOT NULL OR w.t IS DISTINCT FROM e.t OR x.card OR x.door OR x.revision
                  THEN json_strip_nulls(json_build_object(
                         'card', CASE WHEN x.card THEN e.card END,
                         'credential', CASE WHEN x.card AND e.credential <> 0 THEN e.credential END,
                         'door', CASE WHEN x.door THEN e.door END,
                         'revision', CASE WHEN x.revision THEN e.revision END,
                         'command', e.command,
                         'controller_time', CASE WHEN w.t IS DISTINCT FROM e.t THEN e.t END,
                         'text', nullif(left(e.detail, 255), '')))::text
                  ELSE '' END)::ingest_row ORDER BY e.t, e.log, e.seq)
      FROM (SELECT DISTINCT ON (logs[i.place], i.seq) logs[i.place] AS log, i.c AS controller, i.*
              -- OFFSET 0: the place is sought once for each, not at each of its uses.
              FROM (SELECT *, width_bucket(u.c, controllers) AS place
                      FROM unnest(e_controller, e_seq, e_t, e_kind, e_door, e_reader, e_credential, e_card, e_revision,
                                  e_flags, e_command, e_detail)
                           AS u(c, seq, t, kind, door, reader, credential, card, revision, flags, command, detail)
                    OFFSET 0) i
             WHERE controllers[i.place] = i.c AND i.seq BETWEEN firsts[i.place] AND lasts[i.place]) e
     CROSS JOIN LATERAL (SELECT CASE WHEN e.t BETWEEN received - interval '1100 days' AND received + interval '1 day'
                                     THEN e.t ELSE received END AS t) w
      LEFT JOIN gate g ON g.controller_id = e.controller AND g.door = e.door
      -- The line that was true then; for a time before anything is known, the first.
      LEFT JOIN LATERAL (
        (SELECT c.id, c.department_id, c.credential_id FROM cred c WHERE c.credential_id = e.credential AND c.since <= w.t
          ORDER BY c.since DESC LIMIT 1)
        UNION ALL
        (SELECT c.id, c.department_id, c.credential_id FROM cred c WHERE c.credential_id = e.credential ORDER BY c.since LIMIT 1)
        UNION ALL
        (SELECT c.id, c.department_id, c.credential_id FROM cred c
          WHERE e.credential = 0 AND e.card <> '' AND (e.kind <> 109 OR kidoban.card_is_lost(e.card)) AND c.card_number = e.card AND c.since <= w.t
          ORDER BY c.since DESC LIMIT 1)
        UNION ALL
        -- A board tells whole seconds of its own clock: a card may be swiped, by it, just before it was registered.
        (SELECT c.id, c.department_id, c.credential_id FROM cred c
          WHERE e.credential = 0 AND e.card <> '' AND (e.kind <> 109 OR kidoban.card_is_lost(e.card)) AND c.card_number = e.card AND c.since <= w.t + interval '1 minute'
          ORDER BY c.since LIMIT 1)
        LIMIT 1) k ON true
      -- A controller knows of a lost card that it is lost only where it had a permit, and a board never: elsewhere it is an unknown
      -- card, or one that a board refuses and can not say why. Its use is alarmed at every gate (C-7).
     CROSS JOIN LATERAL (SELECT CASE WHEN e.kind NOT IN (109, 112) OR e.credential <> 0 OR e.card = '' THEN e.kind
                                     WHEN k.id IS NULL THEN 109 WHEN kidoban.credential_is_lost(k.credential_id) THEN 201
                                     ELSE e.kind END AS kind) j
      LEFT JOIN LATERAL (
        (SELECT n.id FROM dept n WHERE n.department_id = k.department_id AND n.since <= w.t ORDER BY n.since DESC LIMIT 1)
        UNION ALL
        (SELECT n.id FROM dept n WHERE n.department_id = k.department_id ORDER BY n.since LIMIT 1)
        LIMIT 1) d ON true
      LEFT JOIN command o ON o.id = e.command AND e.flags & 4 <> 0
     CROSS JOIN LATERAL (
        SELECT k.id IS NULL AND e.card <> '' AS card, g.id IS NULL AND e.door <> 0 AS door,
               e.kind < 200 AND e.revision > 0 AND e.revision <> told[e.place] AS revision) x);
END $$;

-- Rows that say what is missing: sequence numbers that the controller overwrote before they could be fetched.
CREATE OR REPLACE FUNCTION ingest_gaps(run ingest_run[], received timestamptz) RETURNS ingest_row[]
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN (
    SELECT array_agg(ROW(2, received, r.log, r.oldest - 1, 0, r.controller, 0, 0, 217 * 4, 0, true,
                         json_build_object('from', r.mark + 1, 'to', r.oldest - 1, 'count', r.oldest - 1 - r.mark)::text
                        )::ingest_row)
      FROM unnest(run) r WHERE r.oldest > r.mark + 1);
END $$;

CREATE OR REPLACE FUNCTION ingest_insert(stored ingest_row[], received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  present int2[] := ARRAY(SELECT DISTINCT s.category FROM unnest(stored) s);
BEGIN
  IF 1 = ANY (present) THEN
    INSERT INTO access_event (t, bucket, log, seq, cred, gate, kind, dept, details)
    SELECT s.t, floor(extract(epoch FROM s.t) / 900), s.log, s.seq, s.cred, s.gate, s.kind, s.dept, s.details
      FROM unnest(stored) s WHERE s.category = 1;
  END IF;
  IF 2 = ANY (present) THEN
    INSERT INTO alarm_event (t, bucket, log, seq, cred, controller, gate, kind, dept, raised, details)
    SELECT s.t, floor(extract(epoch FROM s.t) / 900), s.log, s.seq, s.cred, s.controller, s.gate, s.kind, s.dept, s.raised, s.details
      FROM unnest(stored) s WHERE s.category = 2;
  END IF;
  IF 3 = ANY (present) THEN
    INSERT INTO operation_event (t, bucket, log, seq, cred, operator, gate, kind, dept, details)
    SELECT s.t, floor(extract(epoch FROM s.t) / 900), s.log, s.seq, s.cred, s.operator, s.gate, s.kind, s.dept, s.details
      FROM unnest(stored) s WHERE s.category = 3;
  END IF;
  IF 4 = ANY (present) THEN
    INSERT INTO management_event (t, bucket, log, seq, cred, gate, kind, dept, details)
    SELECT s.t, floor(extract(epoch FROM s.t) / 900), s.log, s.seq, s.cred, s.gate, s.kind, s.dept, s.details
      FROM unnest(stored) s WHERE s.category = 4;
  END IF;
  IF 0 = ANY (present) THEN
    INSERT INTO event_quarantine (log, seq, received_at, kind, detail)
    SELECT s.log, s.seq, received, s.kind, s.details FROM unnest(stored) s WHERE s.category = 0;
  END IF;
END $$;

-- The list of alarms follows the events, in the order in which the controller made them.
CREATE OR REPLACE FUNCTION ingest_alarms(stored ingest_row[], fresh int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  e record;
BEGIN
  FOR e IN SELECT s.*, s.kind / 4 AS code FROM unnest(stored) s WHERE s.category = 2 ORDER BY s.log, s.seq LOOP
    IF e.raised THEN
      INSERT INTO alarm (gate_id, controller_id, kind, momentary, raised_at, cred, log, seq, batch)
      VALUES (nullif(e.gate, 0), e.controller, e.code, kidoban.alarm_is_momentary(e.code), e.t, e.cred, e.log, e.seq, fresh)
      ON CONFLICT (controller_id, coalesce(gate_id, 0), kind) WHERE cleared_at IS NULL AND NOT momentary DO NOTHING;
    ELSE
      UPDATE alarm a SET cleared_at = greatest(e.t, a.raised_at), batch = fresh
       WHERE a.controller_id = e.controller AND coalesce(a.gate_id, 0) = e.gate AND a.kind = e.code
         AND a.cleared_at IS NULL AND NOT a.momentary;
    END IF;
  END LOOP;
END $$;

-- What the open browsers are told: events of the last day, at most the newest 500; the rest of a backlog is only counted.
CREATE OR REPLACE FUNCTION ingest_tell(stored ingest_row[], fresh int8, received timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
    UPDATE live_batch b
       SET skipped = n.total - n.told, e_category = b.e_category || n.category, e_t = b.e_t || n.t, e_log = b.e_log || n.log,
           e_seq = b.e_seq || n.seq, e_cred = b.e_cred || n.cred, e_who = b.e_who || n.who, e_gate = b.e_gate || n.gate,
           e_kind = b.e_kind || n.kind, e_dept = b.e_dept || n.dept, e_raised = b.e_raised || n.raised,
           e_details = b.e_details || n.details
      FROM (SELECT (SELECT count(*) FROM unnest(stored) s WHERE s.category > 0) AS total, count(*) AS told,
                   array_agg(s.category) AS category, array_agg(s.t) AS t, array_agg(s.log) AS log, array_agg(s.seq) AS seq,
                   array_agg(s.cred) AS cred, array_agg(CASE s.category WHEN 2 THEN s.controller ELSE s.operator END) AS who,
                   array_agg(s.gate) AS gate, array_agg(s.kind) AS kind, array_agg(s.dept) AS dept,
                   array_agg(s.raised) AS raised, array_agg(s.details) AS details
              FROM (SELECT * FROM unnest(stored) x WHERE x.category > 0 AND x.t > received - interval '1 day'
                     ORDER BY x.t DESC LIMIT 500) s) n
     WHERE b.id = fresh;
END $$;

-- Controllers whose event store is another than before: what was in the old one and not fetched is gone.
CREATE OR REPLACE FUNCTION ingest_new_logs(run ingest_run[], received timestamptz, fresh int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  lost record;
BEGIN
  SELECT array_agg(s.controller_id) AS controllers, array_agg(received) AS at,
         array_agg(json_build_object('previous_log', encode(l.log, 'hex'), 'from', l.mark + 1,
                                     'known_to', CASE WHEN s.newest_seq > l.mark THEN s.newest_seq END)::text) AS details
    INTO lost
    FROM unnest(run) r JOIN controller_state s ON s.controller_id = r.controller
    JOIN event_log l ON l.id = s.log_id WHERE s.log_id <> r.log;
  PERFORM kidoban.server_alarm(lost.controllers, 217, true, lost.at, lost.details, fresh);
  UPDATE controller_state s SET log_id = r.log, newest_seq = NULL FROM unnest(run) r
   WHERE s.controller_id = r.controller AND s.log_id IS DISTINCT FROM r.log;
END $$;

-- A wrong clock is an alarm of the controller; it clears when a status shows the clock right.
CREATE OR REPLACE FUNCTION ingest_clocks(stored ingest_row[], received timestamptz, fresh int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  wrong record;
BEGIN
  SELECT array_agg(w.controller) AS controllers, array_agg(received) AS at,
         array_agg(json_build_object('controller_time', w.told)::text) AS details
    INTO wrong
    FROM (SELECT s.controller, min(s.details::json ->> 'controller_time') AS told FROM unnest(stored) s
           WHERE s.details LIKE '%"controller_time"%' GROUP BY s.controller) w
   WHERE w.told IS NOT NULL
     AND NOT EXISTS (SELECT FROM alarm a WHERE a.controller_id = w.controller AND a.gate_id IS NULL AND a.kind = 216
                                           AND a.cleared_at IS NULL);
  PERFORM kidoban.server_alarm(wrong.controllers, 216, true, wrong.at, wrong.details, fresh);
END $$;

-- l_…: one entry for each controller heard: its log's name and the oldest sequence number it still holds.
-- e_…: the events, in any order; e_kind an event code (0: undecodable, its bytes as hex in e_detail), e_reader 0, 1 entry,
-- 2 exit, e_credential 0 for none, e_flags 1 raised, 2 cleared, 4 by a command of the server.
-- l_tail, of controllers that do not name their logs: what their last event here looks like.
-- Answers the marks after the call; a controller whose token is stale is left out and nothing of it is stored.
CREATE FUNCTION api.poller_ingest(
  l_controller int4[], l_token int8[], l_log bytea[], l_oldest int4[],
  e_controller int4[], e_seq int4[], e_t timestamptz[], e_kind int2[], e_door int2[], e_reader int2[], e_credential int4[],
  e_card text[], e_revision int8[], e_flags int2[], e_command uuid[], e_detail text[], l_tail bytea[] DEFAULT NULL)
RETURNS TABLE (controller_id int4, log bytea, mark int4)
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine     int4[] := kidoban.lease_check(l_controller, l_token);
  received timestamptz := clock_timestamp();
  run      ingest_run[];
  stored   ingest_row[];
  fresh    int8;
BEGIN
  IF cardinality(mine) = 0 THEN
    RETURN;
  END IF;
  run := kidoban.ingest_runs(mine, l_controller, l_log, l_oldest, e_controller, e_seq);
  IF EXISTS (SELECT FROM unnest(run) r JOIN controller_state s ON s.controller_id = r.controller
              WHERE r.last > r.mark OR s.log_id IS DISTINCT FROM r.log) THEN
    stored := coalesce(kidoban.ingest_rows(run, received, e_controller, e_seq, e_t, e_kind, e_door, e_reader, e_credential,
                                           e_card, e_revision, e_flags, e_command, e_detail), '{}')
              || coalesce(kidoban.ingest_gaps(run, received), '{}');
    PERFORM kidoban.history_ensure('alarm_event', received);
    PERFORM kidoban.history_ensure(c.parent, d.t)
       FROM (SELECT DISTINCT s.category, date_trunc('day', s.t, 'UTC') AS t FROM unnest(stored) s) d
       JOIN event_category c ON c.category = d.category;
    fresh := kidoban.live_begin('events');
    PERFORM kidoban.ingest_insert(stored, received);
    PERFORM kidoban.ingest_alarms(stored, fresh);
    PERFORM kidoban.ingest_tell(stored, fresh, received);
    PERFORM kidoban.ingest_new_logs(run, received, fresh);
    PERFORM kidoban.ingest_clocks(stored, received, fresh);
    UPDATE event_log e SET mark = r.last FROM unnest(run) r WHERE e.id = r.log AND r.last > r.mark;
    IF array_remove(l_tail, NULL) <> '{}' THEN
      UPDATE event_log e SET tail = t.tail
        FROM unnest(run) r
        JOIN (SELECT l.c, l.tail, (SELECT max(x.seq) FROM unnest(e_controller, e_seq) AS x(c, seq) WHERE x.c = l.c) AS seq
                FROM unnest(l_controller, l_tail) AS l(c, tail) WHERE l.tail IS NOT NULL) t ON t.c = r.controller AND t.seq = r.last
       WHERE e.id = r.log AND r.last > r.mark;
    END IF;
  END IF;
  RETURN QUERY SELECT e.controller_id, e.log, e.mark FROM unnest(run) r JOIN event_log e ON e.id = r.log;
END $$;
