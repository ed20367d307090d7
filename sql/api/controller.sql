-- Controllers with their gates: added, changed, deleted (G-1). INVOKER unless said; each act is one change set. Needs edit of gates and of
-- system administration both.

CREATE OR REPLACE FUNCTION controller_right() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT (kidoban.may_edit('gates') AND kidoban.may_edit('system_administration')) THEN
    RAISE EXCEPTION 'controllers are added, changed and deleted with the rights to edit gates and system administration' USING ERRCODE = 'KD004';
  END IF;
END $$;

-- Doors that a controller of this driver and serial number can have: our own say it themselves, a UHPPOTE board by its first digit.
CREATE OR REPLACE FUNCTION controller_doors(driver text, serial text) RETURNS int4[]
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT CASE WHEN driver = 'kidoban' THEN ARRAY[1, 2, 3, 4, 5, 6, 7, 8]
              WHEN serial ~ '^1[0-9]{8}$' THEN ARRAY[1]
              WHEN serial ~ '^2[0-9]{8}$' THEN ARRAY[1, 2]
              WHEN serial ~ '^4[0-9]{8}$' THEN ARRAY[1, 2, 3, 4] END
$$;

-- What is wrong with what somebody typed, where a CHECK could not say it in words.
CREATE OR REPLACE FUNCTION controller_check(driver text, serial text, address text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
DECLARE
  at inet;
BEGIN
  IF driver = 'uhppote' AND kidoban.controller_doors(driver, serial) IS NULL THEN
    RAISE EXCEPTION 'a board''s serial number has nine digits and begins with 1, 2 or 4, the number of its doors'
      USING ERRCODE = 'KD007', COLUMN = 'serial', HINT = 'malformed';
  END IF;
  IF driver = 'kidoban' AND serial !~ '^[0-9a-f]{16}$' THEN
    RAISE EXCEPTION 'the serial number has 16 digits of 0-9 and a-f' USING ERRCODE = 'KD007', COLUMN = 'serial', HINT = 'malformed';
  END IF;
  BEGIN
    at := address::inet;
  EXCEPTION WHEN invalid_text_representation THEN
    at := NULL;
  END;
  IF at IS NULL OR address ~ '/' OR (driver = 'uhppote' AND family(at) <> 4) THEN
    RAISE EXCEPTION 'not an address of one controller' USING ERRCODE = 'KD007', COLUMN = 'address', HINT = 'malformed';
  END IF;
END $$;

-- controller: name, driver, serial, address, port or null; gates: [{door, name, management_group, building, place, entry_reader,
-- exit_reader, door_sensor}].
CREATE FUNCTION api.controller_create(controller jsonb, gates jsonb) RETURNS int4
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  driver text := controller ->> 'driver';
  serial text := controller ->> 'serial';
  fresh  int4;
BEGIN
  PERFORM kidoban.controller_right();
  PERFORM kidoban.controller_check(driver, serial, controller ->> 'address');
  PERFORM api.change_begin('controller.create', '');
  IF EXISTS (SELECT FROM jsonb_array_elements(gates) g WHERE NOT (g ->> 'door')::int4 = ANY (kidoban.controller_doors(driver, serial))) THEN
    RAISE EXCEPTION 'the controller does not have that door' USING ERRCODE = 'KD007', COLUMN = 'gates', HINT = 'out_of_range';
  END IF;
  IF EXISTS (SELECT FROM jsonb_array_elements(gates) g GROUP BY g ->> 'door' HAVING count(*) > 1) THEN
    RAISE EXCEPTION 'a door is there twice' USING ERRCODE = 'KD007', COLUMN = 'gates', HINT = 'repeated';
  END IF;
  IF EXISTS (SELECT FROM jsonb_array_elements(gates) g
              WHERE NOT EXISTS (SELECT FROM management_group m WHERE m.id = (g ->> 'management_group')::int4
                                   AND m.id = ANY (kidoban.current_gate_scope()))) THEN
    RAISE EXCEPTION 'the management group is not there' USING ERRCODE = 'KD007', COLUMN = 'management_group', HINT = 'not_found';
  END IF;
  -- Not RETURNING: the new row is in nobody's scope before the statement ends.
  fresh := nextval(pg_get_serial_sequence('kidoban.controller', 'id'));
  INSERT INTO kidoban.controller (id, name, driver, serial, address, port, note)
  VALUES (fresh, controller ->> 'name', driver, serial, (controller ->> 'address')::inet,
          coalesce((controller ->> 'port')::int4, CASE driver WHEN 'uhppote' THEN 60000 ELSE 11000 END), coalesce(controller ->> 'note', ''));
  -- A board of four doors has one reader at each; one of fewer has them on either side.
  INSERT INTO gate (controller_id, door, management_group_id, name, building, place, entry_reader, exit_reader, parameters)
  SELECT fresh, (g ->> 'door')::int2, (g ->> 'management_group')::int4, g ->> 'name', coalesce(g ->> 'building', ''),
         coalesce(g ->> 'place', ''), coalesce(g ->> 'entry_reader', 'card'),
         CASE WHEN driver = 'uhppote' AND serial ~ '^4' THEN 'none' ELSE coalesce(g ->> 'exit_reader', 'card') END,
         CASE g ->> 'door_sensor' WHEN 'none' THEN '{"door_sensor": "none"}' ELSE '{}' END::jsonb
    FROM jsonb_array_elements(gates) g ORDER BY (g ->> 'door')::int4;
  PERFORM api.change_end();
  RETURN fresh;
END $$;

-- KD003 not there or out of scope, KD001 changed by somebody since.
CREATE OR REPLACE FUNCTION controller_lock(controller int4, if_match int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.controller_right();
  PERFORM FROM kidoban.controller c WHERE c.id = controller_lock.controller FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the controller is not there' USING ERRCODE = 'KD003';
  END IF;
  IF (SELECT c.revision FROM controller_current c WHERE c.id = controller_lock.controller) <> if_match THEN
    RAISE EXCEPTION 'the controller was changed since' USING ERRCODE = 'KD001';
  END IF;
END $$;

-- change: "name", "address", "port", "note", "enabled". The serial number is the controller: another one is another controller.
CREATE FUNCTION api.controller_update(controller int4, if_match int8, change jsonb) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('controller.update', '');
  PERFORM kidoban.controller_lock(controller_update.controller, if_match);
  PERFORM kidoban.controller_check(c.driver, c.serial, coalesce(change ->> 'address', host(c.address)))
     FROM kidoban.controller c WHERE c.id = controller_update.controller;
  WITH fresh AS (
    SELECT c.id, coalesce(change ->> 'name', c.name) AS name, coalesce((change ->> 'address')::inet, c.address) AS address,
           coalesce((change ->> 'port')::int4, c.port) AS port, coalesce(change ->> 'note', c.note) AS note,
           coalesce((change ->> 'enabled')::bool, c.enabled) AS enabled
      FROM kidoban.controller c WHERE c.id = controller_update.controller)
  UPDATE kidoban.controller c SET name = f.name, address = f.address, port = f.port, note = f.note, enabled = f.enabled
    FROM fresh f
   WHERE c.id = f.id AND (c.name, c.address, c.port, c.note, c.enabled) IS DISTINCT FROM (f.name, f.address, f.port, f.note, f.enabled);
  RETURN api.change_end();
END $$;

-- Permits for its gates and their places in gate groups end with a controller, whoever's they are: it is the gates that one needs to
-- have in scope.
CREATE OR REPLACE FUNCTION controller_permits_end(controller int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.controller_right();
  IF EXISTS (SELECT FROM gate g WHERE g.controller_id = controller AND NOT g.id = ANY (kidoban.current_gates())) THEN
    RAISE EXCEPTION 'the controller has gates outside your management groups' USING ERRCODE = 'KD004';
  END IF;
  DELETE FROM permit p USING gate g WHERE g.controller_id = controller AND p.gate_id = g.id;
  DELETE FROM gate_group_member m USING gate g WHERE g.controller_id = controller AND m.gate_id = g.id;
END $$;

-- With its gates. Their history stays, under the names that they last had.
CREATE FUNCTION api.controller_delete(controller int4, if_match int8) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('controller.delete', '');
  PERFORM kidoban.controller_lock(controller_delete.controller, if_match);
  PERFORM kidoban.controller_permits_end(controller_delete.controller);
  DELETE FROM gate g WHERE g.controller_id = controller_delete.controller;
  DELETE FROM kidoban.controller c WHERE c.id = controller_delete.controller;
  RETURN api.change_end();
END $$;
