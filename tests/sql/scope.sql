-- Rights and scope as the database enforces them by itself (A-2, A-3): operator 1 sees everything, 2 edits and 3 views group 2
-- and department 3 (with 4 and 5 below it), 4 has no right, 5 is disabled, 0 is nobody.
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();

SELECT change($$UPDATE kidoban.gate SET place = 'p'$$), change($$UPDATE kidoban.controller SET note = 'n'$$), change($$UPDATE kidoban.cardholder SET note = 'n'$$),
       change($$UPDATE kidoban.credential SET issue_count = 2$$), change($$UPDATE kidoban.permit SET pass_level = 2$$), change($$UPDATE kidoban.department SET name = name || '!'$$),
       change($$UPDATE kidoban.management_group SET note = 'n'$$), change($$UPDATE kidoban.gate_group SET name = name || '!'$$),
       change($$UPDATE kidoban.gate_group_member SET gate_id = gate_id$$) \g /dev/null
SELECT ask('kidoban_gates', 1, $$SELECT api.command_request_create('{1,2}', 'unlock', NULL, NULL, 'k', 'command', '')$$) \g /dev/null
INSERT INTO alarm (gate_id, controller_id, kind, momentary, raised_at, log, seq)
VALUES (1, 1, 204, false, now(), 1, 0), (2, 2, 204, false, now(), 1, 0), (NULL, 41, 210, false, now(), 1, 0), (NULL, 3, 210, false, now(), 1, 0);
INSERT INTO controller_stream (controller_id, stream, confirmed_revision, confirmed_at, told_revision) SELECT id, 1, 1, now(), 1 FROM controller;

-- How many rows each operator sees of each table, as a program that may read it: role, table, then operators 1, 2, 3.
CREATE TEMP TABLE sees (role text, name text, o1 int, o2 int, o3 int);
INSERT INTO sees VALUES
  ('kidoban_gates', 'management_group', 4, 1, 1), ('kidoban_gates', 'department', 5, 3, 3), ('kidoban_gates', 'controller', 41, 11, 11),
  ('kidoban_gates', 'gate', 42, 11, 11), ('kidoban_gates', 'gate_group', 3, 3, 3), ('kidoban_gates', 'gate_group_member', 55, 23, 23),
  ('kidoban_gates', 'gate_state', 42, 11, 11), ('kidoban_gates', 'controller_state', 41, 11, 11), ('kidoban_gates', 'controller_stream', 41, 11, 11),
  ('kidoban_gates', 'alarm', 4, 2, 2), ('kidoban_gates', 'command', 2, 1, 1), ('kidoban_gates', 'command_request', 1, 1, 1),
  ('kidoban_gates', 'gate_current', 42, 11, 11), ('kidoban_gates', 'operator', 5, 5, 5),
  ('kidoban_history', 'gate', 42, 11, 11), ('kidoban_history', 'alarm', 4, 2, 2), ('kidoban_history', 'event_log', 0, 0, 0),
  ('kidoban_history', 'cred', 100, 100, 100), ('kidoban_history', 'dept', 10, 10, 10);
SELECT test FROM sees, LATERAL (VALUES
  (is((SELECT count(*)::int FROM ask(role, 1, 'SELECT 1 FROM kidoban.' || name)), o1, format('%s: all of %s for who sees everything', role, name))),
  (is((SELECT count(*)::int FROM ask(role, 2, 'SELECT 1 FROM kidoban.' || name)), o2, format('%s: %s within scope', role, name))),
  (is((SELECT count(*)::int FROM ask(role, 3, 'SELECT 1 FROM kidoban.' || name)), o3, format('%s: %s within scope, view right', role, name))),
  (is((SELECT count(*)::int FROM ask(role, 4, 'SELECT 1 FROM kidoban.' || name)), CASE name WHEN 'operator' THEN 5 ELSE 0 END, format('%s: none of %s without a right', role, name))),
  (is((SELECT count(*)::int FROM ask(role, 5, 'SELECT 1 FROM kidoban.' || name)), 0, format('%s: none of %s for a disabled operator', role, name))),
  (is((SELECT count(*)::int FROM ask(role, 0, 'SELECT 1 FROM kidoban.' || name)), 0, format('%s: none of %s without a session', role, name)))) AS x(test);

