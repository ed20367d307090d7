-- Change sets: versions, order of commit, limits (DESIGN 1, SPEC 2).
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();

SELECT is(try('kidoban_owner', 0, $$UPDATE kidoban.gate SET name = 'x' WHERE id = 1$$), 'KD005', 'nothing is written without a change set');
SELECT is(change($$UPDATE kidoban.gate SET name = 'renamed' WHERE id = 1$$), 'ok', 'a gate is renamed');
SELECT is((SELECT array_agg(name || ' ' || (to_cs IS NULL) ORDER BY from_cs) FROM gate_version WHERE id = 1),
          '{gate 1 false,renamed true}', 'both versions are there, one open');
SELECT is((SELECT p.to_cs FROM gate_past p WHERE p.id = 1), (SELECT g.from_cs FROM gate g WHERE g.id = 1), 'one ends where the other begins');
SELECT is((SELECT revision FROM gate_current WHERE id = 1), (SELECT max(revision) FROM change_set), 'the open one carries the new revision');
SELECT is(change($$UPDATE kidoban.gate SET name = 'a' WHERE id = 2; UPDATE kidoban.gate SET name = 'b' WHERE id = 2$$), 'ok', 'twice in one act');
SELECT is((SELECT count(*)::int FROM gate_past WHERE id = 2), 1, 'leaves one version behind, not two');
SELECT is(change($$INSERT INTO kidoban.gate_group (id, name) VALUES (90, 'short'); DELETE FROM kidoban.gate_group WHERE id = 90$$), 'ok', 'made and unmade in one act');
SELECT is((SELECT count(*)::int FROM gate_group_version WHERE id = 90), 0, 'was never there');
SELECT is(change($$UPDATE kidoban.gate SET id = 77 WHERE id = 3$$), 'KD007', 'an id never changes');
SELECT is(change($$INSERT INTO kidoban.gate_group (name, from_cs) VALUES ('forged', 1)$$), 'ok', 'a forged from_cs');
SELECT isnt((SELECT from_cs FROM gate_group WHERE name = 'forged'), 1::int8, 'is replaced');
SELECT is(try('kidoban_owner', 0, $q$DO $b$ BEGIN PERFORM set_config('kidoban.change_set', '1', true); UPDATE kidoban.gate SET name = 'y' WHERE id = 4; END $b$$q$),
          'KD005', 'an act that is finished takes nothing more');
SELECT is(try('kidoban_owner', 0, $q$DO $b$ BEGIN PERFORM api.change_begin('x'); PERFORM api.change_end(); UPDATE kidoban.gate SET name = 'y' WHERE id = 4; END $b$$q$),
          'KD005', 'neither does one that was ended');

-- uniqueness and references among open versions
SELECT is(change($$INSERT INTO kidoban.gate (controller_id, door, management_group_id, name) VALUES (1, 1, 1, 'double')$$), '23505', 'a door has one gate');
SELECT is(change($$INSERT INTO kidoban.credential (cardholder_id, card_number) VALUES (1, 'CARD2')$$), '23505', 'a card has one holder');
SELECT is(change($$INSERT INTO kidoban.cardholder (employee_number, name, department_id) VALUES ('E1', 'x', 1)$$), '23505', 'an employee number is one person''s');
SELECT is(change($$DELETE FROM kidoban.management_group WHERE id = 1$$), '23503', 'a group with gates stays');
SELECT is(change($$DELETE FROM kidoban.cardholder WHERE id = 9$$), '23503', 'so does a holder of cards');
SELECT is(change($$DELETE FROM kidoban.permit WHERE cardholder_id = 9; DELETE FROM kidoban.credential WHERE cardholder_id = 9; DELETE FROM kidoban.cardholder WHERE id = 9$$), 'ok', 'until they are gone');
SELECT is(change($$INSERT INTO kidoban.credential (cardholder_id, card_number) VALUES (1, 'CARD9')$$), 'ok', 'then the number is free');
SELECT is(change($$INSERT INTO kidoban.credential (cardholder_id, card_number) VALUES (1, 'card9')$$), 'ok', 'letters of a card are case-sensitive');
SELECT is(change($$INSERT INTO kidoban.credential (cardholder_id, card_number) VALUES (1, 'A-1')$$), '23514', 'and nothing but letters and digits');
SELECT is(change($$INSERT INTO kidoban.permit (cardholder_id, gate_id, gate_group_id) VALUES (1, 1, 1)$$), '23514', 'a permit is for a gate or a group');
SELECT is(change($$INSERT INTO kidoban.permit (cardholder_id, gate_group_id) VALUES (1, 1)$$), '23505', 'and not the same twice');

