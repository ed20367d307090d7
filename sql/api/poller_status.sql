-- What controllers say about themselves: state of every gate at least each minute (L-3), and alarms about the link itself.

-- An alarm of the server's own making goes on or off: in the alarm list and in the history of the server's log.
-- The caller has made sure of the partition, before it began the batch: that order of locks is everybody's.
CREATE OR REPLACE FUNCTION server_alarm(controllers int4[], wanted int4, raised bool, at timestamptz[], details text[], batch int8)
RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  n    int4 := cardinality(controllers);
  log  int4;
  last int4;
BEGIN
  IF coalesce(n, 0) = 0 THEN
    RETURN;
  END IF;
  UPDATE event_log e SET mark = e.mark + n WHERE e.controller_id IS NULL RETURNING e.id, e.mark INTO log, last;
  IF raised THEN
    INSERT INTO alarm (gate_id, controller_id, kind, momentary, raised_at, log, seq, batch)
    SELECT NULL, x.controller, wanted, kidoban.alarm_is_momentary(wanted), x.at, log, last - n + x.i, server_alarm.batch
      FROM unnest(controllers, server_alarm.at) WITH ORDINALITY AS x(controller, at, i)
    ON CONFLICT (controller_id, coalesce(gate_id, 0), kind) WHERE cleared_at IS NULL AND NOT momentary DO NOTHING;
  ELSE
    UPDATE alarm a SET cleared_at = greatest(x.at, a.raised_at), batch = server_alarm.batch
      FROM unnest(controllers, server_alarm.at) AS x(controller, at)
     WHERE a.controller_id = x.controller AND a.gate_id IS NULL AND a.kind = wanted
       AND a.cleared_at IS NULL AND NOT a.momentary;
  END IF;
  INSERT INTO alarm_event (t, bucket, log, seq, cred, controller, gate, kind, dept, raised, details)
  SELECT x.at, floor(extract(epoch FROM x.at) / 900), log, last - n + x.i, 0, x.controller, 0, wanted * 4, 0, raised, x.details
    FROM unnest(controllers, server_alarm.at, server_alarm.details) WITH ORDINALITY AS x(controller, at, details, i);
  PERFORM kidoban.live_events_add(server_alarm.batch, array_fill(2::int2, ARRAY[n]), server_alarm.at, array_fill(log, ARRAY[n]),
    ARRAY(SELECT last - n + i FROM generate_series(1, n) i), array_fill(0, ARRAY[n]), controllers,
    array_fill(0::int2, ARRAY[n]), array_fill((wanted * 4)::int2, ARRAY[n]), array_fill(0::int2, ARRAY[n]),
    array_fill(raised, ARRAY[n]), server_alarm.details);
END $$;

