-- Pages of history, newest first, for any combination of filters, within the caller's scope (H-5). INVOKER: the policies
-- of the event tables decide what is seen. Every statement has literal time bounds within one partition, so planning
-- stays small however many partitions there are (FIGURES), and repeats the cursor on the bucket column.

-- How the filters find rows: the column whose index leads with its keys, and the other conditions as literal SQL. 'rare gate' and
-- 'rare dept': a key has the gate or department in its upper 16 bits and the kind in the lower.
CREATE OR REPLACE FUNCTION history_filter(parent text, gates int4[], groups int4[], departments int4[], cardholder int4,
                                          kinds int2[], q text, OUT conditions text, OUT lead text, OUT keys int4[])
LANGUAGE plpgsql STABLE SET search_path = kidoban, pg_temp AS $$
DECLARE
  gate_list int4[];
  dept_list int4[];
  cred_list int4[];
  kind_list int4[];
  everybody bool := kidoban.sees_all_gates();
  rare      bool := parent = 'access_event' AND NOT kinds && '{101,102}'::int2[];
BEGIN
  conditions := '';
  IF gates IS NOT NULL OR groups IS NOT NULL THEN
    gate_list := kidoban.gates_of(gates, groups);
    IF NOT everybody THEN
      -- What the policy would refuse one by one is not even looked for.
      gate_list := ARRAY(SELECT unnest(gate_list) INTERSECT SELECT unnest(kidoban.current_gates()));
    END IF;
  ELSIF NOT everybody AND cardinality(kidoban.current_gates()) <= 30 THEN
    -- A small scope is looked up gate by gate; by time the policy would throw nearly all away. 0: its controllers' own.
    gate_list := kidoban.current_gates() || 0::int2;
  END IF;
  IF departments IS NOT NULL THEN
    dept_list := ARRAY(SELECT d.id FROM dept d
                        WHERE d.department_id = ANY (departments || kidoban.department_subtrees(departments)));
  END IF;
  IF cardholder IS NOT NULL THEN
    cred_list := ARRAY(SELECT c.id FROM cred c WHERE c.cardholder_id = cardholder);
  END IF;
  IF q IS NOT NULL THEN
    -- Few persons are looked up one by one; when many match, walking by time soon fills a page.
    IF (SELECT count(*) FROM (SELECT FROM cred c WHERE kidoban.cred_matches(c, lower(q)) LIMIT 2001) m) > 2000 THEN
      conditions := format(' AND EXISTS (SELECT FROM kidoban.cred c WHERE c.id = e.cred AND kidoban.cred_matches(c, %L))', lower(q));
    ELSE
      cred_list := ARRAY(SELECT c.id FROM cred c WHERE kidoban.cred_matches(c, lower(q))
                            AND (cred_list IS NULL OR c.id = ANY (cred_list)));
    END IF;
  END IF;
  IF kinds IS NOT NULL THEN
    kind_list := ARRAY(SELECT k * 4 + side FROM unnest(kinds) k, generate_series(0, 2) side);
  END IF;
  IF gate_list = '{}' OR dept_list = '{}' OR cred_list = '{}' OR kind_list = '{}' THEN
    lead := 'nothing';
    RETURN;
  END IF;

  -- The most selective index leads; a long list is better walked by time.
  lead := CASE WHEN cred_list IS NOT NULL THEN 'cred'
               WHEN rare AND cardinality(gate_list) * cardinality(kind_list) <= 200 THEN 'rare gate'
               WHEN rare AND cardinality(dept_list) * cardinality(kind_list) <= 200 THEN 'rare dept'
               WHEN cardinality(gate_list) <= 32 THEN 'gate'
               WHEN cardinality(dept_list) <= 32 AND parent = 'access_event' THEN 'dept'
               WHEN cardinality(kind_list) <= 96 AND (parent <> 'access_event' OR NOT kinds && '{101,102}'::int2[]) THEN 'kind'
               ELSE 'time' END;
  keys := CASE lead WHEN 'cred' THEN cred_list WHEN 'gate' THEN gate_list WHEN 'dept' THEN dept_list WHEN 'kind' THEN kind_list
                    WHEN 'rare gate' THEN ARRAY(SELECT g << 16 | k FROM unnest(gate_list) g, unnest(kind_list) k)
                    WHEN 'rare dept' THEN ARRAY(SELECT d << 16 | k FROM unnest(dept_list) d, unnest(kind_list) k) END;
  IF gate_list IS NOT NULL AND lead NOT IN ('gate', 'rare gate') THEN
    conditions := conditions || format(' AND e.gate = ANY (%L::int2[])', gate_list);
  END IF;
  IF dept_list IS NOT NULL AND lead NOT IN ('dept', 'rare dept') THEN
    conditions := conditions || format(' AND e.dept = ANY (%L::int2[])', dept_list);
  END IF;
  IF kind_list IS NOT NULL AND lead NOT IN ('kind', 'rare gate', 'rare dept') THEN
    conditions := conditions || format(' AND e.kind = ANY (%L::int2[])', kind_list);
  END IF;
  IF lead IN ('rare gate', 'rare dept') OR (lead = 'kind' AND parent = 'access_event') THEN
    conditions := conditions || ' AND e.kind >= 412';
  ELSIF lead = 'cred' THEN
    conditions := conditions || ' AND e.cred <> 0';
  END IF;
