-- What every pgTAP file finds: pgTAP itself in schema tap, a small site, operators of each sort, and helpers.
SET client_min_messages = warning;
CREATE SCHEMA tap;
CREATE EXTENSION pgtap SCHEMA tap;
CREATE EXTENSION dblink SCHEMA tap;

SET ROLE kidoban_owner;
SET search_path = kidoban;
BEGIN;
SELECT api.change_begin('seed', 'fixture') \g /dev/null
INSERT INTO management_group (id, name) SELECT i, 'group ' || i FROM generate_series(1, 4) i;
INSERT INTO department (id, parent_id, code, name)
VALUES (1, NULL, 'D1', '本社'), (2, 1, 'D2', '営業部'), (3, 1, 'D3', '技術部'), (4, 3, 'D4', '第一課'), (5, 4, 'D5', '係');
INSERT INTO controller (id, name, address, port, serial)
SELECT i, 'controller ' || i, '127.0.0.1', 20000 + i, lpad(to_hex(i), 16, '0') FROM generate_series(1, 41) i;
-- Gates 1-40 on controllers of their own, group 1 + i % 4; gates 41 (group 1) and 42 (group 2) share controller 41.
INSERT INTO gate (id, controller_id, door, management_group_id, name, building)
SELECT i, i, 1, 1 + i % 4, 'gate ' || i, 'building ' || i % 3 FROM generate_series(1, 40) i
UNION ALL VALUES (41, 41, 1, 1, 'gate 41', ''), (42, 41, 2, 2, 'gate 42', '');
INSERT INTO gate_group (id, name) VALUES (1, 'all'), (2, 'of group 2'), (3, 'mixed');
INSERT INTO gate_group_member (gate_group_id, gate_id)
SELECT 1, id FROM gate UNION ALL SELECT 2, id FROM gate WHERE management_group_id = 2 UNION ALL VALUES (3, 1), (3, 2);
INSERT INTO cardholder (id, employee_number, name, kana, department_id)
SELECT i, 'E' || i, '氏名 ' || i, 'シメイ ' || i, 1 + i % 5 FROM generate_series(1, 100) i;
INSERT INTO credential (id, cardholder_id, card_number) SELECT i, i, 'CARD' || i FROM generate_series(1, 100) i;
INSERT INTO permit (id, cardholder_id, gate_group_id, pass_level) SELECT i, i, 1, 1 FROM generate_series(1, 100) i;
SELECT setval(pg_get_serial_sequence(t, 'id'), 1000)
  FROM unnest('{management_group,department,controller,gate,gate_group,cardholder,credential,permit}'::text[]) t \g /dev/null
COMMIT;

INSERT INTO operator (id, name, role, all_management_groups, all_departments, disabled)
VALUES (1, 'admin', 'system', true, true, false), (2, 'general', 'general', false, false, false),
       (3, 'viewer', 'general', false, false, false), (4, 'nobody', 'general', false, false, false),
       (5, 'disabled', 'system', true, true, true);
SELECT setval(pg_get_serial_sequence('operator', 'id'), 1000) \g /dev/null
INSERT INTO operator_right SELECT o, f, CASE o WHEN 3 THEN 'view' ELSE 'none' END
  FROM unnest('{3,4}'::int4[]) o, unnest('{history,gates,cardholders}'::text[]) f;
INSERT INTO operator_management_group VALUES (2, 2), (3, 2), (4, 2);
INSERT INTO operator_department VALUES (2, 3), (3, 3), (4, 3);
-- Operator n has the token nn…n.
INSERT INTO session (operator_id, token_hash, expires_at, origin)
SELECT id, sha256(decode(repeat(id::text, 64), 'hex')), now() + interval '1 day', 'password' FROM operator WHERE id < 10;
RESET ROLE;
RESET search_path;

-- The rows of a query as one text each, asked as a program's role within an operator's session (0: none).
CREATE FUNCTION tap.ask(role text, operator int4, query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('kidoban.session', CASE operator WHEN 0 THEN '' ELSE repeat(operator::text, 64) END, true);
  PERFORM set_config('role', role, true);
  RETURN QUERY EXECUTE format('SELECT q::text FROM (%s) q', query);
  PERFORM set_config('role', 'none', true);
  PERFORM set_config('kidoban.session', '', true);
END $$;

-- What came of a statement: 'ok', or the SQLSTATE; with a constraint's name, that too.
CREATE FUNCTION tap.try(role text, operator int4, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  code text := 'ok';
  name text := '';
BEGIN
  BEGIN
    PERFORM set_config('kidoban.session', CASE operator WHEN 0 THEN '' ELSE repeat(operator::text, 64) END, true);
    PERFORM set_config('role', role, true);
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, name = CONSTRAINT_NAME;
  END;
  SET CONSTRAINTS ALL DEFERRED;
  PERFORM set_config('role', 'none', true);
  PERFORM set_config('kidoban.session', '', true);
  RETURN code || CASE WHEN name <> '' AND code LIKE 'KD%' THEN ' ' || name ELSE '' END;
END $$;

-- A change set and a statement in it, as the owner; answers like try.
CREATE FUNCTION tap.change(statement text) RETURNS text LANGUAGE sql AS $$
  SELECT tap.try('kidoban_owner', 0, format('DO $body$ BEGIN PERFORM api.change_begin(''test''); %s; PERFORM api.change_end(); END $body$', statement))
$$;