-- Adds events to a batch that this transaction began.
CREATE OR REPLACE FUNCTION live_events_add(batch int8, category int2[], t timestamptz[], log int4[], seq int4[], cred int4[],
                                           who int4[], gate int2[], kind int2[], dept int2[], raised bool[], details text[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
    UPDATE live_batch b
       SET e_category = b.e_category || live_events_add.category, e_t = b.e_t || live_events_add.t,
           e_log = b.e_log || live_events_add.log, e_seq = b.e_seq || live_events_add.seq,
           e_cred = b.e_cred || live_events_add.cred, e_who = b.e_who || live_events_add.who,
           e_gate = b.e_gate || live_events_add.gate, e_kind = b.e_kind || live_events_add.kind,
           e_dept = b.e_dept || live_events_add.dept, e_raised = b.e_raised || live_events_add.raised,
           e_details = b.e_details || live_events_add.details
     WHERE b.id = live_events_add.batch;
END $$;

-- Stores what was heard. Arrays of controllers run in parallel; so do those of doors (g_…). seen_at is when the answer came.
-- communication 3 with a reason: no answer. A null boot_id, firmware, …: not said this time. Answers the controllers stored.
CREATE FUNCTION api.poller_store_status(
  controller int4[], token int8[], seen_at timestamptz[], communication int2[], reason text[], boot_id int8[], firmware text[],
  model text[], clock_offset_ms int4[], newest_seq int4[], rtt_ms int4[],
  g_controller int4[], g_door int2[], lock_state int2[], arm_state int2[], door_state int2[], verification_mode int2[],
  unlock_mode int2[], alarms int4[]) RETURNS SETOF int4
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  mine  int4[] := kidoban.lease_check(controller, token);
  drift int4;
  fresh int8;
  went  record;
BEGIN
  IF cardinality(mine) = 0 THEN
    RETURN;
  END IF;
  SELECT value::int4 INTO drift FROM setting WHERE name = 'clock_drift_ms';
  PERFORM FROM controller_state s WHERE s.controller_id = ANY (mine) ORDER BY s.controller_id FOR UPDATE;

  -- Judged before anything is written: who changed, and who was heard with a clock that is off or right again.
  SELECT array_agg(x.c ORDER BY x.c) FILTER (WHERE x.com = 3 AND s.communication <> 3)                  AS down,
         array_agg(x.at ORDER BY x.c) FILTER (WHERE x.com = 3 AND s.communication <> 3)                 AS down_at,
         array_agg(CASE WHEN x.why <> '' THEN json_build_object('reason', x.why)::text ELSE '' END ORDER BY x.c)
           FILTER (WHERE x.com = 3 AND s.communication <> 3)                                            AS down_why,
         array_agg(x.c ORDER BY x.c) FILTER (WHERE x.com = 2 AND comm.id IS NOT NULL)                   AS up,
         array_agg(x.at ORDER BY x.c) FILTER (WHERE x.com = 2 AND comm.id IS NOT NULL)                  AS up_at,
         array_agg(x.c ORDER BY x.c) FILTER (WHERE abs(x.off) > drift AND skew.id IS NULL)              AS off,
         array_agg(x.at ORDER BY x.c) FILTER (WHERE abs(x.off) > drift AND skew.id IS NULL)             AS off_at,
         array_agg(json_build_object('offset_ms', x.off)::text ORDER BY x.c)
           FILTER (WHERE abs(x.off) > drift AND skew.id IS NULL)                                        AS off_why,
         array_agg(x.c ORDER BY x.c) FILTER (WHERE abs(x.off) <= drift AND skew.id IS NOT NULL)         AS true_again,
         array_agg(x.at ORDER BY x.c) FILTER (WHERE abs(x.off) <= drift AND skew.id IS NOT NULL)        AS true_at
    INTO went
    FROM unnest(controller, seen_at, communication, reason, clock_offset_ms) AS x(c, at, com, why, off)
    JOIN controller_state s ON s.controller_id = x.c
    LEFT JOIN alarm comm ON comm.controller_id = x.c AND comm.gate_id IS NULL AND comm.kind = 210 AND comm.cleared_at IS NULL
    LEFT JOIN alarm skew ON skew.controller_id = x.c AND skew.gate_id IS NULL AND skew.kind = 216 AND skew.cleared_at IS NULL
   WHERE x.c = ANY (mine);

  PERFORM kidoban.history_ensure('alarm_event', m.t)
     FROM (SELECT min(t) AS t FROM unnest(seen_at) t UNION SELECT max(t) FROM unnest(seen_at) t) m WHERE m.t IS NOT NULL;
  fresh := kidoban.live_begin('state');
  PERFORM kidoban.server_alarm(went.down, 210, true, went.down_at, went.down_why, fresh);
  PERFORM kidoban.server_alarm(went.up, 210, false, went.up_at, array_fill(''::text, ARRAY[coalesce(cardinality(went.up), 0)]), fresh);
  PERFORM kidoban.server_alarm(went.off, 216, true, went.off_at, went.off_why, fresh);
  PERFORM kidoban.server_alarm(went.true_again, 216, false, went.true_at,
                               array_fill(''::text, ARRAY[coalesce(cardinality(went.true_again), 0)]), fresh);

  UPDATE controller_state s
     SET since = CASE WHEN s.communication IS DISTINCT FROM x.com THEN x.at ELSE s.since END,
         communication = x.com,
         last_seen_at = CASE WHEN x.com = 2 THEN x.at ELSE s.last_seen_at END,
         reason = CASE WHEN x.com = 2 THEN '' ELSE coalesce(x.why, '') END,
         boot_id = coalesce(x.boot, s.boot_id), firmware = coalesce(x.firm, s.firmware), model = coalesce(x.mod, s.model),
         clock_offset_ms = coalesce(x.off, s.clock_offset_ms), newest_seq = coalesce(x.newest, s.newest_seq),
         rtt_ms = coalesce(x.rtt, s.rtt_ms), batch = fresh
    FROM unnest(controller, seen_at, communication, reason, boot_id, firmware, model, clock_offset_ms, newest_seq, rtt_ms)
         AS x(c, at, com, why, boot, firm, mod, off, newest, rtt)
   WHERE s.controller_id = x.c AND x.c = ANY (mine);

  UPDATE gate_state s
     SET changed_at = CASE WHEN (s.lock_state, s.arm_state, s.door_state, s.verification_mode, s.unlock_mode, s.alarms)
                                IS DISTINCT FROM (x.lock, x.arm, x.door_st, x.ver, x.unl, x.al) THEN x.at ELSE s.changed_at END,
         lock_state = x.lock, arm_state = x.arm, door_state = x.door_st, verification_mode = x.ver, unlock_mode = x.unl,
         alarms = x.al, seen_at = x.at, batch = fresh
    FROM (SELECT g.id, c.at, d.* FROM unnest(g_controller, g_door, lock_state, arm_state, door_state, verification_mode,
                                             unlock_mode, alarms) AS d(c, door, lock, arm, door_st, ver, unl, al)
            JOIN gate g ON g.controller_id = d.c AND g.door = d.door
            JOIN unnest(controller, seen_at) AS c(c, at) ON c.c = d.c
           WHERE d.c = ANY (mine)) x
   WHERE s.gate_id = x.id;
  -- A board raises alarms and never ends them: its door closed and its inputs quiet do.
  UPDATE alarm a SET cleared_at = greatest(x.at, a.raised_at), batch = fresh
    FROM (SELECT g.id, c.at FROM unnest(g_controller, g_door, door_state, alarms) AS d(c, door, door_st, al)
            JOIN controller k ON k.id = d.c AND k.driver = 'uhppote'
            JOIN gate g ON g.controller_id = d.c AND g.door = d.door
            JOIN unnest(controller, seen_at) AS c(c, at) ON c.c = d.c
           WHERE d.c = ANY (mine) AND d.door_st <> 2 AND d.al = 0) x
   WHERE a.gate_id = x.id AND a.kind IN (203, 208, 209, 214) AND a.cleared_at IS NULL AND NOT a.momentary;
  -- Gates of a controller that fell silent are shown again, with their age.
  UPDATE gate_state s SET batch = fresh FROM gate g
   WHERE g.id = s.gate_id AND g.controller_id = ANY (coalesce(went.down, '{}') || coalesce(went.up, '{}')) AND s.batch <> fresh;
  RETURN QUERY SELECT unnest(mine);
END $$;