-- Programs have no more than their part.
SELECT is(try('kidoban_session', 1, 'SELECT * FROM kidoban.gate'), '42501', 'session does not read gates');
SELECT is(try('kidoban_gates', 1, 'SELECT * FROM kidoban.access_event'), '42501', 'gates does not read history');
SELECT is(try('kidoban_gates', 1, 'SELECT password_hash FROM kidoban.operator'), '42501', 'nobody reads a password''s hash');
SELECT is(try('kidoban_live', 1, 'SELECT * FROM kidoban.live_batch'), '42501', 'live asks its functions only');
SELECT is(try('kidoban_gate_poller', 0, 'SELECT name FROM kidoban.cardholder'), '42501', 'the poller reads no cardholder');
SELECT is(try('kidoban_gate_poller', 0, 'SELECT * FROM kidoban.session'), '42501', 'and no session');
SELECT is(try('kidoban_gate_poller', 0, 'SELECT * FROM kidoban.access_event'), '42501', 'and no history');
SELECT is(try('kidoban_gate_poller', 0, 'UPDATE kidoban.gate SET name = ''x'''), '42501', 'and changes no configuration');
SELECT is(try('kidoban_history', 1, 'INSERT INTO kidoban.access_event SELECT * FROM kidoban.access_event'), '42501', 'history is written by the poller only');

-- Tables that no web program may read yet still have policies: asked as the group role of the web programs, given the grant.
GRANT SELECT ON cardholder, credential, permit, management_group_past, department_past, gate_past, controller_past, gate_group_past,
  gate_group_member_past, cardholder_past, credential_past, permit_past TO kidoban_web;
CREATE TEMP TABLE would (name text, o1 int, o2 int);
INSERT INTO would VALUES ('cardholder', 100, 60), ('credential', 100, 60), ('permit', 100, 60),
  ('management_group_past', 4, 0), ('department_past', 5, 0), ('gate_past', 42, 0), ('controller_past', 41, 0), ('gate_group_past', 3, 0),
  ('gate_group_member_past', 55, 0), ('cardholder_past', 100, 0), ('credential_past', 100, 0), ('permit_past', 100, 0);
SELECT test FROM would, LATERAL (VALUES
  (is((SELECT count(*)::int FROM ask('kidoban_web', 1, 'SELECT id FROM kidoban.' || name)), o1, name || ': all')),
  (is((SELECT count(*)::int FROM ask('kidoban_web', 2, 'SELECT id FROM kidoban.' || name)), o2, name || ': within scope, and change history not at all')),
  (is((SELECT count(*)::int FROM ask('kidoban_web', 4, 'SELECT id FROM kidoban.' || name)), 0, name || ': nothing without the right')),
  (is((SELECT count(*)::int FROM ask('kidoban_web', 0, 'SELECT id FROM kidoban.' || name)), 0, name || ': nothing without a session'))) AS x(test);