-- departments
SELECT is(change($$INSERT INTO kidoban.department (id, parent_id, code, name) VALUES (60, 5, 'D60', 'fifth')$$), 'ok', 'a fifth level');
SELECT is(change($$INSERT INTO kidoban.department (id, parent_id, code, name) VALUES (61, 60, 'D61', 'sixth')$$), 'KD002 L-5', 'a sixth is refused, naming the limit');
SELECT is(change($$UPDATE kidoban.department SET parent_id = 4 WHERE id = 3$$), 'KD007', 'no ring');
SELECT is(change($$UPDATE kidoban.department SET parent_id = 2 WHERE id = 3$$), 'KD002 L-5', 'a move that sinks a branch too deep');

-- limits, lowered for the test
UPDATE edition SET gates = 42, gate_groups = 4, gates_in_group = 42, cardholders = 99, departments = 6, management_groups = 4;
SELECT is(change($$INSERT INTO kidoban.gate (controller_id, door, management_group_id, name) VALUES (1, 2, 1, 'one more')$$), 'KD002 L-1', 'L-1');
SELECT is(change($$INSERT INTO kidoban.gate_group (name) VALUES ('one more')$$), 'KD002 L-2', 'L-2');
SELECT is(change($$UPDATE kidoban.gate SET name = 'still' WHERE id = 5$$), 'ok', 'a change at the limit is no addition');
UPDATE edition SET gates_in_group = 41;
SELECT is(change($$DELETE FROM kidoban.gate_group_member WHERE gate_group_id = 2 AND gate_id = 1$$), 'KD002 L-2', 'L-2, gates in one group');
UPDATE edition SET gates_in_group = 200;
SELECT is(change($$INSERT INTO kidoban.cardholder (employee_number, name, department_id) VALUES ('N1', 'x', 1)$$), 'KD002 L-4', 'L-4');
SELECT is(change($$INSERT INTO kidoban.department (code, name) VALUES ('N', 'x')$$), 'KD002 L-5', 'L-5');
SELECT is(change($$INSERT INTO kidoban.management_group (name) VALUES ('x')$$), 'KD002 L-13', 'L-13');

-- dictionaries: what history points to
SELECT is((SELECT count(*)::int FROM cred WHERE credential_id = 20), 1, 'one line for a card');
SELECT is(change($$UPDATE kidoban.cardholder SET note = 'x' WHERE id = 20$$), 'ok', 'a note');
SELECT is((SELECT count(*)::int FROM cred WHERE credential_id = 20), 1, 'makes no other');
SELECT is(change($$UPDATE kidoban.cardholder SET name = '改姓' WHERE id = 20$$), 'ok', 'a name');
SELECT is((SELECT array_agg(name ORDER BY since) FROM cred WHERE credential_id = 20), '{氏名 20,改姓}', 'does');
SELECT is(change($$UPDATE kidoban.department SET name = '改称' WHERE id = 2$$), 'ok', 'a department');
SELECT is((SELECT array_agg(name ORDER BY since) FROM dept WHERE department_id = 2), '{営業部,改称}', 'has its names, too');

-- gate_update and its precondition (G-4, 412)
SELECT is(try('kidoban_gates', 2, $$SELECT api.gate_update(1, 1, 'z', NULL, NULL, NULL)$$), 'KD001', 'an old revision');
SELECT is(try('kidoban_gates', 2, format($$SELECT api.gate_update(1, %s, 'z', NULL, NULL, NULL)$$, (SELECT revision FROM gate_current WHERE id = 1))), 'ok', 'the right one');
SELECT is(try('kidoban_gates', 2, $$SELECT api.gate_update(2, 1, 'z', NULL, NULL, NULL)$$), 'KD003', 'a gate out of scope');
SELECT is(try('kidoban_gates', 2, format($$SELECT api.gate_update(1, %s, NULL, NULL, NULL, 3)$$, (SELECT revision FROM gate_current WHERE id = 1))), 'KD007', 'into a group out of scope');
SELECT is(try('kidoban_gates', 3, $$SELECT api.gate_update(1, 1, 'z', NULL, NULL, NULL)$$), 'KD004', 'with the view right only');
SELECT is((SELECT operator_id FROM change_set ORDER BY revision DESC LIMIT 1), 2, 'the act is the operator''s');
SELECT is((SELECT origin FROM change_set ORDER BY revision DESC LIMIT 1), 'operator', 'by origin, too');
SELECT * FROM finish();
ROLLBACK;
