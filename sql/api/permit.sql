-- Permits (C-6): granted, changed, taken away. Who grants needs the person in scope and every gate that the grant reaches.

-- Refuses what the caller may not grant, naming it; what is not in scope is not there.
CREATE OR REPLACE FUNCTION permit_target_check(gate int4, gate_group int4) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF num_nonnulls(gate, gate_group) <> 1 THEN
    RAISE EXCEPTION 'a permit is for a gate or for a gate group' USING ERRCODE = 'KD007', COLUMN = 'gate', HINT = 'conflicting';
  END IF;
  -- gate_names asks for scope only: granting is not watching, so the right to gates is not needed.
  IF gate IS NOT NULL AND NOT EXISTS (SELECT FROM kidoban.gate_names(ARRAY[least(gate, 32767)::int2]) n WHERE n.id = gate AND NOT n.deleted) THEN
    RAISE EXCEPTION 'the gate is not there' USING ERRCODE = 'KD007', COLUMN = 'gate', HINT = 'not_found';
  END IF;
  IF gate_group IS NULL OR gate_group = ANY (kidoban.current_gate_groups(true)) THEN
    RETURN;
  END IF;
  IF gate_group = ANY (kidoban.current_gate_groups(false)) THEN
    RAISE EXCEPTION 'this gate group has gates outside your management groups'
      USING ERRCODE = 'KD004', COLUMN = 'gate_group', HINT = 'partly_out_of_scope';
  END IF;
  RAISE EXCEPTION 'the gate group is not there' USING ERRCODE = 'KD007', COLUMN = 'gate_group', HINT = 'not_found';
END $$;

-- grants: [{"gate" or "gate_group", "pass_level", "valid_from", "valid_to"}]. The same grant with another level takes that level; what is
-- there already is not written again. Answers the cardholders that got something.
CREATE OR REPLACE FUNCTION permits_add(cardholders int4[], grants jsonb) RETURNS int4[]
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  got  int4[] := '{}';
  more int4[];
  g    record;
BEGIN
  FOR g IN SELECT * FROM jsonb_to_recordset(grants) AS x(gate int4, gate_group int4, pass_level int2, valid_from timestamptz, valid_to timestamptz) LOOP
    PERFORM kidoban.permit_target_check(g.gate, g.gate_group);
    WITH wanted AS (SELECT unnest(cardholders) AS cardholder_id),
    level AS (
      UPDATE permit p SET pass_level = coalesce(g.pass_level, 1)
        FROM wanted w
       WHERE p.cardholder_id = w.cardholder_id AND p.gate_id IS NOT DISTINCT FROM g.gate
         AND p.gate_group_id IS NOT DISTINCT FROM g.gate_group AND p.valid_from IS NOT DISTINCT FROM g.valid_from
         AND p.valid_to IS NOT DISTINCT FROM g.valid_to AND p.pass_level <> coalesce(g.pass_level, 1)
      RETURNING p.cardholder_id),
    fresh AS (
      INSERT INTO permit (cardholder_id, gate_id, gate_group_id, pass_level, valid_from, valid_to)
      SELECT w.cardholder_id, g.gate, g.gate_group, coalesce(g.pass_level, 1), g.valid_from, g.valid_to FROM wanted w
      ON CONFLICT ON CONSTRAINT permit_once DO NOTHING
      RETURNING cardholder_id)
    SELECT array_agg(cardholder_id) INTO more FROM (SELECT cardholder_id FROM level UNION SELECT cardholder_id FROM fresh) x;
    got := got || coalesce(more, '{}');
  END LOOP;
  RETURN got;
END $$;

-- targets: [{"gate" or "gate_group"}]: every permit for exactly that target.
CREATE OR REPLACE FUNCTION permits_remove(cardholders int4[], targets jsonb) RETURNS int4[]
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  lost int4[] := '{}';
  more int4[];
  t    record;
BEGIN
  FOR t IN SELECT * FROM jsonb_to_recordset(targets) AS x(gate int4, gate_group int4) LOOP
    PERFORM kidoban.permit_target_check(t.gate, t.gate_group);
    WITH gone AS (
      DELETE FROM permit p
       WHERE p.cardholder_id = ANY (cardholders) AND p.gate_id IS NOT DISTINCT FROM t.gate
         AND p.gate_group_id IS NOT DISTINCT FROM t.gate_group
      RETURNING p.cardholder_id)
    SELECT array_agg(cardholder_id) INTO more FROM gone;
    lost := lost || coalesce(more, '{}');
  END LOOP;
  RETURN lost;
END $$;

