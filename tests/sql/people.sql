-- Cardholders, permits and the organisation as their programs use them: rules, scope, and that lists stay on their indexes.
-- Operator 1 sees everything; 2 edits and 3 views department 3 (with 4 and 5) and management group 2; 4 has no right.
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();

-- Nobody reads a sealed PIN; writes by the other programs are refused.
SELECT is(try('kidoban_cardholders', 1, 'SELECT pin_sealed FROM kidoban.cardholder'), '42501', 'the program itself reads no sealed PIN');
SELECT is(try('kidoban_organisation', 1, 'SELECT name FROM kidoban.cardholder'), '42501', 'organisation reads no cardholder');
SELECT is(try('kidoban_cardholders', 1, 'SELECT address FROM kidoban.controller'), '42501', 'cardholders reads no controller');

-- What is seen, without and with a search: departments 3, 4, 5 hold 60 of the 100.
SELECT is((SELECT array_agg(x::int) FROM unnest('{1,2,3}'::int[]) o, ask('kidoban_cardholders', o, $$SELECT api.cardholders_count('{}')$$) a, trim('()' FROM a) x),
          '{100,60,60}', 'counted within scope');
SELECT is((SELECT count(*)::int FROM ask('kidoban_cardholders', 2, $$SELECT * FROM api.cardholders_page('{"q": "氏名"}', 'kana', NULL, NULL, 1000)$$)), 60, 'a text search keeps to the scope');
SELECT is((SELECT count(*)::int FROM ask('kidoban_cardholders', 2, $$SELECT * FROM api.cardholders_page('{"department": [1]}', 'kana', NULL, NULL, 1000)$$)), 60, 'so does a department above it');
SELECT is((SELECT count(*)::int FROM ask('kidoban_cardholders', 2, $$SELECT * FROM api.cardholders_page('{"card": "CARD5"}', 'kana', NULL, NULL, 1000)$$)), 0, 'and a card of somebody else');
SELECT is((SELECT count(*)::int FROM ask('kidoban_cardholders', 2, $$SELECT * FROM api.cardholders_page('{"gate": 2}', 'kana', NULL, NULL, 1000)$$)), 0, 'a gate of others is nobody''s');
SELECT is(try('kidoban_cardholders', 4, $$SELECT api.cardholders_count('{}')$$), 'KD004', 'no right, no list');
SELECT is(try('kidoban_cardholders', 0, $$SELECT api.cardholders_count('{}')$$), 'KD004', 'no session, no list');
SELECT is(try('kidoban_cardholders', 5, $$SELECT api.cardholder_anchors('{}', 'kana', 10)$$), 'KD004', 'a disabled operator has none');
SELECT is(try('kidoban_cardholders', 1, $$SELECT * FROM api.cardholders_page('{"q": "'' OR true --\\%_"}', 'kana', ''') OR true --', 1, 10)$$), 'ok', 'a search is text, whatever it says');
SELECT is((SELECT count(*)::int FROM ask('kidoban_cardholders', 1, $$SELECT * FROM api.cardholders_page('{"q": "'' OR true --"}', 'kana', NULL, NULL, 10)$$)), 0, 'and finds nothing');

-- Granting needs the person and every gate in scope (C-6). Cardholder 2 is in department 3, 5 in department 1; gate 1 is of group 2.
CREATE FUNCTION pg_temp.granted(o int, who int, target text) RETURNS text LANGUAGE sql AS $$
  SELECT tap.try('kidoban_cardholders', o, format('SELECT api.permits_create(ARRAY[%s], %L)', who, target)) $$;
SELECT is(pg_temp.granted(2, 2, '{"gate": 1}'), 'ok', 'own person, own gate');
SELECT is(pg_temp.granted(2, 2, '{"gate": 2}'), 'KD007', 'another''s gate is not there');
SELECT is(pg_temp.granted(2, 5, '{"gate": 1}'), 'KD007', 'another''s person is not there');
SELECT is(pg_temp.granted(2, 2, '{"gate_group": 2}'), 'ok', 'a group within scope');
SELECT is(pg_temp.granted(2, 2, '{"gate_group": 3}'), 'KD004', 'a group that reaches further is refused');
SELECT is(pg_temp.granted(3, 2, '{"gate": 1}'), 'KD004', 'viewing is not granting');
SELECT is(pg_temp.granted(1, 2, '{"gate": 40000}'), 'KD007', 'a gate that can not be');
-- The policy alone refuses it too, whatever the functions do.
SELECT is(try('kidoban_cardholders', 2, $s$DO $d$ BEGIN PERFORM api.change_begin('x'); INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (2, 2); END $d$$s$), '42501',
          'row-level security refuses a permit for another''s gate');
SELECT is(try('kidoban_cardholders', 2, $s$DO $d$ BEGIN PERFORM api.change_begin('x'); UPDATE kidoban.cardholder SET department_id = 1 WHERE id = 2; END $d$$s$), '42501',
          'and sending a person out of scope');

-- Gate groups: changed only with all gates in scope.
SELECT is(try('kidoban_organisation', 2, 'SELECT api.gate_group_gates(3, kidoban.gate_group_revision(3), ARRAY[1])'), 'KD004', 'a mixed group is not changed');
SELECT is(try('kidoban_organisation', 2, 'SELECT api.gate_group_preview(3, ARRAY[1])'), 'KD004', 'nor previewed');
SELECT is(try('kidoban_organisation', 2, 'SELECT api.gate_group_gates(2, kidoban.gate_group_revision(2), ARRAY[1])'), 'ok', 'an own one is');
SELECT is(try('kidoban_organisation', 2, 'SELECT api.gate_group_gates(2, kidoban.gate_group_revision(2), ARRAY[1, 2])'), 'KD007', 'not with another''s gate');
SELECT is(try('kidoban_organisation', 2, $$SELECT api.management_group_create('x', '')$$), 'KD004', 'management groups have their own right');
SELECT is(try('kidoban_organisation', 2, $$SELECT api.department_create(NULL, 'x', 'x')$$), 'KD004', 'departments too');

-- A lost card, and a person deleted with permits at others' gates.
SELECT is(try('kidoban_cardholders', 2, $$SELECT api.cardholder_lost(2, true, NULL, '')$$), 'ok', 'lost');
SELECT ok((SELECT revokes FROM change_set ORDER BY revision DESC LIMIT 1), 'which revokes');
SELECT ok(EXISTS (SELECT FROM api.revocations('{1}') WHERE credential_id = 2 AND reason = 1), 'and is on the deny list of the controller');
SELECT is(try('kidoban_cardholders', 2, 'SELECT api.cardholder_delete(2, kidoban.cardholder_revision(2))'), 'ok', 'who may delete a person ends all their permits');
SELECT is((SELECT count(*)::int FROM permit WHERE cardholder_id = 2), 0, 'none is left');
SELECT is(try('kidoban_cardholders', 2, 'SELECT api.cardholder_delete(5, kidoban.cardholder_revision(5))'), 'KD003', 'another''s person is not there');
SELECT is(try('kidoban_cardholders', 1, 'SELECT api.cardholder_delete(3, 0)'), 'KD001', 'an old revision is refused');

-- Plans with many rows: pages and anchors in the order of an index, and no search that is looked through for each row.
SELECT change($$INSERT INTO kidoban.cardholder (id, employee_number, name, kana, department_id)
  SELECT i, 'X' || i, 'n' || i, 'k' || i % 977, 1 + i % 5 FROM generate_series(2000, 21999) i;
  INSERT INTO kidoban.credential (cardholder_id, card_number) SELECT i, 'X' || i FROM generate_series(2000, 21999) i$$) \g /dev/null
ANALYZE cardholder; ANALYZE credential;
CREATE FUNCTION pg_temp.plan(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; whole text := '';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN ' || statement LOOP whole := whole || line || E'\n'; END LOOP;
  RETURN whole;
END $$;
SELECT set_config('kidoban.session', repeat('1', 64), true) \g /dev/null
SELECT alike(pg_temp.plan(format('SELECT c.id FROM kidoban.cardholder c WHERE (c.kana, c.id) > (%L, 1) AND %s ORDER BY c.kana, c.id LIMIT 50', 'k5', cardholder_search('{}'))),
            '%Index%cardholder_kana%', 'the order of kana is an index''s');
SELECT alike(pg_temp.plan(format('SELECT c.id FROM kidoban.cardholder c WHERE c.employee_number > %L AND %s ORDER BY c.employee_number LIMIT 50', 'X5', cardholder_search('{}'))),
            '%Index%cardholder_employee_number%', 'that of employee numbers too');
SELECT unalike(pg_temp.plan('SELECT c.id FROM kidoban.cardholder c WHERE ' || cardholder_search(s)), '%SubPlan%', 'no subplan for each row: ' || s::text)
  FROM unnest(ARRAY['{"q": "1"}', '{"q": "x"}', '{"lost": true}', '{"lost": false}', '{"gate": 1}', '{"card": "X2001"}', '{"department": [3], "q": "5"}']::jsonb[]) s;
SELECT * FROM finish();
ROLLBACK;