END $$;

-- Part of a name, kana, employee number or card number; letters of any case.
CREATE OR REPLACE FUNCTION cred_matches(c cred, q text) RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT strpos(lower(c.name), q) > 0 OR strpos(lower(c.kana), q) > 0 OR strpos(lower(c.employee_number), q) > 0
      OR strpos(lower(c.card_number), q) > 0
$$;

-- Gates named, and all gates of the groups named, deleted ones too. Out of scope or not is for the policies.
CREATE OR REPLACE FUNCTION gates_of(gates int4[], groups int4[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT g FROM unnest(gates) g WHERE g BETWEEN 1 AND 32767
                UNION SELECT g.id FROM gate g WHERE g.management_group_id = ANY (groups)
                UNION SELECT p.id FROM gate_past p
                       WHERE p.management_group_id = ANY (groups) AND NOT EXISTS (SELECT FROM gate g WHERE g.id = p.id)
                         AND NOT EXISTS (SELECT FROM gate_past q WHERE q.id = p.id AND q.to_cs > p.to_cs));
END $$;

-- One statement over one stretch of one partition: at most `most` rows between two buckets, after the cursor.
CREATE OR REPLACE FUNCTION history_stretch_sql(parent text, columns text, conditions text, lead text, keys int4[],
  from_bucket int4, to_bucket int4, from_t timestamptz, to_t timestamptz, place text, most int4) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = kidoban, pg_temp AS $$
DECLARE
  rows_of text := format('SELECT %s FROM kidoban.%I e WHERE e.t >= %L AND e.t < %L AND e.bucket >= %s AND e.bucket <= %s%s%s',
                         columns, parent, from_t, to_t, from_bucket, to_bucket, place, conditions);
  newest  text := format(' ORDER BY e.bucket DESC, e.t DESC, e.log DESC, e.seq DESC LIMIT %s', most);
BEGIN
  -- Bucket by bucket, newest first, until there are enough rows: the index has the bucket first. The outer side has to come sorted
  -- (the planner sorts no side of a loop by itself), so that the loop stops there; within a bucket the inner side is in order.
  IF parent = 'access_event' AND lead IN ('gate', 'dept', 'time') THEN
    RETURN format('SELECT %s FROM (SELECT i AS bucket FROM generate_series(%s, %s, -1) AS i ORDER BY i DESC OFFSET 0) b '
                  'CROSS JOIN LATERAL (SELECT * FROM kidoban.access_event e WHERE e.bucket = b.bucket AND e.t >= %L AND e.t < %L%s%s%s ORDER BY e.t DESC, e.log DESC, e.seq DESC LIMIT %s) e '
                  'ORDER BY b.bucket DESC LIMIT %s',
                  columns, to_bucket, from_bucket, from_t, to_t, place, conditions,
                  CASE WHEN lead <> 'time' THEN format(' AND e.%I = ANY (%L::int2[])', lead, keys) END, most, most);
  END IF;
  IF lead IN ('rare gate', 'rare dept') THEN
    -- Taken apart outside: a cast may fail, so it would have to wait for the policies and no index could be asked.
    RETURN format('SELECT x.* FROM (SELECT (k >> 16)::int2 AS place, (k & 65535)::int2 AS kind FROM unnest(%L::int4[]) k OFFSET 0) key '
                  'CROSS JOIN LATERAL (%s AND e.%I = key.place AND e.kind = key.kind%s) x ORDER BY x.t DESC, x.log DESC, x.seq DESC LIMIT %s', keys, rows_of, substr(lead, 6), newest, most);
  ELSIF lead = 'time' THEN
    RETURN rows_of || newest;
  ELSIF cardinality(keys) = 1 THEN
    RETURN format('%s AND e.%I = %s%s', rows_of, lead, keys[1], newest);
  ELSIF lead = 'cred' THEN
    RETURN format('%s AND e.cred = ANY (%L::int4[])%s', rows_of, keys, newest);
  END IF;
  -- Key by key, so that each stops by itself after enough rows.
  RETURN format('SELECT x.* FROM unnest(%L::int2[]) AS key(k) CROSS JOIN LATERAL (%s AND e.%I = key.k%s) x '
                'ORDER BY x.t DESC, x.log DESC, x.seq DESC LIMIT %s', keys, rows_of, lead, newest, most);
END $$;

-- The rows of a page as they are stored. The search stops when the page is full, the range is done, or after about
-- `budget` milliseconds; then a last row with log 0 and seq 0 says at t how far it came: everything at or after t was looked
-- at, and the caller goes on with (t, 0, 0) as the cursor.
CREATE OR REPLACE FUNCTION history_rows(parent text, from_t timestamptz, to_t timestamptz, gates int4[], groups int4[],
  departments int4[], cardholder int4, kinds int2[], q text, before_t timestamptz, before_log int4, before_seq int4,
  most int4, budget int4 DEFAULT 250)
RETURNS TABLE (t timestamptz, log int4, seq int4, cred int4, gate int2, kind int2, dept int2, details text, who int4, raised bool)
LANGUAGE plpgsql STABLE ROWS 50 SET search_path = kidoban, pg_temp SET enable_seqscan = off SET enable_indexscan = on SET jit = off AS $$
#variable_conflict use_column
DECLARE
  f       record;
  part    history_part;
  started timestamptz := clock_timestamp();
  begun   timestamptz;
  took    float8;
  floor_b int4;
  top_b   int4;
  low_b   int4;
  width   int4;
  left_   int4 := most;
  n       int4;
  -- (t, 0, 0) is before every row of that instant: all that is at or after t has been looked at.
  upper   timestamptz := least(to_t, before_t + CASE WHEN before_log = 0 AND before_seq = 0 THEN interval '0' ELSE interval '1 microsecond' END);
  place   text := '';
  columns text := 'e.t, e.log, e.seq, e.cred, e.gate, e.kind, e.dept, e.details, '
                  || CASE parent WHEN 'alarm_event' THEN 'e.controller, e.raised'
                                 WHEN 'operation_event' THEN 'e.operator, NULL::bool' ELSE '0, NULL::bool' END;
BEGIN
  SELECT * INTO f FROM kidoban.history_filter(parent, gates, groups, departments, cardholder, kinds, q);
  IF f.lead = 'nothing' OR from_t >= upper THEN
    RETURN;
  END IF;
  IF before_t IS NOT NULL THEN
    place := format(' AND (e.t, e.log, e.seq) < (%L::timestamptz, %s, %s)', before_t, before_log, before_seq);
  END IF;
  -- A stretch is at first two hours by time and a whole partition by another index; it grows and shrinks with what it costs.
  width := CASE f.lead WHEN 'time' THEN 8 ELSE 4000 END;
  IF parent = 'access_event' AND f.lead = 'time' THEN
    -- A bucket may have 60,000 rows, nearly all of them side by side: read page by page they cost a fifth of fetching them one by one.
    PERFORM set_config('enable_indexscan', 'off', true);
  END IF;
  LOOP
    SELECT * INTO part FROM history_part h
     WHERE h.parent = history_rows.parent AND NOT h.detached AND h.from_t < upper AND h.to_t > history_rows.from_t
     ORDER BY h.from_t DESC LIMIT 1;
    EXIT WHEN NOT FOUND;
    floor_b := floor(extract(epoch FROM greatest(part.from_t, history_rows.from_t)) / 900);
    top_b := ceil(extract(epoch FROM least(part.to_t, upper)) / 900)::int4 - 1;
    WHILE top_b >= floor_b LOOP
      low_b := greatest(floor_b, top_b - width + 1);
      begun := clock_timestamp();
      RETURN QUERY EXECUTE kidoban.history_stretch_sql(parent, columns, f.conditions, f.lead, f.keys, low_b, top_b,
        greatest(part.from_t, history_rows.from_t), least(part.to_t, upper), place, left_);
      GET DIAGNOSTICS n = ROW_COUNT;
      left_ := left_ - n;
      IF left_ <= 0 THEN
        RETURN;
      END IF;
      took := extract(epoch FROM clock_timestamp() - begun) * 1000;
      width := CASE WHEN took < 10 THEN least(width * 8, 4000) WHEN took > 60 THEN greatest(width / 4, 1) ELSE width END;
      top_b := low_b - 1;
      IF extract(epoch FROM clock_timestamp() - started) * 1000 > budget
         AND (low_b > floor_b OR part.from_t > history_rows.from_t) THEN
        t := greatest(to_timestamp(low_b::float8 * 900), history_rows.from_t);
        log := 0; seq := 0; cred := 0; gate := 0; kind := 0; dept := 0; details := ''; who := 0;
        RETURN NEXT;
        RETURN;
      END IF;
    END LOOP;
    upper := part.from_t;
    EXIT WHEN upper <= history_rows.from_t;
  END LOOP;
END $$;

-- A page ready to be shown. category: access, alarm, operation or management; null filters do not filter; q is part of a
-- person's name, kana, employee number or card number; the cursor is
-- the (t, log, seq) of the last row of the page before. Rows: at most `most`, newest first. A last row with kind null says
-- that the search stopped early at t, having looked at everything at or after it: go on with (t, 0, 0) as the cursor.
-- Cardholder and department ids are null when they are gone or out of scope: then the names are shown without a link.
CREATE FUNCTION api.history_page(category text, from_t timestamptz, to_t timestamptz, gates int4[], management_groups int4[],
  departments int4[], cardholder int4, kinds int2[], before_t timestamptz, before_log int4, before_seq int4, most int4,
  q text DEFAULT NULL)
RETURNS TABLE (t timestamptz, log int4, seq int4, kind int4, reader int4, gate_id int4, gate_name text,
               management_group_id int4, management_group_name text, controller_id int4, controller_name text,
               raised bool, card_number text, cardholder_id int4, employee_number text, name text, kana text,
               department_id int4, department_name text, operator_id int4, operator_name text, details text)
LANGUAGE plpgsql STABLE ROWS 50 SET search_path = kidoban, pg_temp SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  parent text := (SELECT c.parent FROM event_category c WHERE c.name = history_page.category);
BEGIN
  IF parent IS NULL THEN
    RAISE EXCEPTION 'no such category' USING ERRCODE = 'KD007', COLUMN = 'category';
  END IF;
  RETURN QUERY
    WITH e AS MATERIALIZED (
      SELECT * FROM kidoban.history_rows(parent, from_t, to_t, history_page.gates, history_page.management_groups,
        history_page.departments, history_page.cardholder, history_page.kinds, history_page.q, before_t,
        before_log, before_seq, most)),
    n AS MATERIALIZED (
      SELECT e.*, l.controller_id, r.card_number, r.cardholder_id, r.employee_number, r.name, r.kana,
             d.department_id, d.name AS department_name
        FROM e
        LEFT JOIN kidoban.log_controllers(ARRAY(SELECT DISTINCT e.log FROM e)) l ON l.log = e.log
        LEFT JOIN cred r ON r.id = e.cred
        LEFT JOIN dept d ON d.id = e.dept)
    SELECT n.t, n.log, n.seq, CASE WHEN n.log <> 0 THEN n.kind / 4 END, n.kind % 4, nullif(n.gate, 0)::int4, g.name,
           g.management_group_id, g.management_group_name, c.id, c.name, n.raised, n.card_number, h.id, n.employee_number,
           n.name, n.kana, p.id, n.department_name, o.id, o.name, n.details
      FROM n
      LEFT JOIN kidoban.gate_names(ARRAY(SELECT DISTINCT n.gate FROM n WHERE n.gate <> 0)) g ON g.id = n.gate
      LEFT JOIN kidoban.controller_names(ARRAY(SELECT n.controller_id FROM n UNION SELECT n.who FROM n)) c
             ON c.id = CASE WHEN parent = 'alarm_event' THEN n.who ELSE n.controller_id END
      LEFT JOIN unnest(kidoban.cardholders_in_scope(ARRAY(SELECT DISTINCT n.cardholder_id FROM n))) h(id) ON h.id = n.cardholder_id
      LEFT JOIN unnest(kidoban.departments_in_scope(ARRAY(SELECT DISTINCT n.department_id FROM n))) p(id) ON p.id = n.department_id
      LEFT JOIN kidoban.operator_names(ARRAY(SELECT DISTINCT n.who FROM n WHERE parent = 'operation_event')) o
             ON o.id = n.who AND parent = 'operation_event'
     ORDER BY n.t DESC, n.log DESC, n.seq DESC;
END $$;
