-- Change history (M-2): change sets, and what each made of which row, before and after. All of it is read off the versions.
-- SECURITY DEFINER, because names of what is gone and the acts' kinds are nobody's to read directly; right and scope are asked here.

-- For each table that is shown the condition on its row x for being in scope, as SQL. Worked out once for all acts of a page.
CREATE OR REPLACE FUNCTION change_scopes() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  all_departments bool := kidoban.sees_all_departments();
  all_gates       bool := kidoban.sees_all_gates();
  departments     text := CASE WHEN all_departments THEN 'true' ELSE format('%%s = ANY (%L::int4[])', kidoban.current_department_scope()) END;
  gates           text := CASE WHEN all_gates THEN 'true' ELSE format('%%s = ANY (%L::int2[])', kidoban.current_gates()) END;
  persons         text := 'true';
BEGIN
  IF NOT kidoban.may_view('change_history') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  IF NOT all_departments THEN
    -- Of what belongs to a person: where the person is now or, when deleted, last was.
    persons := 'coalesce((SELECT ' || format(departments, 'c.department_id') || ' FROM kidoban.cardholder c WHERE c.id = x.cardholder_id),'
      ' (SELECT ' || format(departments, 'c.department_id') || ' FROM kidoban.cardholder_past c WHERE c.id = x.cardholder_id ORDER BY c.to_cs DESC LIMIT 1), false)';
  END IF;
  RETURN jsonb_build_object(
    'department', format(departments, 'x.id'),
    'cardholder', format(departments, 'x.department_id'),
    'credential', persons,
    'permit', persons,
    'gate', format(gates, 'x.id'),
    'gate_group_member', format(gates, 'x.gate_id'),
    'gate_group', CASE WHEN all_gates THEN 'true' ELSE format('x.id = ANY (%L::int4[])', kidoban.current_gate_groups(false)) END,
    'management_group', CASE WHEN all_gates THEN 'true' ELSE format('x.id = ANY (%L::int4[])', kidoban.current_gate_scope()) END,
    'controller', CASE WHEN all_gates THEN 'true' ELSE format('x.id = ANY (%L::int4[])', kidoban.current_controllers()) END);
END $$;

-- Tables in the order in which a change set is shown.
CREATE OR REPLACE FUNCTION change_tables() RETURNS text[] LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT '{management_group,department,controller,gate,gate_group,gate_group_member,cardholder,credential,permit}'::text[]
$$;

