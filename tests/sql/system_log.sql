-- The system log (M-1, L-9): who may write what, the sealer, late commits, pages, checkpoints that end partitions, alarms of the system.
SET search_path = kidoban, tap, public;
BEGIN;
SELECT no_plan();
CREATE FUNCTION tap.wrote(role text, operator int4, outcome text, addr text DEFAULT '192.0.2.1') RETURNS text LANGUAGE sql AS $$
  SELECT tap.try(role, operator, format('SELECT api.system_log_write(''screen'', %L, ''gates_update'', ''PATCH'', ''/gates/1'', %L, 200, ''gates/1'', ''{"a": 1}'')', addr, outcome))
$$;
CREATE FUNCTION tap.newest() RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', operator_id, operator, outcome) FROM kidoban.system_log_unsealed ORDER BY id DESC LIMIT 1 $$;
SELECT is(wrote('kidoban_gates', 1, 'done'), 'ok', 'a program writes');
SELECT is(newest(), '1 admin done', 'under the name of the session''s operator');
SELECT is(wrote('kidoban_gates', 0, 'done'), 'ok', 'without a session');
SELECT is(newest(), '0  done', 'it names nobody');
CREATE FUNCTION tap.log_in(role text, operator int4, who int4, name text) RETURNS text LANGUAGE sql AS $$
  SELECT tap.try(role, operator, format('SELECT api.system_log_write_as(''api'', '''', ''session_create'', ''POST'', ''/session'', ''refused'', 401, '''', '''', %s, %L)', who, name))
$$;
SELECT is(log_in('kidoban_gates', 0, 2, ''), '42501', 'a program can not say who it was');
SELECT is(log_in('kidoban_session', 0, 0, 'general'), 'ok', 'session tells who tries to log in');
SELECT is(newest(), '2 general refused', 'it is written');
SELECT is(log_in('kidoban_session', 1, 2, ''), 'ok', 'where there is a session');
SELECT is(newest(), '1 admin refused', 'that counts');
SELECT is(log_in('kidoban_session', 0, 0, 'hunter2 my password'), 'ok', 'a name that nobody has');
SELECT is((SELECT count(*)::int FROM system_log_unsealed e WHERE e::text LIKE '%hunter2%'), 0, 'is not kept: it may be a password');
SELECT is(try('kidoban_gates', 1, $$SELECT api.system_log_write('system', '', 'gates_update', '', '', 'done', 0, '', '')$$), 'KD007', 'a program does not speak for the system');
SELECT is(try('kidoban_gates', 1, $$SELECT api.system_log_write('api', '', 'gates_update', '', '', 'done', 0, '', '[1]')$$), '23514', 'details are an object');
SELECT is(try('kidoban_gates', 1, $$SELECT api.system_log_write('api', '', 'Gates update', '', '', 'done', 0, '', '')$$), '23514', 'an action is a coded word');
SELECT is(try('kidoban_gates', 1, format('SELECT api.system_log_write(''api'', '''', ''gates_update'', '''', '''', ''done'', 0, '''', %L)', format('{"a": "%s"}', repeat('x', 4000)))), '23514', 'and texts are bounded');
SELECT is((SELECT string_agg(DISTINCT try(r, 1, s), ' ') FROM unnest('{kidoban_gates,kidoban_session,kidoban_system,kidoban_keeper,kidoban_live,kidoban_transfer}'::text[]) r,
   unnest('{INSERT INTO kidoban.system_log_unsealed DEFAULT VALUES,DELETE FROM kidoban.system_log_unsealed,DELETE FROM kidoban.system_log,UPDATE kidoban.system_log SET object = '''',UPDATE kidoban.system_log_head SET number = 0,DELETE FROM kidoban.system_log_checkpoint,DELETE FROM kidoban.system_alarm}'::text[]) s
   WHERE NOT (r = 'kidoban_keeper' AND s ~ 'kidoban.system_log( |$)')), '42501', 'nothing but the function writes, and nothing deletes');
