-- What browsers are told (G-8). Every transaction that shows something new writes one live_batch under a lock held until
-- it commits, so a reader that has seen batch N has seen all before it. NOTIFY only wakes.

CREATE OR REPLACE FUNCTION live_begin(kind text) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  batch int8;
BEGIN
  PERFORM pg_advisory_xact_lock(7002);
  batch := nextval('kidoban.live_batch_seq');
  INSERT INTO live_batch (id, kind) VALUES (batch, live_begin.kind);
  PERFORM pg_notify('kidoban_live', batch::text);
  RETURN batch;
END $$;

-- Of some gates, and of some controllers as a whole (gate_id 0): the operators with a live session who have the right and see
-- the gate, or any gate of the controller. Worked out by management group, of which there are fewer than gates.
CREATE OR REPLACE FUNCTION live_audience(wanted text, gates int4[], controllers int4[])
RETURNS TABLE (gate_id int4, controller_id int4, operators int4[])
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH o AS MATERIALIZED (
      SELECT DISTINCT s.operator_id AS id, o.all_management_groups AS everything
        FROM kidoban.open_sessions() s JOIN operator o ON o.id = s.operator_id
       WHERE kidoban.right_of(o.id, wanted) <> 'none'),
    everything AS MATERIALIZED (SELECT ARRAY(SELECT id FROM o WHERE everything) AS ids),
    sees AS MATERIALIZED (
      SELECT x.management_group_id, array_agg(o.id) AS ids
        FROM o JOIN operator_management_group x ON x.operator_id = o.id WHERE NOT o.everything GROUP BY 1),
    one AS MATERIALIZED (
      SELECT g.id, g.controller_id, coalesce(s.ids, '{}') AS ids
        FROM gate g LEFT JOIN sees s ON s.management_group_id = g.management_group_id
       WHERE g.id = ANY (gates) OR g.controller_id = ANY (controllers))
    SELECT one.id, one.controller_id, e.ids || one.ids FROM one, everything e WHERE one.id = ANY (gates)
    UNION ALL
    SELECT 0, c.id, e.ids || ARRAY(SELECT DISTINCT i FROM one, unnest(one.ids) i WHERE one.controller_id = c.id)
      FROM unnest(controllers) AS c(id), everything e;
END $$;

