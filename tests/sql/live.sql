-- What browsers are told, and who is told (G-8, A-3).
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();
CREATE FUNCTION tap.l(query text) RETURNS SETOF text LANGUAGE sql AS $$ SELECT tap.ask('kidoban_live', 0, query) $$;
SELECT ask('kidoban_gate_poller', 0, $$SELECT count(*) FROM api.poller_lease(api.poller_start('test'))$$) \g /dev/null
SELECT is((SELECT x FROM l('SELECT newest FROM api.live_cursor()') x), '(0)', 'nothing has happened yet');
-- Controller 1: gate 1 in group 2. Controller 2: gate 2 in group 3. Controller 41: gates 41 (group 1) and 42 (group 2).
SELECT ask('kidoban_gate_poller', 0, $$SELECT count(*) FROM api.poller_ingest('{1,2,41}', '{1,1,1}', array_fill(substr(sha256('x'), 1, 16), ARRAY[3]), '{1,1,3}', '{1,2,1,41}', '{1,1,2,3}',
  ARRAY[now(), now(), now() - interval '2 days', now()], '{101,109,102,204}', '{1,1,1,2}', '{1,1,1,0}', '{10,0,10,0}', '{"","X1","",""}', '{0,0,0,0}', '{0,0,0,1}', array_fill(NULL::uuid, ARRAY[4]), '{"","","",""}')$$) \g /dev/null
SELECT is((SELECT string_agg(x, ' ' ORDER BY x) FROM l($$SELECT category, kind, gate_id, controller_id, (SELECT array_agg(o ORDER BY o) FROM unnest(operators) o) FROM api.live_events(0)$$) x),
  '(access,101,1,1,"{1,2,3}") (access,109,2,2,{1}) (alarm,204,42,41,"{1,2,3}") (alarm,217,,41,"{1,2,3}")', 'each event with those who may see it; what is days old is not told');
SELECT is((SELECT skipped FROM live_batch WHERE kind = 'events'), 1, 'but counted');
SELECT is((SELECT string_agg(x, ' ' ORDER BY x) FROM l('SELECT kind, gate_id, (SELECT array_agg(o ORDER BY o) FROM unnest(operators) o) FROM api.live_alarms(0)') x),
  '(204,42,"{1,2,3}") (217,,"{1,2,3}")', 'alarms likewise');
SELECT is((SELECT x FROM l('SELECT name, card_number, gate_name, management_group_name FROM api.live_events(0) WHERE kind = 101') x), '("氏名 10",CARD10,"gate 1","group 2")', 'ready to be shown');
SELECT newest AS c1 FROM api.live_cursor() \gset
SELECT is_empty(format('SELECT * FROM l(''SELECT * FROM api.live_events(%s)'')', :c1), 'nothing after the newest');
SELECT ask('kidoban_gate_poller', 0, $$SELECT count(*) FROM api.poller_store_status('{1,2}', '{1,1}', ARRAY[now(), now()], '{2,2}', '{"",""}', '{1,1}', '{f,f}', '{m,m}', '{0,0}', '{1,1}', '{1,1}', '{1,2}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{0,0}')$$) \g /dev/null
SELECT is((SELECT string_agg(x, ' ' ORDER BY x) FROM l(format('SELECT gate_id, communication, (SELECT array_agg(o ORDER BY o) FROM unnest(operators) o) FROM api.live_gates(%s)', :c1)) x), '(1,2,"{1,2,3}") (2,2,{1})', 'states, with those who may see the gate');
SELECT newest AS c2 FROM api.live_cursor() \gset
SELECT ask('kidoban_gates', 2, $$SELECT api.command_request_create('{1}', 'lock', NULL, NULL, NULL, 'command', '')$$) \g /dev/null
SELECT is((SELECT string_agg(x, ' ') FROM l(format('SELECT gate_id, outcome, operator_id FROM api.live_commands(%s)', :c2)) x), '(1,1,2)', 'commands');
SELECT ask('kidoban_history', 2, format('SELECT * FROM api.alarm_acknowledge(ARRAY[%s]::int8[], ''seen'')', (SELECT id FROM alarm WHERE kind = 204))) \g /dev/null
SELECT is((SELECT string_agg(x, ' ') FROM l(format('SELECT kind, acknowledged_by, acknowledged_by_name, comment FROM api.live_alarms(%s)', :c2)) x), '(204,2,general,seen)', 'acknowledgements');
UPDATE session SET ended_at = now() WHERE operator_id = 2;
SELECT is((SELECT string_agg(x, ' ') FROM l('SELECT operator_id FROM api.live_sessions()') x), '(1) (3)', 'a session that ended is not among the living, nor one whose operator may see nothing of it');
SELECT is((SELECT x FROM l('SELECT (SELECT array_agg(o ORDER BY o) FROM unnest(operators) o) FROM api.live_events(0) WHERE kind = 101') x), '("{1,3}")', 'and is told nothing more');
INSERT INTO operator_right VALUES (3, 'data_interface', 'view');
UPDATE operator_right SET level = 'none' WHERE operator_id = 3 AND function = 'history';
SELECT is((SELECT x FROM l('SELECT operators FROM api.live_events(0) WHERE kind = 101') x), '({1})', 'neither is who lost the right');
SELECT is((SELECT count(*)::int FROM l(format('SELECT 1 FROM api.live_gates(%s) WHERE 3 = ANY (operators)', :c1))), 1, 'gates follow their own right');
SELECT is(try('kidoban_gates', 1, 'SELECT * FROM api.live_events(0)'), '42501', 'other programs do not listen');

-- Alarms of the system itself: that they came or went, to who may see them.
SELECT newest AS c3 FROM api.live_cursor() \gset
SELECT ask('kidoban_keeper', 0, $$SELECT api.keeper_alarm('disk_low', '/x', 'warn', '9 % of /x is free', true)$$) \g /dev/null
SELECT is((SELECT x FROM l(format('SELECT operators, open FROM api.live_system(%s)', :c3)) x), '({1},1)', 'an alarm of the system is told to who may see it');
SELECT newest AS c4 FROM api.live_cursor() \gset
SELECT ask('kidoban_keeper', 0, $$SELECT api.keeper_alarm('disk_low', '/x', 'warn', '9 % of /x is free', true)$$) \g /dev/null
SELECT is_empty(format('SELECT * FROM l(''SELECT * FROM api.live_system(%s)'')', :c4), 'not again while it stays');
SELECT ask('kidoban_keeper', 0, $$SELECT api.keeper_alarm('disk_low', '/x', 'warn', '', false)$$) \g /dev/null
SELECT is((SELECT x FROM l(format('SELECT open FROM api.live_system(%s)', :c4)) x), '(0)', 'and that it is over');

-- Batches are seen in order: a later one can not commit before an earlier one.
SELECT dblink_connect('a', 'dbname=' || current_database()), dblink_connect('b', 'dbname=' || current_database()) \g /dev/null
SELECT dblink_exec('a', 'BEGIN'), dblink_exec('b', 'BEGIN'), dblink_exec('b', $$SET LOCAL lock_timeout = '300ms'$$) \g /dev/null
SELECT throws_ok($$SELECT * FROM dblink('b', 'SELECT kidoban.live_begin(''state'')') AS x(id int8)$$, '55P03', NULL, 'while one batch is open no other begins');
SELECT dblink_exec('a', 'ROLLBACK'), dblink_exec('b', 'ROLLBACK') \g /dev/null
SELECT dblink_disconnect('a'), dblink_disconnect('b') \g /dev/null
SELECT * FROM finish();
ROLLBACK;