SELECT is(try('kidoban_gates', 1, 'SELECT * FROM kidoban.system_log'), '42501', 'other programs read none of it');
SELECT is((SELECT string_agg(wrote('kidoban_gates', 0, 'refused', addr => '192.0.2.7'), '') FROM generate_series(1, 100)), repeat('ok', 100), 'a hundred refusals of nobody');
SELECT is((SELECT count(*)::int FROM system_log_unsealed WHERE remote_addr = '192.0.2.7'), 60, 'are not all written');
SELECT is((SELECT count(*)::int FROM (SELECT wrote('kidoban_gates', 1, 'refused', addr => '192.0.2.8') FROM generate_series(1, 100)) x), 100, 'but those of an operator');
SELECT is((SELECT count(*)::int FROM system_log_unsealed WHERE remote_addr = '192.0.2.8'), 100, 'are');
UPDATE system_log_quiet SET since = now() - interval '2 minutes';
SELECT is(try('kidoban_keeper', 0, 'SELECT api.keeper_log_quiet()'), 'ok', 'after a minute');
SELECT is((SELECT object || details FROM system_log_unsealed WHERE action = 'system_refusals_left_out'), '192.0.2.7{"left_out": 40}', 'it is told how many were left out');
SELECT is(try('kidoban_session', 1, 'SELECT api.session_end()'), 'ok', 'a log-out');

-- sealing
SELECT is((SELECT x FROM ask('kidoban_keeper', 0, 'SELECT api.keeper_seal(100)') x), '(100)', 'the sealer takes as many as it is told');
SELECT is((SELECT x FROM ask('kidoban_keeper', 0, 'SELECT api.keeper_seal(1000)') x), format('(%s)', (SELECT count(*) FROM system_log) - 100 + (SELECT count(*) FROM system_log_unsealed)), 'and the rest');
SELECT is((SELECT count(*)::int FROM system_log_unsealed), 0, 'nothing is left');
SELECT is((SELECT array_agg(number ORDER BY number) FROM system_log), (SELECT array_agg(n) FROM generate_series(1, (SELECT count(*) FROM system_log)) n), 'numbers have no gaps');
SELECT is((SELECT count(*)::int FROM system_log a JOIN system_log b ON b.number = a.number + 1 WHERE b.id < a.id OR b.sealed_at < a.sealed_at), 0, 'and keep the order of entries');
SELECT is((SELECT count(*)::int FROM system_log e LEFT JOIN system_log p ON p.number = e.number - 1
            WHERE e.hash <> sha256(coalesce(p.hash, (SELECT sha256(convert_to(log::text, 'UTF8')) FROM system_log_head)) || system_log_encode(e))), 0, 'each hash follows from the one before');
SELECT is((SELECT number || encode(hash, 'hex') = (SELECT number || encode(hash, 'hex') FROM system_log ORDER BY number DESC LIMIT 1) FROM system_log_head), true, 'the head is the last');
-- 1 2 | "é" is two bytes
SELECT is(encode(system_log_encode(ROW(1, '2026-01-02T03:04:05.678901Z', 2, '2026-01-02T03:04:05Z', 7, 'é', 'api', '', 'gates_update', '', '', 'done', 204, '', '', NULL)), 'hex'),
  '0000000131' || '0000001b' || encode('2026-01-02T03:04:05.678901Z', 'hex') || '0000000132' || '0000001b' || encode('2026-01-02T03:04:05.000000Z', 'hex') || '0000000137'
  || '00000002c3a9' || '00000003617069' || '00000000' || '0000000c' || encode('gates_update', 'hex') || '00000000' || '00000000' || '00000004646f6e65' || '00000003323034' || '00000000' || '00000000',
  'the canonical encoding is what doc/system-log.md says');
