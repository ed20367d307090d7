-- Undo (DESIGN 1): the inverse of one change set as another. Needs right and scope over every row; what was changed since is named,
-- and skipped only when that is asked for.

-- The right that a table's rows need, and the condition on a row x for being in scope. Null: can not be undone here.
CREATE OR REPLACE FUNCTION undo_rule(tab text, OUT needs text, OUT scope text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  departments text := CASE WHEN kidoban.sees_all_departments() THEN 'true' ELSE format('%%s = ANY (%L::int4[])', kidoban.current_department_scope()) END;
  gates       text := CASE WHEN kidoban.sees_all_gates() THEN 'true' ELSE format('x.gate_id = ANY (%L::int2[])', kidoban.current_gates()) END;
  groups      text := CASE WHEN kidoban.sees_all_gates() THEN 'true' ELSE format('%%s = ANY (%L::int4[])', kidoban.current_gate_groups(true)) END;
  holder      text;
BEGIN
  holder := CASE WHEN departments = 'true' THEN 'true' ELSE
    'coalesce((SELECT ' || format(departments, 'c.department_id') || ' FROM kidoban.cardholder_version c WHERE c.id = x.cardholder_id'
    || ' ORDER BY c.to_cs DESC NULLS FIRST LIMIT 1), false)' END;
  needs := CASE tab WHEN 'department' THEN 'departments' WHEN 'management_group' THEN 'management_groups'
    WHEN 'gate_group' THEN 'gates' WHEN 'gate_group_member' THEN 'gates'
    WHEN 'cardholder' THEN 'cardholders' WHEN 'credential' THEN 'cardholders' WHEN 'permit' THEN 'cardholders' END;
  scope := CASE tab WHEN 'department' THEN format(departments, 'coalesce(x.parent_id, x.id)')
    WHEN 'management_group' THEN CASE WHEN kidoban.sees_all_gates() THEN 'true' ELSE 'false' END
    WHEN 'gate_group' THEN format(groups, 'x.id') WHEN 'gate_group_member' THEN gates
    WHEN 'cardholder' THEN format(departments, 'x.department_id') WHEN 'credential' THEN holder
    WHEN 'permit' THEN holder || ' AND ' || CASE WHEN kidoban.sees_all_gates() THEN 'true' ELSE
      '(' || gates || ' OR ' || format(groups, 'x.gate_group_id') || ')' END END;
END $$;

-- What must not be touched: rows that another act wrote or took away since; and persons who got something since.
CREATE OR REPLACE FUNCTION undo_changed_since(cs int8, tab text) RETURNS SETOF int4
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'SELECT x.id FROM kidoban.%1$I x WHERE x.from_cs <> $1 AND EXISTS (SELECT FROM kidoban.%2$I p WHERE p.id = x.id AND (p.to_cs = $1 OR p.from_cs = $1))'
    ' UNION SELECT p.id FROM kidoban.%2$I p WHERE p.from_cs = $1 AND p.to_cs <> $1', tab, tab || '_past') USING cs;
  IF tab = 'cardholder' THEN    -- who came by that act and has a card or a permit by another
    RETURN QUERY SELECT c.id FROM cardholder c
      WHERE c.from_cs = cs AND NOT EXISTS (SELECT FROM cardholder_past p WHERE p.id = c.id)
        AND (EXISTS (SELECT FROM credential k WHERE k.cardholder_id = c.id AND k.from_cs <> cs)
             OR EXISTS (SELECT FROM permit p WHERE p.cardholder_id = c.id AND p.from_cs <> cs));
  ELSIF tab = 'department' THEN
    RETURN QUERY SELECT d.id FROM department d
      WHERE d.from_cs = cs AND NOT EXISTS (SELECT FROM department_past p WHERE p.id = d.id)
        AND (EXISTS (SELECT FROM cardholder c WHERE c.department_id = d.id AND c.from_cs <> cs)
             OR EXISTS (SELECT FROM department o WHERE o.parent_id = d.id AND o.from_cs <> cs));
  END IF;
END $$;