-- The newest batch, and the oldest that is still kept: a cursor before the latter must reload.
CREATE FUNCTION api.live_cursor() RETURNS TABLE (newest int8, oldest int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT coalesce(max(id), 0), coalesce(min(id), 0) FROM live_batch
$$;

-- Events of the batches after a cursor, oldest batch first, at most `most` batches, each event with who may see it.
CREATE FUNCTION api.live_events(after_batch int8, most int4 DEFAULT 200)
RETURNS TABLE (batch int8, operators int4[], category text, t timestamptz, log int4, seq int4, kind int4, reader int4,
               gate_id int4, gate_name text, management_group_id int4, management_group_name text,
               controller_id int4, controller_name text, raised bool,
               card_number text, cardholder_id int4, employee_number text, name text, kana text,
               department_id int4, department_name text, operator_id int4, operator_name text, details text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY
    WITH b AS MATERIALIZED (
      SELECT * FROM live_batch x WHERE x.id > after_batch ORDER BY x.id LIMIT most),
    a AS MATERIALIZED (
      SELECT * FROM kidoban.live_audience('history', ARRAY(SELECT DISTINCT g FROM b, unnest(b.e_gate) g WHERE g <> 0),
        ARRAY(SELECT DISTINCT CASE WHEN e.category = 2 THEN e.who ELSE l.controller_id END
                FROM b, unnest(b.e_gate, b.e_category, b.e_who, b.e_log) AS e(gate, category, who, log)
                JOIN event_log l ON l.id = e.log WHERE e.gate = 0)))
    SELECT b.id, coalesce(a.operators, '{}'), y.name, e.t, e.log, e.seq, e.kind / 4, e.kind % 4,
           nullif(e.gate, 0)::int4, g.name, g.management_group_id, m.name, c.id, c.name,
           CASE WHEN e.category = 2 THEN e.raised END,
           r.card_number, h.id, r.employee_number, r.name, r.kana,
           d.department_id, d.name, o.id, coalesce(nullif(o.display_name, ''), o.name), e.details
      FROM b
     CROSS JOIN LATERAL unnest(b.e_category, b.e_t, b.e_log, b.e_seq, b.e_cred, b.e_who, b.e_gate, b.e_kind, b.e_dept,
                               b.e_raised, b.e_details)
                AS e(category, t, log, seq, cred, who, gate, kind, dept, raised, details)
      JOIN event_category y ON y.category = e.category
      JOIN event_log l ON l.id = e.log
      LEFT JOIN controller c ON c.id = CASE WHEN e.category = 2 THEN e.who ELSE l.controller_id END
      LEFT JOIN gate g ON g.id = e.gate
      LEFT JOIN management_group m ON m.id = g.management_group_id
      LEFT JOIN a ON a.gate_id = e.gate AND (e.gate <> 0 OR a.controller_id = c.id)
      LEFT JOIN cred r ON r.id = e.cred
      LEFT JOIN cardholder h ON h.id = r.cardholder_id
      LEFT JOIN dept d ON d.id = e.dept
      LEFT JOIN operator o ON e.category = 3 AND o.id = e.who
     ORDER BY b.id, e.t, e.log, e.seq;
END $$;

-- Gates whose state was stored in a batch after the cursor.
CREATE FUNCTION api.live_gates(after_batch int8)
RETURNS TABLE (batch int8, operators int4[], gate_id int4, lock_state int2, arm_state int2, door_state int2,
               verification_mode int2, unlock_mode int2, alarms int4, seen_at timestamptz, changed_at timestamptz,
               communication int2, communication_since timestamptz, last_seen_at timestamptz, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY
    WITH s AS MATERIALIZED (SELECT * FROM gate_state x WHERE x.batch > after_batch),
    a AS MATERIALIZED (SELECT * FROM kidoban.live_audience('gates', ARRAY(SELECT s.gate_id FROM s), '{}'))
    SELECT s.batch, a.operators, s.gate_id, s.lock_state, s.arm_state, s.door_state, s.verification_mode, s.unlock_mode,
           s.alarms, s.seen_at, s.changed_at, c.communication, c.since, c.last_seen_at, c.reason
      FROM s
      JOIN gate g ON g.id = s.gate_id
      JOIN controller_state c ON c.controller_id = g.controller_id
      JOIN a ON a.gate_id = s.gate_id
     ORDER BY s.batch;
END $$;

-- Alarms that were raised, cleared or acknowledged in a batch after the cursor.
CREATE FUNCTION api.live_alarms(after_batch int8)
RETURNS TABLE (batch int8, operators int4[], id int8, kind int2, gate_id int4, gate_name text,
               management_group_id int4, management_group_name text, controller_id int4, controller_name text,
               momentary bool, raised_at timestamptz, cleared_at timestamptz, acknowledged_at timestamptz,
               acknowledged_by int4, acknowledged_by_name text, comment text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY
    WITH x AS MATERIALIZED (SELECT * FROM alarm z WHERE z.batch > after_batch),
    a AS MATERIALIZED (SELECT * FROM kidoban.live_audience('history', ARRAY(SELECT DISTINCT x.gate_id FROM x WHERE x.gate_id IS NOT NULL),
        ARRAY(SELECT DISTINCT x.controller_id FROM x WHERE x.gate_id IS NULL)))
    SELECT x.batch, a.operators, x.id, x.kind, x.gate_id, g.name, g.management_group_id, m.name, x.controller_id, c.name,
           x.momentary, x.raised_at, x.cleared_at, x.acknowledged_at, x.acknowledged_by,
           coalesce(nullif(o.display_name, ''), o.name), x.comment
      FROM x
      JOIN a ON a.gate_id = coalesce(x.gate_id, 0) AND (x.gate_id IS NOT NULL OR a.controller_id = x.controller_id)
      LEFT JOIN gate g ON g.id = x.gate_id
      LEFT JOIN management_group m ON m.id = g.management_group_id
      LEFT JOIN controller c ON c.id = x.controller_id
      LEFT JOIN operator o ON o.id = x.acknowledged_by
     ORDER BY x.batch, x.id;
END $$;

-- That alarms of the system itself came or went in a batch after the cursor, for those who may see them: how many there are now.
CREATE FUNCTION api.live_system(after_batch int8) RETURNS TABLE (batch int8, operators int4[], open int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM live_batch b WHERE b.id > after_batch AND b.kind = 'system') THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT b.id, ARRAY(SELECT DISTINCT s.operator_id FROM kidoban.open_sessions() s
                        WHERE kidoban.right_of(s.operator_id, 'system_log') <> 'none'
                           OR kidoban.right_of(s.operator_id, 'system_administration') <> 'none'),
           (SELECT count(*)::int4 FROM system_alarm a WHERE a.cleared_at IS NULL)
      FROM live_batch b WHERE b.id > after_batch AND b.kind = 'system' ORDER BY b.id;
END $$;

-- Commands whose outcome was written in a batch after the cursor.
CREATE FUNCTION api.live_commands(after_batch int8)
RETURNS TABLE (batch int8, operators int4[], id uuid, request_id int8, gate_id int4, gate_name text, command int2, value int2,
               operator_id int4, outcome int2, reason text, queued_at timestamptz, sent_at timestamptz, finished_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY
    WITH x AS MATERIALIZED (SELECT * FROM command z WHERE z.batch > after_batch),
    a AS MATERIALIZED (SELECT * FROM kidoban.live_audience('gates', ARRAY(SELECT DISTINCT x.gate_id FROM x), '{}'))
    SELECT x.batch, a.operators, x.id, x.request_id, x.gate_id, g.name, x.command, x.value, x.operator_id, x.outcome,
           x.reason, x.queued_at, x.sent_at, x.finished_at
      FROM x JOIN a ON a.gate_id = x.gate_id
      LEFT JOIN gate g ON g.id = x.gate_id
     ORDER BY x.batch, x.id;
END $$;