-- Permits of a cardholder, at a gate or through a group, the names of gates of others included (without them a person's permits
-- would look fewer than they are); editable: all its gates are in scope. In order of id, after that one.
CREATE FUNCTION api.permits_list(cardholder int4, gate int4, gate_group int4, ids int4[], after int4, most int4)
RETURNS TABLE (id int4, cardholder_id int4, employee_number text, name text, gate_id int4, gate_name text, gate_group_id int4,
               gate_group_name text, pass_level int2, valid_from timestamptz, valid_to timestamptz, editable bool, revision int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  everyone bool := kidoban.sees_all_departments();
  scope    int4[] := CASE WHEN NOT everyone THEN kidoban.current_department_scope() END;
  gates    int2[] := kidoban.current_gates();
  whole    int4[] := kidoban.current_gate_groups(true);
BEGIN
  IF NOT kidoban.may_view('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  RETURN QUERY
    SELECT p.id, p.cardholder_id, c.employee_number, c.name, p.gate_id, g.name, p.gate_group_id, y.name, p.pass_level,
           p.valid_from, p.valid_to, coalesce(p.gate_id = ANY (gates), p.gate_group_id = ANY (whole)), s.revision
      FROM permit p
      JOIN cardholder c ON c.id = p.cardholder_id
      JOIN change_set s ON s.id = p.from_cs
      LEFT JOIN gate g ON g.id = p.gate_id
      LEFT JOIN gate_group y ON y.id = p.gate_group_id
     WHERE (permits_list.cardholder IS NULL OR p.cardholder_id = permits_list.cardholder)
       AND (permits_list.gate IS NULL OR (p.gate_id = permits_list.gate AND permits_list.gate = ANY (gates)))
       AND (permits_list.gate_group IS NULL OR p.gate_group_id = permits_list.gate_group)
       AND (permits_list.ids IS NULL OR p.id = ANY (permits_list.ids))
       AND p.id > after AND (everyone OR c.department_id = ANY (scope))
     ORDER BY p.id LIMIT most;
END $$;

-- Grants to each of cardholders and answers the permits, those that were there already too.
CREATE FUNCTION api.permits_create(cardholders int4[], "grant" jsonb) RETURNS int4[]
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  wanted  int4[] := ARRAY(SELECT DISTINCT c FROM unnest(cardholders) c ORDER BY 1);
  g       record;
  granted int4[];
BEGIN
  IF NOT kidoban.may_edit('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM api.change_begin('permit.create', '');
  IF (SELECT count(*) FROM cardholder c WHERE c.id = ANY (wanted)) <> cardinality(wanted) THEN
    RAISE EXCEPTION 'a cardholder is not there' USING ERRCODE = 'KD007', COLUMN = 'cardholders', HINT = 'not_found';
  END IF;
  PERFORM kidoban.permits_add(wanted, jsonb_build_array("grant"));
  SELECT * INTO g FROM jsonb_to_record("grant") AS x(gate int4, gate_group int4, valid_from timestamptz, valid_to timestamptz);
  granted := ARRAY(SELECT p.id FROM permit p
                    WHERE p.cardholder_id = ANY (wanted) AND p.gate_id IS NOT DISTINCT FROM g.gate
                      AND p.gate_group_id IS NOT DISTINCT FROM g.gate_group AND p.valid_from IS NOT DISTINCT FROM g.valid_from
                      AND p.valid_to IS NOT DISTINCT FROM g.valid_to ORDER BY p.id);
  PERFORM api.change_end();
  RETURN granted;
END $$;

CREATE OR REPLACE FUNCTION permit_lock(permit int4, if_match int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  p record;
BEGIN
  IF NOT kidoban.may_edit('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  SELECT x.gate_id, x.gate_group_id INTO p FROM permit x WHERE x.id = permit_lock.permit;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the permit is not there' USING ERRCODE = 'KD003';
  END IF;
  PERFORM FROM permit x WHERE x.id = permit_lock.permit FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this permit reaches gates outside your management groups' USING ERRCODE = 'KD004';
  END IF;
  IF (SELECT s.revision FROM permit x JOIN change_set s ON s.id = x.from_cs WHERE x.id = permit_lock.permit) <> if_match THEN
    RAISE EXCEPTION 'the permit was changed since' USING ERRCODE = 'KD001';
  END IF;
END $$;

CREATE FUNCTION api.permit_update(permit int4, if_match int8, change jsonb) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('permit.update', '');
  PERFORM kidoban.permit_lock(permit_update.permit, if_match);
  WITH fresh AS (
    SELECT p.id, coalesce((change ->> 'pass_level')::int2, p.pass_level) AS pass_level,
           CASE WHEN change ? 'valid_from' THEN (change ->> 'valid_from')::timestamptz ELSE p.valid_from END AS valid_from,
           CASE WHEN change ? 'valid_to' THEN (change ->> 'valid_to')::timestamptz ELSE p.valid_to END AS valid_to
      FROM permit p WHERE p.id = permit_update.permit)
  UPDATE permit p SET pass_level = f.pass_level, valid_from = f.valid_from, valid_to = f.valid_to
    FROM fresh f
   WHERE p.id = f.id AND (p.pass_level, p.valid_from, p.valid_to) IS DISTINCT FROM (f.pass_level, f.valid_from, f.valid_to);
  RETURN api.change_end();
END $$;

CREATE FUNCTION api.permit_delete(permit int4, if_match int8) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('permit.delete', '');
  PERFORM kidoban.permit_lock(permit_delete.permit, if_match);
  DELETE FROM permit p WHERE p.id = permit_delete.permit;
  RETURN api.change_end();
END $$;

-- Card numbers with letters whose holders have a permit at a vein gate, which reads digits only (DOMAIN 3). The first hundred.
CREATE FUNCTION api.permit_warnings(cardholders int4[])
RETURNS TABLE (code text, cardholder_id int4, name text, card_number text, gate_id int4, gate_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT 'letters_at_vein_gate', c.id, c.name, k.card_number, g.id, g.name
      FROM credential k
      JOIN cardholder c ON c.id = k.cardholder_id
      JOIN LATERAL (SELECT p.gate_id FROM permit p WHERE p.cardholder_id = c.id AND p.gate_id IS NOT NULL
                    UNION
                    SELECT m.gate_id FROM permit p JOIN gate_group_member m ON m.gate_group_id = p.gate_group_id
                     WHERE p.cardholder_id = c.id) reached ON true
      JOIN gate g ON g.id = reached.gate_id AND 'vein' IN (g.entry_reader, g.exit_reader)
     WHERE k.cardholder_id = ANY (cardholders) AND k.card_number ~ '[^0-9]' AND NOT k.lost
       AND kidoban.may_view('cardholders')
       AND (kidoban.sees_all_departments() OR c.department_id = ANY (kidoban.current_department_scope()))
     ORDER BY c.id, g.id LIMIT 100;
END $$;