-- Rows of a table that a change set ($1) touched, as SQL: id, what was (before) and what it made (after), each null or a row.
CREATE OR REPLACE FUNCTION change_source(tab text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT format('(SELECT coalesce(o.id, n.id) AS id, o.x AS was, n.x AS is_, coalesce(n.x_in, o.x_in) AS seen, o.x_in AS was_seen'
                ' FROM (SELECT x.id, to_jsonb(x) AS x, %2$s AS x_in FROM kidoban.%1$s_past x WHERE x.to_cs = $1) o'
                ' FULL JOIN (SELECT x.id, to_jsonb(x) AS x, %2$s AS x_in FROM kidoban.%1$s x WHERE x.from_cs = $1'
                '  UNION ALL SELECT x.id, to_jsonb(x) - ''to_cs'', %2$s FROM kidoban.%1$s_past x WHERE x.from_cs = $1) n ON n.id = o.id)',
                tab, kidoban.change_scopes() ->> tab)
$$;

-- How many rows of each table it added, changed and removed, in scope: {"cardholder": {"added": 1, …}, …}. scopes: change_scopes().
CREATE OR REPLACE FUNCTION change_counts(cs int8, touched text[], scopes jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  tab    text;
  n      record;
  counts jsonb := '{}';
BEGIN
  FOREACH tab IN ARRAY touched LOOP
    CONTINUE WHEN scopes ->> tab IS NULL;
    EXECUTE format('SELECT count(*) FILTER (WHERE o.id IS NULL) AS added, count(*) FILTER (WHERE o.id IS NOT NULL AND n.id IS NOT NULL) AS changed,'
                   ' count(*) FILTER (WHERE n.id IS NULL) AS removed'
                   ' FROM (SELECT x.id, %2$s AS x_in FROM kidoban.%1$s_past x WHERE x.to_cs = $1) o'
                   ' FULL JOIN (SELECT x.id, %2$s AS x_in FROM kidoban.%1$s x WHERE x.from_cs = $1'
                   '  UNION ALL SELECT x.id, %2$s FROM kidoban.%1$s_past x WHERE x.from_cs = $1) n ON n.id = o.id'
                   ' WHERE coalesce(n.x_in, o.x_in)', tab, scopes ->> tab) INTO n USING cs;
    IF n.added + n.changed + n.removed > 0 THEN
      counts := counts || jsonb_build_object(tab, jsonb_build_object('added', n.added, 'changed', n.changed, 'removed', n.removed));
    END IF;
  END LOOP;
  RETURN counts;
END $$;

-- Change sets that touched one thing, or what hangs on it.
CREATE OR REPLACE FUNCTION change_sets_of(subject text, wanted int4) RETURNS int8[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  part   record;
  found  int8[] := '{}';
  more   int8[];
  scopes jsonb := kidoban.change_scopes();
BEGIN
  FOR part IN SELECT * FROM (VALUES
      ('cardholder', 'cardholder', 'id'), ('cardholder', 'credential', 'cardholder_id'), ('cardholder', 'permit', 'cardholder_id'),
      ('department', 'department', 'id'), ('management_group', 'management_group', 'id'), ('controller', 'controller', 'id'),
      ('gate', 'gate', 'id'), ('gate', 'gate_group_member', 'gate_id'), ('gate', 'permit', 'gate_id'),
      ('gate_group', 'gate_group', 'id'), ('gate_group', 'gate_group_member', 'gate_group_id'), ('gate_group', 'permit', 'gate_group_id')) v(s, tab, col)
    WHERE v.s = subject LOOP
    EXECUTE format('SELECT ARRAY(SELECT x.from_cs FROM kidoban.%1$s_version x WHERE x.%2$s = $1 AND %3$s'
                   ' UNION SELECT x.to_cs FROM kidoban.%1$s_past x WHERE x.%2$s = $1 AND %3$s)', part.tab, part.col, scopes ->> part.tab)
      INTO more USING wanted;
    found := found || more;
  END LOOP;
  RETURN found;
END $$;

-- A page of change sets, newest first, before a revision (null: from the newest). kinds: whole kinds, or what stands before the dot.
-- Acts of which nothing is in scope are left out, for who does not see everything; to know it each has to be looked into. So the search
-- stops when the page is full, when none is left, or after about `budget` milliseconds, as in history: then a last row with kind null
-- says which revision was looked at last, and the caller goes on before it.
CREATE FUNCTION api.change_sets(kinds text[], operator int4, from_t timestamptz, to_t timestamptz, subject text, subject_id int4,
                                before int8, most int4, budget int4 DEFAULT 250)
RETURNS TABLE (revision int8, at timestamptz, operator_id int4, operator_name text, origin text, kind text, comment text, counts jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  started    timestamptz := clock_timestamp();
  everything bool := kidoban.sees_all_gates() AND kidoban.sees_all_departments();
  scopes     jsonb := kidoban.change_scopes();
  acts       int8[];
  c          change_set;
  left_      int4 := most;
BEGIN
  IF subject IS NOT NULL THEN
    acts := kidoban.change_sets_of(subject, subject_id);
  END IF;
  FOR c IN SELECT * FROM change_set s
            WHERE s.revision < coalesce(before, 9223372036854775807) AND (acts IS NULL OR s.id = ANY (acts))
              AND (kinds IS NULL OR s.kind = ANY (kinds) OR split_part(s.kind, '.', 1) = ANY (kinds))
              AND (operator IS NULL OR s.operator_id = operator)
              AND (from_t IS NULL OR s.at >= from_t) AND (to_t IS NULL OR s.at < to_t)
            ORDER BY s.revision DESC LOOP
    counts := kidoban.change_counts(c.id, c.touched, scopes);
    revision := c.revision; at := c.at; operator_id := c.operator_id; origin := c.origin; kind := c.kind; comment := c.comment;
    IF everything OR counts <> '{}' THEN
      operator_name := (SELECT o.name FROM kidoban.operator_names(ARRAY[c.operator_id]) o);
      RETURN NEXT;
      left_ := left_ - 1;
      EXIT WHEN left_ <= 0;
    END IF;
    IF extract(epoch FROM clock_timestamp() - started) * 1000 > budget THEN
      at := NULL; operator_id := NULL; operator_name := NULL; origin := NULL; kind := NULL; comment := NULL; counts := NULL;
      RETURN NEXT;
      RETURN;
    END IF;
  END LOOP;
END $$;

-- The name of what an id means, as it was at a change set or, when it was not there yet or no more, as it last was.
CREATE OR REPLACE FUNCTION change_name(tab text, wanted int4, cs int8) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  found text;
BEGIN
  EXECUTE format('SELECT %s FROM kidoban.%I_version x WHERE x.id = $1'
                 ' ORDER BY (x.from_cs <= $2 AND coalesce(x.to_cs >= $2, true)) DESC, x.to_cs DESC NULLS FIRST LIMIT 1',
                 CASE tab WHEN 'cardholder' THEN 'x.employee_number || '' '' || x.name' WHEN 'credential' THEN 'x.card_number' ELSE 'x.name' END, tab)
    INTO found USING wanted, cs;
  RETURN found;
END $$;

-- Whether a name may be told of what a row in scope points to: not that of the department above, nor of where a gate was before it came.
CREATE OR REPLACE FUNCTION change_name_seen(tab text, wanted int4) RETURNS bool
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN CASE tab WHEN 'department' THEN kidoban.sees_all_departments() OR wanted = ANY (kidoban.current_department_scope())
                  WHEN 'management_group' THEN kidoban.sees_all_gates() OR wanted = ANY (kidoban.current_gate_scope())
                  WHEN 'controller' THEN kidoban.sees_all_gates() OR wanted = ANY (kidoban.current_controllers())
                  ELSE true END;
END $$;

-- A row as it is shown: what points elsewhere with its name, no PIN ever but whether there is one.
CREATE OR REPLACE FUNCTION change_shown(tab text, x jsonb, cs int8) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  part  record;
  shown jsonb := x - '{id,from_cs,to_cs,pin_sealed}'::text[];
BEGIN
  IF x IS NULL THEN
    RETURN NULL;
  END IF;
  IF tab = 'cardholder' THEN
    shown := shown || jsonb_build_object('has_pin', x -> 'pin_sealed' <> 'null');
  END IF;
  FOR part IN SELECT k.key, k.value, replace(replace(k.key, '_id', ''), 'parent', 'department') AS points
                FROM jsonb_each(shown) k WHERE k.key LIKE '%\_id' LOOP
    shown := shown - part.key || jsonb_build_object(replace(part.key, '_id', ''),
      CASE WHEN part.value <> 'null' THEN jsonb_build_object('id', part.value, 'name',
        CASE WHEN kidoban.change_name_seen(part.points, (part.value #>> '{}')::int4)
             THEN kidoban.change_name(part.points, (part.value #>> '{}')::int4, cs) ELSE '' END) END);
  END LOOP;
  RETURN shown;
END $$;

CREATE OR REPLACE FUNCTION change_label(tab text, x jsonb, cs int8) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT CASE tab
    WHEN 'cardholder' THEN concat(x ->> 'employee_number', ' ', x ->> 'name')
    WHEN 'credential' THEN concat(x ->> 'card_number', ' / ', kidoban.change_name('cardholder', (x ->> 'cardholder_id')::int4, cs))
    WHEN 'permit' THEN concat(kidoban.change_name('cardholder', (x ->> 'cardholder_id')::int4, cs), ' / ',
      CASE WHEN x ->> 'gate_id' IS NOT NULL THEN kidoban.change_name('gate', (x ->> 'gate_id')::int4, cs)
           ELSE kidoban.change_name('gate_group', (x ->> 'gate_group_id')::int4, cs) END)
    WHEN 'gate_group_member' THEN concat(kidoban.change_name('gate_group', (x ->> 'gate_group_id')::int4, cs), ' / ',
      kidoban.change_name('gate', (x ->> 'gate_id')::int4, cs))
    ELSE x ->> 'name' END
$$;

-- Rows of one change set after (table number, id), in the order of change_tables() and id. No row and `api.change_set` none: not there.
CREATE FUNCTION api.change_rows(wanted int8, after_table int4, after_id int4, most int4)
RETURNS TABLE (table_number int4, tab text, id int4, label text, action text, before jsonb, after jsonb, changed jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  act   change_set;
  left_ int4 := most;
  n     int4;
BEGIN
  IF NOT kidoban.may_view('change_history') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  SELECT * INTO act FROM change_set c WHERE c.revision = wanted;
  FOR i IN greatest(after_table, 1) .. cardinality(kidoban.change_tables()) LOOP
    CONTINUE WHEN NOT act.touched @> ARRAY[(kidoban.change_tables())[i]];
    EXIT WHEN left_ <= 0;
    RETURN QUERY EXECUTE format($q$
      SELECT %2$s, %3$L::text, x.id, kidoban.change_label(%3$L, coalesce(x.is_, x.was), $1),
             CASE WHEN x.was IS NULL THEN 'added' WHEN x.is_ IS NULL THEN 'removed' ELSE 'changed' END, b.shown, a.shown,
             CASE WHEN x.was IS NOT NULL AND x.is_ IS NOT NULL AND x.was_seen THEN
               (SELECT coalesce(jsonb_agg(CASE k.key WHEN 'pin_sealed' THEN 'pin' ELSE regexp_replace(k.key, '_id$', '') END ORDER BY k.key), '[]')
                  FROM jsonb_each(x.is_) k WHERE k.key NOT IN ('from_cs', 'to_cs') AND k.value IS DISTINCT FROM x.was -> k.key) END
        FROM (SELECT y.* FROM %1$s y WHERE y.seen AND y.id > $2 ORDER BY y.id LIMIT $3) x
       CROSS JOIN LATERAL (SELECT CASE WHEN x.was_seen THEN kidoban.change_shown(%3$L, x.was, $1) END AS shown) b
       CROSS JOIN LATERAL (SELECT kidoban.change_shown(%3$L, x.is_, $1) AS shown) a
       ORDER BY x.id$q$, kidoban.change_source((kidoban.change_tables())[i]), i, (kidoban.change_tables())[i])
      USING act.id, CASE WHEN i = after_table THEN after_id ELSE 0 END, left_;
    GET DIAGNOSTICS n = ROW_COUNT;
    left_ := left_ - n;
  END LOOP;
END $$;

-- One change set, or no row when it is not there or nothing of it is in scope: then no other is looked into.
CREATE FUNCTION api.change_set(wanted int8)
RETURNS TABLE (revision int8, at timestamptz, operator_id int4, operator_name text, origin text, kind text, comment text, counts jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT s.* FROM api.change_sets(NULL, NULL, NULL, NULL, NULL, NULL, wanted + 1, 1, 0) s WHERE s.revision = wanted AND s.kind IS NOT NULL
$$;