SELECT throws_ok('UPDATE system_log SET object = ''x''', 'KD004', NULL, 'even a superuser is told not to');
SELECT is(try('kidoban_keeper', 0, 'DELETE FROM kidoban.system_log'), 'ok', 'the keeper owns the partitions to drop them');
SELECT cmp_ok((SELECT count(*) FROM system_log), '>', 100::int8, 'but sees and deletes no row');
SELECT throws_ok('TRUNCATE system_log', 'KD004', NULL, 'nor to empty it');
COMMIT;

-- A transaction that commits late is sealed late, and its entry is neither lost nor put in between.
BEGIN;
SELECT dblink_connect('late', 'dbname=' || current_database()), dblink_connect('s', 'dbname=' || current_database()) \g /dev/null
SELECT dblink_exec('late', 'BEGIN'), dblink_exec('late', $q$DO $b$ BEGIN PERFORM kidoban.system_log_add('system', '', 'system_started', 'late', 'done', ''); END $b$$q$) \g /dev/null
SELECT dblink_exec('s', $q$DO $b$ BEGIN PERFORM kidoban.system_log_add('system', '', 'system_started', 'early', 'done', ''); END $b$$q$) \g /dev/null
SELECT is((SELECT n FROM dblink('s', 'SELECT api.keeper_seal(100)') AS x(n int4)), 1, 'what is committed is sealed');
SELECT dblink_exec('late', 'COMMIT') \g /dev/null
SELECT is((SELECT n FROM dblink('s', 'SELECT api.keeper_seal(100)') AS x(n int4)), 1, 'what commits late is sealed then');
SELECT results_eq('SELECT object FROM system_log ORDER BY number DESC LIMIT 2', $$VALUES ('late'), ('early')$$, 'after what came before');
-- One sealer at a time; one that dies leaves nothing behind.
SELECT dblink_exec('s', $q$DO $b$ BEGIN PERFORM kidoban.system_log_add('system', '', 'system_started', 'twice', 'done', ''); END $b$$q$) \g /dev/null
SELECT dblink_exec('late', 'BEGIN') \g /dev/null
SELECT is((SELECT n FROM dblink('late', 'SELECT api.keeper_seal(100)') AS x(n int4)), 1, 'one seals');
SELECT is((SELECT n FROM dblink('s', 'SELECT api.keeper_seal(100)') AS x(n int4)), 0, 'another waits for nothing');
SELECT dblink_disconnect('late') \g /dev/null
SELECT is((SELECT n FROM (SELECT pg_sleep(0.2)) z, dblink('s', 'SELECT api.keeper_seal(100)') AS x(n int4)), 1, 'the first died, the second goes on');
SELECT is((SELECT count(*) FROM system_log), (SELECT max(number) FROM system_log), 'without a gap');
SELECT dblink_disconnect('s') \g /dev/null
COMMIT;