-- Writing, with every grant there could be: the policies alone must refuse.
GRANT ALL ON ALL TABLES IN SCHEMA kidoban TO kidoban_web;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA kidoban TO kidoban_web;
GRANT EXECUTE ON FUNCTION version_stamp(), api.change_begin(text, text, text) TO kidoban_web;
CREATE FUNCTION tap.write(operator int4, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  n int; code text;
BEGIN
  code := tap.try('kidoban_web', operator, format('DO $b$ DECLARE n int; BEGIN PERFORM api.change_begin(''t''); %s; GET DIAGNOSTICS n = ROW_COUNT; IF n = 0 THEN RAISE ''nothing'' USING ERRCODE = ''KDNON''; END IF; RAISE ''done'' USING ERRCODE = ''KDYES''; END $b$', statement));
  RETURN CASE code WHEN 'KDYES' THEN 'done' WHEN 'KDNON' THEN 'nothing' WHEN '42501' THEN 'refused' ELSE code END;
END $$;
CREATE TEMP TABLE may (statement text, o1 text, o2 text, o3 text, o4 text);
INSERT INTO may VALUES
  ($$UPDATE kidoban.gate SET name = 'n' WHERE id = 1$$, 'done', 'done', 'nothing', 'nothing'),
  ($$UPDATE kidoban.gate SET name = 'n' WHERE id = 2$$, 'done', 'nothing', 'nothing', 'nothing'),
  ($$UPDATE kidoban.gate SET management_group_id = 3 WHERE id = 1$$, 'done', 'refused', 'nothing', 'nothing'),
  ($$INSERT INTO kidoban.gate (controller_id, door, management_group_id, name) VALUES (1, 3, 2, 'n')$$, 'done', 'refused', 'refused', 'refused'),
  ($$DELETE FROM kidoban.gate_state WHERE gate_id = 1$$, 'nothing', 'nothing', 'nothing', 'nothing'),
  ($$UPDATE kidoban.controller SET note = 'm' WHERE id = 1$$, 'done', 'nothing', 'nothing', 'nothing'),
  ($$INSERT INTO kidoban.management_group (name) VALUES ('n')$$, 'done', 'refused', 'refused', 'refused'),
  ($$UPDATE kidoban.management_group SET name = 'n' WHERE id = 2$$, 'done', 'nothing', 'nothing', 'nothing'),
  ($$INSERT INTO kidoban.department (parent_id, code, name) VALUES (3, 'n', 'n')$$, 'done', 'refused', 'refused', 'refused'),
  ($$UPDATE kidoban.cardholder SET note = 'm' WHERE id = 2$$, 'done', 'done', 'nothing', 'nothing'),
  ($$UPDATE kidoban.cardholder SET note = 'm' WHERE id = 1$$, 'done', 'nothing', 'nothing', 'nothing'),
  ($$UPDATE kidoban.cardholder SET department_id = 2 WHERE id = 2$$, 'done', 'refused', 'nothing', 'nothing'),
  ($$INSERT INTO kidoban.cardholder (employee_number, name, department_id) VALUES ('n', 'n', 4)$$, 'done', 'done', 'refused', 'refused'),
  ($$INSERT INTO kidoban.cardholder (employee_number, name, department_id) VALUES ('n', 'n', 1)$$, 'done', 'refused', 'refused', 'refused'),
  ($$UPDATE kidoban.credential SET issue_count = 3 WHERE id = 1$$, 'done', 'nothing', 'nothing', 'nothing'),
  ($$INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (2, 1)$$, 'done', 'done', 'refused', 'refused'),
  ($$INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (2, 2)$$, 'done', 'refused', 'refused', 'refused'),
  ($$INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (1, 1)$$, 'done', 'refused', 'refused', 'refused'),
  ($$INSERT INTO kidoban.permit (cardholder_id, gate_group_id) VALUES (2, 2)$$, 'done', 'done', 'refused', 'refused'),
  ($$INSERT INTO kidoban.permit (cardholder_id, gate_group_id) VALUES (2, 3)$$, 'done', 'refused', 'refused', 'refused'),
  ($$INSERT INTO kidoban.gate_group (name) VALUES ('n')$$, 'done', 'done', 'refused', 'refused'),
  ($$INSERT INTO kidoban.gate_group_member (gate_group_id, gate_id) VALUES (2, 3)$$, 'done', 'refused', 'refused', 'refused'),
  ($$DELETE FROM kidoban.gate_group_member WHERE gate_group_id = 2 AND gate_id = 1$$, 'done', 'done', 'nothing', 'nothing'),
  ($$DELETE FROM kidoban.gate_group_member WHERE gate_group_id = 3 AND gate_id = 1$$, 'done', 'nothing', 'nothing', 'nothing'),
  ($$UPDATE kidoban.operator SET role = 'system' WHERE id = 2$$, 'nothing', 'nothing', 'nothing', 'nothing'),
  ($$INSERT INTO kidoban.operator_right VALUES (2, 'system_administration', 'edit')$$, 'refused', 'refused', 'refused', 'refused'),
  ($$INSERT INTO kidoban.operator_management_group VALUES (2, 3)$$, 'refused', 'refused', 'refused', 'refused'),
  ($$INSERT INTO kidoban.saved_search (operator_id, screen, name, search) VALUES (2, 's', 'n', '{}')$$, 'refused', 'done', 'refused', 'refused'),
  ($$UPDATE kidoban.session SET operator_id = 1$$, 'nothing', 'nothing', 'nothing', 'nothing'),
  ($$UPDATE kidoban.alarm SET comment = 'n'$$, 'nothing', 'nothing', 'nothing', 'nothing'),
  ($$UPDATE kidoban.command SET outcome = 3$$, 'nothing', 'nothing', 'nothing', 'nothing'),
  ($$INSERT INTO kidoban.gate_past SELECT g.*, 1 FROM kidoban.gate g LIMIT 1$$, 'refused', 'refused', 'refused', 'nothing'),
  ($$DELETE FROM kidoban.access_event$$, 'nothing', 'nothing', 'nothing', 'nothing');
SELECT test FROM may, LATERAL (VALUES
  (is(write(1, statement), o1, 'sees everything: ' || statement)), (is(write(2, statement), o2, 'within scope, edit: ' || statement)),
  (is(write(3, statement), o3, 'view: ' || statement)), (is(write(4, statement), o4, 'none: ' || statement))) AS x(test);

-- Functions that run with the owner's rights ask for themselves.
SELECT is(try('kidoban_gates', 2, $$SELECT api.command_request_create('{1,2}', 'unlock', NULL, NULL, NULL, 'command', '')$$), 'KD003', 'one gate out of scope, no command at all');
SELECT is(try('kidoban_gates', 2, $$SELECT api.command_request_create('{1}', 'unlock', NULL, NULL, NULL, 'command', '')$$), 'ok', 'a gate in scope');
SELECT is(try('kidoban_gates', 3, $$SELECT api.command_request_create('{1}', 'unlock', NULL, NULL, NULL, 'command', '')$$), 'KD004', 'not with the view right');
SELECT is(try('kidoban_gates', 0, $$SELECT api.command_request_create('{1}', 'unlock', NULL, NULL, NULL, 'command', '')$$), 'KD004', 'not without a session');
SELECT is(try('kidoban_gates', 2, $$SELECT api.command_request_create('{1}', 'explode', NULL, NULL, NULL, 'command', '')$$), 'KD007', 'not an unknown command');
SELECT is(try('kidoban_gates', 2, $$SELECT api.command_request_create('{1}', 'set_unlock_mode', 'card', NULL, NULL, 'command', '')$$), 'KD007', 'not another command''s value');
SELECT is(try('kidoban_gates', 2, $$SELECT api.command_request_create('{1}', 'unlock', 'card', NULL, NULL, 'command', '')$$), 'KD007', 'not a value where there is none');
SELECT is(try('kidoban_history', 2, format('SELECT * FROM api.alarm_acknowledge(ARRAY[%s]::int8[], ''c'')', (SELECT id FROM alarm WHERE gate_id = 2))), 'KD003', 'an alarm out of scope');
SELECT is(try('kidoban_history', 3, format('SELECT * FROM api.alarm_acknowledge(ARRAY[%s]::int8[], ''c'')', (SELECT id FROM alarm WHERE gate_id = 1))), 'KD004', 'an alarm with the view right');
SELECT is(try('kidoban_history', 2, format('SELECT * FROM api.alarm_acknowledge(ARRAY[%s]::int8[], ''c'')', (SELECT id FROM alarm WHERE gate_id = 1))), 'ok', 'an alarm in scope');
SELECT is((SELECT acknowledged_by || comment FROM alarm WHERE gate_id = 1), '2c', 'is acknowledged by name and comment');
SELECT is(try('kidoban_history', 1, format('SELECT * FROM api.alarm_acknowledge(ARRAY[%s]::int8[], ''again'')', (SELECT id FROM alarm WHERE gate_id = 1))), 'ok', 'again');
SELECT is((SELECT acknowledged_by || comment FROM alarm WHERE gate_id = 1), '2c', 'does not replace the first');

SELECT * FROM finish();
ROLLBACK;
