-- Changing a gate from its list or detail pane (G-4), and the buildings that gates stand in.

-- Buildings of gates in scope, and how many in each: to filter by, for who sees gates or only their history.
CREATE FUNCTION api.buildings() RETURNS TABLE (building text, gates int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  everything bool := kidoban.views_all_gates('gates', 'history');
  scope      int4[] := CASE WHEN NOT everything THEN kidoban.groups_for('gates', 'history') END;
BEGIN
  RETURN QUERY SELECT g.building, count(*) FROM gate g WHERE everything OR g.management_group_id = ANY (scope) GROUP BY 1 ORDER BY 1;
END $$;

-- Changes what is not null; if_match is the revision that the caller has seen. Answers the new revision.
-- KD003 not there or out of scope, KD001 changed by somebody since.
CREATE FUNCTION api.gate_update(gate_id int4, if_match int8, name text, building text, place text, management_group int4)
RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  seen int8;
BEGIN
  IF NOT kidoban.may_edit('gates') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM api.change_begin('gate.update', '');
  PERFORM FROM gate g WHERE g.id = gate_update.gate_id FOR UPDATE;
  SELECT c.revision INTO seen FROM gate_current c WHERE c.id = gate_update.gate_id;
  IF seen IS NULL THEN
    RAISE EXCEPTION 'the gate is not there' USING ERRCODE = 'KD003';
  END IF;
  IF seen <> if_match THEN
    RAISE EXCEPTION 'the gate was changed since' USING ERRCODE = 'KD001';
  END IF;
  IF management_group IS NOT NULL AND NOT EXISTS (SELECT FROM management_group m WHERE m.id = gate_update.management_group) THEN
    RAISE EXCEPTION 'the management group is not there' USING ERRCODE = 'KD007', COLUMN = 'management_group';
  END IF;
  UPDATE gate g
     SET name = coalesce(gate_update.name, g.name), building = coalesce(gate_update.building, g.building),
         place = coalesce(gate_update.place, g.place),
         management_group_id = coalesce(gate_update.management_group, g.management_group_id)
   WHERE g.id = gate_update.gate_id;
  RETURN api.change_end();
END $$;