-- pages
BEGIN;
CREATE FUNCTION tap.page(operator int4, arguments text, cursor text DEFAULT 'NULL, NULL, NULL', most int4 DEFAULT 500) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT tap.ask('kidoban_system', operator, format('SELECT id FROM api.system_log_page(%s, %s, %s)', arguments, cursor, most))
$$;
SELECT api.session_create(1, sha256(decode(repeat('9', 64), 'hex')), 'password', NULL) \g /dev/null
SELECT is((SELECT count(*)::int FROM page(9, 'NULL, NULL, NULL, NULL, NULL, NULL, NULL')), (SELECT count(*)::int FROM system_log), 'everything');
SELECT results_eq($$SELECT * FROM page(9, 'NULL, NULL, NULL, NULL, NULL, NULL, NULL', most => 3)$$, $$SELECT format('(%s)', id) FROM system_log ORDER BY at DESC, id DESC LIMIT 3$$, 'newest first');
SELECT is((SELECT count(*)::int FROM page(9, $$NULL, NULL, NULL, '{system_started}', NULL, NULL, NULL$$)), 3, 'by action');
SELECT is((SELECT count(*)::int FROM page(9, $$NULL, NULL, 1, NULL, '{refused}', NULL, NULL$$)), 101, 'by operator and outcome');
SELECT is((SELECT count(*)::int FROM page(9, $$NULL, NULL, NULL, NULL, NULL, '{system}', 'EARLY'$$)), 1, 'by origin and text');
SELECT is((SELECT count(*)::int FROM page(9, $$NULL, NULL, NULL, NULL, NULL, NULL, '%'$$)), 0, 'a % is one');
SELECT is((SELECT count(*)::int FROM page(9, $$now() + interval '1 hour', NULL, NULL, NULL, NULL, NULL, NULL$$)), 0, 'from a time on');
SELECT is((SELECT count(*)::int FROM page(9, $$NULL, now() - interval '1 hour', NULL, NULL, NULL, NULL, NULL$$)), 0, 'up to a time');
SELECT kidoban.system_log_add('system', '', 'system_started', 'fresh', 'done', '') \g /dev/null
SELECT results_eq($$SELECT * FROM page(9, 'NULL, NULL, NULL, NULL, NULL, NULL, NULL', most => 1)$$, $$SELECT format('(%s)', id) FROM system_log_unsealed$$, 'what is not sealed yet is there at once');
CREATE FUNCTION tap.walk(most int4) RETURNS int8[] LANGUAGE plpgsql AS $$
DECLARE
  ids  int8[] := '{}';
  last record;
  r    record;
BEGIN
  PERFORM set_config('kidoban.session', repeat('9', 64), true);
  LOOP
    last := NULL;
    FOR r IN SELECT * FROM api.system_log_page(NULL, NULL, NULL, NULL, NULL, NULL, NULL, to_date(current_setting('tap.part', true), 'YYYYMM'), nullif(current_setting('tap.at', true), '')::timestamptz,
                                               nullif(current_setting('tap.id', true), '')::int8, most) LOOP
      ids := ids || r.id;
      last := r;
    END LOOP;
    EXIT WHEN last IS NULL;
    PERFORM set_config('tap.part', last.part, true), set_config('tap.at', last.at::text, true), set_config('tap.id', last.id::text, true);
  END LOOP;
  RETURN ids;
END $$;
SELECT is((SELECT walk(7)), (SELECT array_agg(id ORDER BY at DESC, id DESC) FROM (SELECT id, at FROM system_log UNION ALL SELECT id, at FROM system_log_unsealed) x), 'pages make up the whole');
SELECT is(try('kidoban_system', 2, 'SELECT * FROM api.system_log_page(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5)'), 'KD004', 'not without the right');
SELECT is((SELECT count(*)::int FROM ask('kidoban_system', 2, 'SELECT * FROM kidoban.system_log')), 0, 'nor the rows themselves');
SELECT is((SELECT count(*)::int FROM ask('kidoban_system', 2, 'SELECT * FROM kidoban.system_log_unsealed')), 0, 'nor those on their way');
SELECT is((SELECT string_agg(DISTINCT try('kidoban_system', 2, 'SELECT * FROM ' || f), ' ') FROM unnest('{api.system_log_sealed(),"api.system_log_checkpoints(0, -1, 0, 5)",api.system_log_keys(),api.system_alarms(true)}'::text[]) f), 'KD004', 'nor what belongs to them');
INSERT INTO operator_right VALUES (2, 'system_log', 'view');
SELECT is(try('kidoban_system', 2, 'SELECT * FROM api.system_log_page(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5)'), 'ok', 'a granted one may');
ROLLBACK;

