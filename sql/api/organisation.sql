-- Management groups (O-1), departments (O-2) and gate groups (G-5): added, changed, deleted. INVOKER unless said; each act is one
-- change set. What is still in use is not deleted: KD006 with the hint in_use.

-- --- departments --------------------------------------------------------------------------------------------------------

CREATE FUNCTION api.department_create(parent int4, code text, name text) RETURNS int4
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  fresh int4;
BEGIN
  IF NOT kidoban.may_edit('departments') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM api.change_begin('department.create', '');
  IF parent IS NOT NULL AND NOT EXISTS (SELECT FROM department d WHERE d.id = parent) THEN
    RAISE EXCEPTION 'the department above is not there' USING ERRCODE = 'KD007', COLUMN = 'parent', HINT = 'not_found';
  END IF;
  -- Not RETURNING: the new row is in nobody's scope before the statement ends.
  fresh := nextval(pg_get_serial_sequence('kidoban.department', 'id'));
  INSERT INTO department (id, parent_id, code, name) VALUES (fresh, parent, department_create.code, department_create.name);
  PERFORM api.change_end();
  RETURN fresh;
END $$;

CREATE OR REPLACE FUNCTION department_lock(department int4, if_match int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_edit('departments') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM FROM department d WHERE d.id = department_lock.department FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the department is not there' USING ERRCODE = 'KD003';
  END IF;
  IF (SELECT c.revision FROM department_current c WHERE c.id = department_lock.department) <> if_match THEN
    RAISE EXCEPTION 'the department was changed since' USING ERRCODE = 'KD001';
  END IF;
END $$;

-- change: "code", "name", "parent" (null: to the top). A ring or a sixth level is found when the act ends.
CREATE FUNCTION api.department_update(department int4, if_match int8, change jsonb) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  parent int4 := (change ->> 'parent')::int4;
BEGIN
  PERFORM api.change_begin('department.update', '');
  PERFORM kidoban.department_lock(department_update.department, if_match);
  IF parent IS NOT NULL AND NOT EXISTS (SELECT FROM department d WHERE d.id = parent) THEN
    RAISE EXCEPTION 'the department above is not there' USING ERRCODE = 'KD007', COLUMN = 'parent', HINT = 'not_found';
  END IF;
  IF parent = department_update.department THEN
    RAISE EXCEPTION 'a department can not be below itself' USING ERRCODE = 'KD007', COLUMN = 'parent', HINT = 'ring';
  END IF;
  WITH fresh AS (
    SELECT d.id, coalesce(change ->> 'code', d.code) AS code, coalesce(change ->> 'name', d.name) AS name,
           CASE WHEN change ? 'parent' THEN parent ELSE d.parent_id END AS parent_id
      FROM department d WHERE d.id = department_update.department)
  UPDATE department d SET code = f.code, name = f.name, parent_id = f.parent_id
    FROM fresh f
   WHERE d.id = f.id AND (d.code, d.name, d.parent_id) IS DISTINCT FROM (f.code, f.name, f.parent_id);
  RETURN api.change_end();
END $$;

CREATE FUNCTION api.department_delete(department int4, if_match int8) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('department.delete', '');
  PERFORM kidoban.department_lock(department_delete.department, if_match);
  BEGIN
    DELETE FROM department d WHERE d.id = department_delete.department;
  EXCEPTION WHEN foreign_key_violation THEN
    RAISE EXCEPTION 'the department still has departments below it or cardholders' USING ERRCODE = 'KD006', HINT = 'in_use';
  END;
  RETURN api.change_end();
END $$;

-- --- management groups --------------------------------------------------------------------------------------------------

CREATE FUNCTION api.management_group_create(name text, note text) RETURNS int4
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  fresh int4;
BEGIN
  IF NOT kidoban.may_edit('management_groups') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM api.change_begin('management_group.create', '');
  fresh := nextval(pg_get_serial_sequence('kidoban.management_group', 'id'));
  INSERT INTO management_group (id, name, note)
  VALUES (fresh, management_group_create.name, coalesce(management_group_create.note, ''));
  PERFORM api.change_end();
  RETURN fresh;
END $$;

CREATE OR REPLACE FUNCTION management_group_lock(management_group int4, if_match int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_edit('management_groups') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM FROM management_group m WHERE m.id = management_group_lock.management_group FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the management group is not there' USING ERRCODE = 'KD003';
  END IF;
  IF (SELECT c.revision FROM management_group_current c WHERE c.id = management_group_lock.management_group) <> if_match THEN
    RAISE EXCEPTION 'the management group was changed since' USING ERRCODE = 'KD001';
  END IF;
END $$;

CREATE FUNCTION api.management_group_update(management_group int4, if_match int8, change jsonb) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('management_group.update', '');
  PERFORM kidoban.management_group_lock(management_group_update.management_group, if_match);
  UPDATE management_group m SET name = coalesce(change ->> 'name', m.name), note = coalesce(change ->> 'note', m.note)
   WHERE m.id = management_group_update.management_group
     AND (m.name, m.note) IS DISTINCT FROM (coalesce(change ->> 'name', m.name), coalesce(change ->> 'note', m.note));
  RETURN api.change_end();
END $$;

CREATE FUNCTION api.management_group_delete(management_group int4, if_match int8) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('management_group.delete', '');
  PERFORM kidoban.management_group_lock(management_group_delete.management_group, if_match);
  BEGIN
    DELETE FROM management_group m WHERE m.id = management_group_delete.management_group;
  EXCEPTION WHEN foreign_key_violation THEN
    RAISE EXCEPTION 'the management group still has gates' USING ERRCODE = 'KD006', HINT = 'in_use';
  END;
  RETURN api.change_end();
END $$;

-- --- gate groups --------------------------------------------------------------------------------------------------------

-- Largest revision of the group and its members, those taken out included: the ETag.
CREATE OR REPLACE FUNCTION gate_group_revision(gate_group int4) RETURNS int8
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT max(s.revision) FROM change_set s
   WHERE s.id = ANY (ARRAY(SELECT y.from_cs FROM gate_group y WHERE y.id = gate_group
                           UNION ALL SELECT m.from_cs FROM gate_group_member m WHERE m.gate_group_id = gate_group
                           UNION ALL SELECT m.to_cs FROM gate_group_member_past m WHERE m.gate_group_id = gate_group))
$$;

-- Gate groups in scope; wanted null: all. gates: members in scope, as JSON; editable: no member is out of scope.
CREATE FUNCTION api.gate_groups(wanted int4)
RETURNS TABLE (id int4, name text, gate_count int4, gates json, editable bool, revision int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  seen  int4[] := kidoban.current_gate_groups(false);
  whole int4[] := kidoban.current_gate_groups(true);
  mine  int2[] := kidoban.current_gates();
BEGIN
  IF NOT kidoban.may_view('gates', 'cardholders', 'history') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  RETURN QUERY
    SELECT y.id, y.name, coalesce(x.count, 0), coalesce(x.gates, '[]'), y.id = ANY (whole), kidoban.gate_group_revision(y.id)
      FROM gate_group y
      LEFT JOIN LATERAL (SELECT count(*)::int4 AS count,
                                json_agg(json_build_object('id', g.id, 'name', g.name) ORDER BY g.name, g.id) AS gates
                           FROM gate_group_member m JOIN gate g ON g.id = m.gate_id
                          WHERE m.gate_group_id = y.id AND m.gate_id = ANY (mine)) x ON true
     WHERE y.id = ANY (seen) AND (wanted IS NULL OR y.id = wanted)
     ORDER BY y.name, y.id;
END $$;

CREATE OR REPLACE FUNCTION gate_group_lock(gate_group int4, if_match int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_edit('gates') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  IF NOT gate_group = ANY (kidoban.current_gate_groups(false)) THEN
    RAISE EXCEPTION 'the gate group is not there' USING ERRCODE = 'KD003';
  END IF;
  PERFORM FROM gate_group y WHERE y.id = gate_group_lock.gate_group FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this gate group has gates outside your management groups' USING ERRCODE = 'KD004';
  END IF;
  IF if_match IS NOT NULL AND kidoban.gate_group_revision(gate_group) <> if_match THEN
    RAISE EXCEPTION 'the gate group was changed since' USING ERRCODE = 'KD001';
  END IF;
END $$;

-- Makes these the group's members. What stays is not written again.
CREATE OR REPLACE FUNCTION gate_group_members(gate_group int4, gates int4[]) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT unnest(gates) EXCEPT SELECT n.id FROM kidoban.gate_names(ARRAY(SELECT least(x, 32767)::int2 FROM unnest(gates) x)) n
                                          WHERE NOT n.deleted) THEN
    RAISE EXCEPTION 'a gate is not there' USING ERRCODE = 'KD007', COLUMN = 'gates', HINT = 'not_found';
  END IF;
  DELETE FROM gate_group_member m WHERE m.gate_group_id = gate_group AND NOT m.gate_id = ANY (gates);
  INSERT INTO gate_group_member (gate_group_id, gate_id)
  SELECT DISTINCT gate_group, x FROM unnest(gates) x ON CONFLICT ON CONSTRAINT gate_group_member_once DO NOTHING;
END $$;

CREATE FUNCTION api.gate_group_create(name text, gates int4[]) RETURNS int4
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  fresh int4;
BEGIN
  IF NOT kidoban.may_edit('gates') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM api.change_begin('gate_group.create', '');
  fresh := nextval(pg_get_serial_sequence('kidoban.gate_group', 'id'));
  INSERT INTO gate_group (id, name) VALUES (fresh, gate_group_create.name);
  PERFORM kidoban.gate_group_members(fresh, coalesce(gates, '{}'));
  PERFORM api.change_end();
  RETURN fresh;
END $$;

CREATE FUNCTION api.gate_group_update(gate_group int4, if_match int8, change jsonb) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('gate_group.update', '');
  PERFORM kidoban.gate_group_lock(gate_group_update.gate_group, if_match);
  UPDATE gate_group y SET name = change ->> 'name' WHERE y.id = gate_group_update.gate_group AND y.name <> change ->> 'name';
  RETURN api.change_end();
END $$;

CREATE FUNCTION api.gate_group_gates(gate_group int4, if_match int8, gates int4[]) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('gate_group.gates', '');
  PERFORM kidoban.gate_group_lock(gate_group_gates.gate_group, if_match);
  PERFORM kidoban.gate_group_members(gate_group_gates.gate_group, gates);
  RETURN api.change_end();
END $$;

-- Permits through the group end with it, whoever's they are: it is the gates that one needs to have in scope.
CREATE OR REPLACE FUNCTION gate_group_permits_end(gate_group int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_edit('gates') OR NOT gate_group = ANY (kidoban.current_gate_groups(true)) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  DELETE FROM permit p WHERE p.gate_group_id = gate_group;
END $$;

CREATE FUNCTION api.gate_group_delete(gate_group int4, if_match int8) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('gate_group.delete', '');
  PERFORM kidoban.gate_group_lock(gate_group_delete.gate_group, if_match);
  PERFORM kidoban.gate_group_permits_end(gate_group_delete.gate_group);
  DELETE FROM gate_group_member m WHERE m.gate_group_id = gate_group_delete.gate_group;
  DELETE FROM gate_group y WHERE y.id = gate_group_delete.gate_group;
  RETURN api.change_end();
END $$;

-- Who would gain or lose what when these were the group's gates: for each gate that comes or goes, how many cardholders have
-- no other permit for it. Counts everybody, also outside the caller's departments: numbers only.
CREATE FUNCTION api.gate_group_preview(gate_group int4, gates int4[])
RETURNS TABLE (gains bool, gate_id int4, name text, cardholders int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF NOT kidoban.may_edit('gates') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  IF NOT gate_group_preview.gate_group = ANY (kidoban.current_gate_groups(false)) THEN
    RAISE EXCEPTION 'the gate group is not there' USING ERRCODE = 'KD003';
  END IF;
  IF NOT gate_group_preview.gate_group = ANY (kidoban.current_gate_groups(true)) THEN
    RAISE EXCEPTION 'this gate group has gates outside your management groups' USING ERRCODE = 'KD004';
  END IF;
  IF EXISTS (SELECT unnest(gates) EXCEPT SELECT g.id FROM gate g WHERE g.id = ANY (kidoban.current_gates())) THEN
    RAISE EXCEPTION 'a gate is not there' USING ERRCODE = 'KD007', COLUMN = 'gates', HINT = 'not_found';
  END IF;
  RETURN QUERY
    WITH has AS (SELECT m.gate_id AS id FROM gate_group_member m WHERE m.gate_group_id = gate_group_preview.gate_group),
    shall AS (SELECT DISTINCT unnest(gates) AS id),
    moved AS (SELECT id, true AS gains FROM (SELECT id FROM shall EXCEPT SELECT id FROM has) x
              UNION ALL SELECT id, false FROM (SELECT id FROM has EXCEPT SELECT id FROM shall) x),
    holder AS MATERIALIZED (SELECT DISTINCT p.cardholder_id AS id FROM permit p WHERE p.gate_group_id = gate_group_preview.gate_group)
    SELECT v.gains, v.id, g.name,
           ((SELECT count(*) FROM holder)
            - (SELECT count(DISTINCT p.cardholder_id)
                 FROM (SELECT o.cardholder_id FROM permit o WHERE o.gate_id = v.id
                       UNION ALL
                       SELECT o.cardholder_id FROM gate_group_member m JOIN permit o ON o.gate_group_id = m.gate_group_id
                        WHERE m.gate_id = v.id AND m.gate_group_id <> gate_group_preview.gate_group) p
                WHERE p.cardholder_id IN (SELECT id FROM holder)))::int4
      FROM moved v JOIN gate g ON g.id = v.id ORDER BY v.gains DESC, g.name, v.id;
END $$;