-- The columns of a versioned table besides id and from_cs.
CREATE OR REPLACE FUNCTION undo_columns(tab text, before text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT string_agg(before || quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
   WHERE attrelid = format('kidoban.%I', tab)::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('id', 'from_cs')
$$;

CREATE FUNCTION api.change_undo(wanted int8, skip_changed bool) RETURNS TABLE (revision int8, skipped json)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  old    change_set;
  parent text[] := '{management_group,department,gate_group,gate_group_member,cardholder,credential,permit}';
  tab    text;
  rule   record;
  kept   jsonb := '{}';
  ids    int4[];
  out_of bool;
BEGIN
  SELECT * INTO old FROM change_set c WHERE c.revision = wanted;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the change set is not there' USING ERRCODE = 'KD003';
  END IF;
  IF cardinality(old.touched) = 0 OR NOT old.touched <@ parent OR old.origin = 'install' THEN
    RAISE EXCEPTION 'this can not be undone' USING ERRCODE = 'KD006', HINT = 'not_undoable';
  END IF;
  PERFORM set_config('lock_timeout', '10s', true);
  LOCK TABLE department, cardholder, credential, permit, gate_group, gate_group_member, management_group IN SHARE ROW EXCLUSIVE MODE;
  FOREACH tab IN ARRAY old.touched LOOP
    SELECT * INTO rule FROM kidoban.undo_rule(tab);
    IF NOT kidoban.may_edit(rule.needs) OR (old.origin IN ('import', 'hr') AND tab = 'cardholder' AND NOT kidoban.may_edit('cardholder_import')) THEN
      RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM kidoban.%I x WHERE x.from_cs = $1 AND NOT coalesce(%s, false))'
                   ' OR EXISTS (SELECT FROM kidoban.%I x WHERE (x.to_cs = $1 OR x.from_cs = $1) AND NOT coalesce(%s, false))',
                   tab, rule.scope, tab || '_past', rule.scope) INTO out_of USING old.id;
    IF out_of THEN
      RAISE EXCEPTION 'a part of it is out of your scope' USING ERRCODE = 'KD004', HINT = 'partly_out_of_scope';
    END IF;
    ids := ARRAY(SELECT DISTINCT u FROM kidoban.undo_changed_since(old.id, tab) u ORDER BY u);
    IF cardinality(ids) > 0 THEN
      kept := kept || jsonb_build_object(tab, ids);
    END IF;
  END LOOP;
  IF kept <> '{}' AND NOT coalesce(skip_changed, false) THEN
    RAISE EXCEPTION 'something was changed since' USING ERRCODE = 'KD006', HINT = 'changed_since', DETAIL = left(kept::text, 250);
  END IF;
  PERFORM api.change_begin('undo', wanted::text);
  -- What came goes, children first; then what was changed or taken away comes again, parents first.
  FOR n IN REVERSE 7 .. 1 LOOP
    IF old.touched @> ARRAY[parent[n]] THEN
      EXECUTE format('DELETE FROM kidoban.%1$I x WHERE x.from_cs = $1 AND NOT x.id = ANY ($2)'
                     ' AND NOT EXISTS (SELECT FROM kidoban.%2$I p WHERE p.id = x.id AND p.to_cs = $1)', parent[n], parent[n] || '_past')
        USING old.id, kidoban.undo_ids(kept, parent[n]);
    END IF;
  END LOOP;
  FOR n IN 1 .. 7 LOOP
    IF old.touched @> ARRAY[parent[n]] THEN
      EXECUTE format('UPDATE kidoban.%1$I x SET (%3$s) = ROW(%4$s) FROM kidoban.%2$I p WHERE p.id = x.id AND p.to_cs = $1 AND x.from_cs = $1'
                     ' AND NOT x.id = ANY ($2)', parent[n], parent[n] || '_past', kidoban.undo_columns(parent[n], ''), kidoban.undo_columns(parent[n], 'p.'))
        USING old.id, kidoban.undo_ids(kept, parent[n]);
      EXECUTE format('INSERT INTO kidoban.%1$I (id, %3$s) SELECT p.id, %4$s FROM kidoban.%2$I p WHERE p.to_cs = $1 AND NOT p.id = ANY ($2)'
                     ' AND NOT EXISTS (SELECT FROM kidoban.%1$I x WHERE x.id = p.id)',
                     parent[n], parent[n] || '_past', kidoban.undo_columns(parent[n], ''), kidoban.undo_columns(parent[n], 'p.'))
        USING old.id, kidoban.undo_ids(kept, parent[n]);
    END IF;
  END LOOP;
  skipped := kept::json;
  revision := api.change_end();
  RETURN NEXT;
END $$;

CREATE OR REPLACE FUNCTION undo_ids(kept jsonb, tab text) RETURNS int4[]
LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY(SELECT jsonb_array_elements_text(coalesce(kept -> tab, '[]'))::int4)
$$;