-- Checkpoints, and the partition that goes (L-9): not before a checkpoint ends it.
BEGIN;
SELECT is((SELECT number FROM api.keeper_log_to_sign()), (SELECT number FROM system_log_head), 'the head is to be signed');
SELECT is(try('kidoban_keeper', 0, $$SELECT api.keeper_log_key_add('0123456789abcdef', decode(repeat('ab', 32), 'hex'), 'x')$$), 'ok', 'a key');
CREATE FUNCTION tap.sign() RETURNS text LANGUAGE sql AS $$
  WITH s AS (SELECT * FROM api.keeper_log_to_sign()), done AS (SELECT api.keeper_log_signed(s.number, s.at, s.hash, s.first, '0123456789abcdef', decode(repeat('cd', 64), 'hex')) FROM s)
  SELECT s.first || ' ' || s.drops FROM s, done
$$;
SELECT is((SELECT sign()), '1 false', 'the first checkpoint');
SELECT is((SELECT count(*)::int FROM api.keeper_log_to_sign()), 0, 'and nothing new then');
-- An old partition with what was sealed in it.
SELECT history_ensure('system_log', now() - interval '450 days') \g /dev/null
INSERT INTO system_log SELECT -1, now() - interval '450 days', 0, now() - interval '450 days', 0, '', 'system', '', 'system_started', '', '', 'done', 0, '', '', sha256('old');
UPDATE system_log_head SET number = number;
SELECT is((SELECT count(*)::int FROM api.keeper_partitions_due() WHERE parent ~ 'system_log'), 1, 'what a checkpoint starts after is due');
ROLLBACK;
BEGIN;
SELECT history_ensure('system_log', now() - interval '450 days') \g /dev/null
INSERT INTO system_log SELECT (SELECT max(number) + 1 FROM system_log), now() - interval '450 days', 0, now() - interval '450 days', 0, '', 'system', '', 'system_started', '', '', 'done', 0, '', '', sha256('old');
SELECT is((SELECT count(*)::int FROM api.keeper_partitions_due() WHERE parent ~ 'system_log'), 0, 'what no checkpoint ends stays');
SELECT is((SELECT drops FROM api.keeper_log_to_sign()), true, 'until one is made');
SELECT is((SELECT first FROM api.keeper_log_to_sign()), (SELECT max(number) + 1 FROM system_log), 'from which the chain then begins');
SELECT is(try('kidoban_keeper', 0, $$SELECT api.keeper_log_key_add('0123456789abcdef', decode(repeat('ab', 32), 'hex'), 'x')$$), 'ok', 'a key');
SELECT is((SELECT count(*)::int FROM (SELECT api.keeper_log_signed(s.number, s.at, s.hash, s.first, '0123456789abcdef', decode(repeat('cd', 64), 'hex')) FROM api.keeper_log_to_sign() s) x), 1, 'it is');
SELECT is((SELECT step FROM api.keeper_partitions_due() WHERE parent ~ 'system_log'), 'detach', 'and the partition goes');
UPDATE edition SET system_log_days = 400, history_days = 1;
SELECT is((SELECT count(*)::int FROM api.keeper_partitions_due() WHERE parent ~ 'system_log'), 1, 'by its own limit');
ROLLBACK;

-- Alarms of the system: raised and cleared once, each with an entry.
BEGIN;
SELECT is((SELECT string_agg(api.keeper_alarm('disk_low', '/srv', 'alarm', d, r)::text, ' ') FROM (VALUES ('3 % left', true), ('2 % left', true), ('', false), ('', false)) x(d, r)), 'true false true false', 'once each');
SELECT is((SELECT string_agg(action || ' ' || object, ', ' ORDER BY id) FROM system_log_unsealed WHERE action ~ 'alarm'), 'system_alarm_raised disk_low /srv, system_alarm_cleared disk_low /srv', 'both are in the log');
SELECT is((SELECT detail FROM system_alarm), '2 % left', 'an open alarm says how it is now');
SELECT is((SELECT count(*)::int FROM ask('kidoban_system', 3, 'SELECT 1')), 1, 'somebody');
SELECT is(try('kidoban_system', 3, 'SELECT * FROM api.system_alarms(true)'), 'KD004', 'without the right sees none');
SELECT * FROM finish();
COMMIT;
