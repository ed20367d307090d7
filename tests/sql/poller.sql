-- Leases, slots, state, commands, keys: what pollers do, and what a poller that was overtaken can not do any more.
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();
CREATE FUNCTION tap.p(query text) RETURNS SETOF text LANGUAGE sql AS $$ SELECT tap.ask('kidoban_gate_poller', 0, query) $$;
CREATE FUNCTION tap.leased(poller int4) RETURNS int4 LANGUAGE sql AS $$ SELECT count(*)::int4 FROM tap.p(format('SELECT * FROM api.poller_lease(%s)', poller)) $$;
CREATE FUNCTION tap.token(c int4) RETURNS int8 LANGUAGE sql AS $$ SELECT token FROM kidoban.controller_lease WHERE controller_id = c $$;

-- leases
SELECT is((SELECT x FROM p($$SELECT api.poller_start('one')$$) x), '(1)', 'a poller starts');
SELECT is(leased(1), 41, 'alone it has every controller');
SELECT is(leased(1), 41, 'and keeps them');
SELECT is((SELECT max(token) FROM controller_lease), 1::int8, 'under the same tokens');
SELECT is((SELECT x FROM p($$SELECT api.poller_start('two')$$) x), '(2)', 'another starts');
SELECT is(leased(2), 0, 'it takes nothing that is held');
SELECT is(leased(1), 21, 'the first gives back what is above its share');
SELECT is(leased(2), 20, 'the second takes that');
SELECT is((SELECT count(DISTINCT controller_id)::int FROM controller_lease WHERE poller_id IS NOT NULL), 41, 'each controller has one');
SELECT is(token(41), 3::int8, 'given back and taken: two tokens further');
UPDATE controller_lease SET expires_at = clock_timestamp() - interval '1 second' WHERE poller_id = 1;
UPDATE poller SET heartbeat = clock_timestamp() - interval '20 seconds' WHERE id = 1;
SELECT is(leased(2), 41, 'what a dead poller had is taken over');
SELECT is(token(1), 2::int8, 'under another token');
SELECT is((SELECT count(*)::int FROM p($$SELECT api.poller_store_status('{1}', '{1}', ARRAY[now()], '{2}', '{""}', '{1}', '{f}', '{m}', '{0}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{0}')$$)), 0, 'the dead one''s status comes to nothing');
SELECT is((SELECT lock_state FROM gate_state WHERE gate_id = 1), 0::int2, 'and changes nothing');
SELECT is(try('kidoban_gate_poller', 0, 'SELECT * FROM api.poller_lease(99)'), 'KD003', 'who did not start has no lease');
SELECT is(change($$UPDATE kidoban.controller SET enabled = false WHERE id = 5$$), 'ok', 'a controller is taken out of service');
SELECT is(leased(2), 40, 'and leased to nobody');
SELECT p('SELECT api.poller_stop(2)') \g /dev/null
SELECT is((SELECT count(*)::int FROM controller_lease WHERE poller_id IS NOT NULL), 0, 'a poller that stops gives all back');
SELECT p($$SELECT api.poller_start('three')$$) \g /dev/null
SELECT is(leased(3), 40, 'the next has them at once');

-- slots (L-20)
SELECT is((SELECT x FROM p('SELECT api.slot_lease(3, 80)') x), '(50)', 'one poller has at most fifty slots');
SELECT p($$SELECT api.poller_start('four')$$) \g /dev/null
SELECT is((SELECT x FROM p('SELECT api.slot_lease(4, 30)') x), '(0)', 'another waits');
SELECT is((SELECT x FROM p('SELECT api.slot_lease(3, 80)') x), '(25)', 'until the first leaves it its fair part');
SELECT is((SELECT x FROM p('SELECT api.slot_lease(4, 30)') x), '(25)', 'and has it then');
SELECT is((SELECT x FROM p('SELECT api.slot_lease(4, 5)') x), '(5)', 'it gives back what it does not want');
SELECT is((SELECT x FROM p('SELECT api.slot_lease(3, 80)') x), '(45)', 'which the other may use');
SELECT is((SELECT count(*)::int FROM slot WHERE poller_id IS NOT NULL), 50, 'never more than fifty in all');
UPDATE edition SET slots = 10;
SELECT is((SELECT x FROM p('SELECT api.slot_lease(3, 80)') x), '(5)', 'a site may lower it');
UPDATE edition SET slots = 50;
SELECT p('SELECT api.poller_stop(4)') \g /dev/null
SELECT leased(3) \g /dev/null

-- status (G-2) and the alarms of the link
CREATE FUNCTION tap.status(c int4, com int2, why text, off int4, lock int2 DEFAULT 1) RETURNS int4 LANGUAGE sql AS $$
  SELECT count(*)::int4 FROM tap.p(format($q$SELECT api.poller_store_status('{%1$s}', '{%2$s}', ARRAY[clock_timestamp()], '{%3$s}', ARRAY[%4$L], '{7}', '{f1}', '{m1}', ARRAY[%5$s]::int4[], '{10}', '{3}',
    %6$s, %7$s, %8$s, %7$s, %7$s, %7$s, %7$s, %9$s)$q$, c, tap.token(c), com, why, coalesce(off::text, 'NULL'),
    CASE com WHEN 2 THEN format('''{%s}''', c) ELSE '''{}''' END, CASE com WHEN 2 THEN '''{1}''' ELSE '''{}''' END,
    CASE com WHEN 2 THEN format('''{%s}''', lock) ELSE '''{}''' END, CASE com WHEN 2 THEN '''{0}''' ELSE '''{}''' END))
$$;
SELECT is(status(1, 2::int2, '', 0), 1, 'a state is stored');
SELECT is((SELECT array[lock_state, arm_state, door_state] FROM gate_state WHERE gate_id = 1), '{1,1,1}', 'for its gate');
SELECT is((SELECT firmware || communication FROM controller_state WHERE controller_id = 1), 'f12', 'and its controller');
SELECT seen_at AS seen, changed_at AS changed FROM gate_state WHERE gate_id = 1 \gset
SELECT is(status(1, 2::int2, '', 0), 1, 'the same again');
SELECT is((SELECT changed_at = :'changed' AND seen_at > :'seen' FROM gate_state WHERE gate_id = 1), true, 'is seen later and changed when it was');
SELECT is(status(1, 3::int2, 'timeout', NULL), 1, 'no answer');
SELECT is((SELECT array[kind::text, (gate_id IS NULL)::text, (cleared_at IS NULL)::text] FROM alarm WHERE controller_id = 1), '{210,true,true}', 'is an alarm');
SELECT is((SELECT seen_at > :'seen' AND lock_state = 1 FROM gate_state WHERE gate_id = 1), true, 'the last known state stays');
SELECT is(status(1, 3::int2, 'timeout', NULL), 1, 'still none');
SELECT is((SELECT count(*)::int FROM alarm WHERE controller_id = 1), 1, 'is the same alarm');
SELECT is(status(1, 2::int2, '', 0), 1, 'an answer');
SELECT is((SELECT cleared_at IS NOT NULL FROM alarm WHERE controller_id = 1), true, 'clears it');
SELECT is((SELECT array_agg(raised ORDER BY seq) FROM alarm_event e JOIN event_log l ON l.id = e.log AND l.controller_id IS NULL WHERE e.controller = 1), '{t,f}', 'history has both, in the server''s own log');
SELECT is(status(1, 2::int2, '', 9000), 1, 'a clock nine seconds off');
SELECT is((SELECT count(*)::int FROM alarm WHERE controller_id = 1 AND kind = 216 AND cleared_at IS NULL), 1, 'is an alarm');
SELECT is(status(1, 2::int2, '', -4000), 1, 'four seconds');
SELECT is((SELECT count(*)::int FROM alarm WHERE controller_id = 1 AND kind = 216 AND cleared_at IS NULL), 0, 'is none');
SELECT is((SELECT array_agg(DISTINCT d) FROM (SELECT mark - lag(mark) OVER (ORDER BY mark) AS d FROM (SELECT seq AS mark FROM alarm_event e JOIN event_log l ON l.id = e.log AND l.controller_id IS NULL) s) x WHERE d IS NOT NULL), '{1}', 'the server''s log has no holes');

-- commands
SELECT ask('kidoban_gates', 2, $$SELECT api.command_request_create('{1,9,13}', 'unlock', NULL, 5000, 'key', 'command', '')$$) \g /dev/null
SELECT is((SELECT array_agg(outcome) FROM command), '{1,1,1}', 'commands are queued');
SELECT is((SELECT array_agg(x) FROM p('SELECT controller_id, door, what, ttl_ms BETWEEN 1 AND 5000, operator_id FROM api.poller_commands(3) ORDER BY 1') x), '{"(1,1,1,t,2)","(9,1,1,t,2)","(13,1,1,t,2)"}', 'taken by the poller that has the lease');
SELECT is((SELECT count(*)::int FROM p('SELECT * FROM api.poller_commands(3)')), 0, 'once');
SELECT is((SELECT array_agg(outcome) FROM command), '{2,2,2}', 'and are sent');
SELECT is((SELECT count(*)::int FROM p(format('SELECT api.poller_command_outcome(ARRAY[%L]::uuid[], ''{0}'', ''{3}'', ''{""}'')', (SELECT id FROM command WHERE gate_id = 1)))), 0, 'a stale token has no say');
SELECT is((SELECT count(*)::int FROM p(format('SELECT api.poller_command_outcome(ARRAY[%L]::uuid[], ''{%s}'', ''{4}'', ''{busy}'')', (SELECT id FROM command WHERE gate_id = 1), token(1)))), 1, 'the right one has');
SELECT is((SELECT outcome || reason || (finished_at IS NOT NULL) FROM command WHERE gate_id = 1), '4busytrue', 'it is the gate''s own answer');
SELECT is((SELECT count(*)::int FROM p(format('SELECT api.poller_command_outcome(ARRAY[%L]::uuid[], ''{%s}'', ''{3}'', ''{""}'')', (SELECT id FROM command WHERE gate_id = 1), token(1)))), 0, 'and final');
SELECT is((SELECT x FROM ask('kidoban_gates', 2, $$SELECT api.command_request_create('{1,9,13}', 'unlock', NULL, 5000, 'key', 'command', '')$$) x), (SELECT format('(%s)', id) FROM command_request), 'the same key is the same request');
SELECT is((SELECT count(*)::int FROM command), 3, 'and no further command');
UPDATE command SET expires_at = clock_timestamp() - interval '1 second', outcome = CASE gate_id WHEN 9 THEN 1 ELSE 2 END WHERE gate_id IN (9, 13);
SELECT is((SELECT x FROM ask('kidoban_keeper', 0, 'SELECT api.keeper_expire_commands()') x), '(1)', 'what nobody took in time expires');
UPDATE command SET expires_at = clock_timestamp() - interval '10 seconds' WHERE gate_id = 13;
SELECT is((SELECT x FROM ask('kidoban_keeper', 0, 'SELECT api.keeper_expire_commands()') x), '(1)', 'what was sent and not answered');
SELECT is((SELECT array_agg(outcome ORDER BY gate_id) FROM command), '{4,6,8}', 'refused, expired, unknown');
SELECT ask('kidoban_gates', 2, $$SELECT api.command_request_create('{17}', 'set_verification_mode', 'card_and_pin', NULL, NULL, 'command', '')$$) \g /dev/null
SELECT is((SELECT command * 10 + value FROM command WHERE gate_id = 17), 52, 'a mode is carried as its number');

-- keys (P-3): at every step there is a common one
CREATE FUNCTION tap.keys() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(epoch || state, ' ' ORDER BY epoch) FROM kidoban.controller_key WHERE controller_id = 1 $$;
SELECT is((SELECT x FROM p(format($$SELECT api.poller_key_stage(1, %s, 1, '\x01')$$, token(1))) x), '(t)', 'a key is staged');
SELECT is((SELECT x FROM p($$SELECT enrolled, key_epoch, old_key_epoch FROM api.poller_lease(3) WHERE controller_id = 1$$) x), '(f,,1)', 'not enrolled yet, the staged one at hand');
SELECT is((SELECT x FROM p(format($$SELECT api.poller_key_activate(1, %s, 1)$$, token(1))) x), '(t)', 'it was used');
SELECT is((SELECT x FROM p($$SELECT enrolled, key_epoch, old_key_epoch FROM api.poller_lease(3) WHERE controller_id = 1$$) x), '(t,1,)', 'enrolled');
SELECT p(format($$SELECT api.poller_key_stage(1, %s, 2, '\x02')$$, token(1))) \g /dev/null
SELECT p(format($$SELECT api.poller_key_activate(1, %s, 2)$$, token(1))) \g /dev/null
SELECT is(keys(), '1retired 2active', 'the old one is kept until the controller has forgotten it');
SELECT is((SELECT x FROM p(format($$SELECT api.poller_key_retire(1, %s, 2)$$, token(1))) x), '(t)', 'retiring the active one');
SELECT is(keys(), '1retired 2active', 'does nothing');
SELECT p(format($$SELECT api.poller_key_retire(1, %s, 1)$$, token(1))) \g /dev/null
SELECT is(keys(), '2active', 'the old one goes');
SELECT is((SELECT x FROM p($$SELECT api.poller_key_stage(1, 0, 3, '\x03')$$) x), '(f)', 'a stale token stages nothing');
SELECT is((SELECT x FROM p(format($$SELECT api.poller_key_stage(1, %s, 2, '\x09')$$, token(1))) x), '(f)', 'an active key is not overwritten');
SELECT is((SELECT x FROM p(format($$SELECT api.poller_key_activate(1, %s, 9)$$, token(1))) x), '(f)', 'an unknown one not activated');

-- counters and the site
SELECT p($$SELECT api.poller_counters(3, '{a,b}', '{1,2}')$$) \g /dev/null
SELECT p($$SELECT api.poller_counters(3, '{a}', '{5}')$$) \g /dev/null
SELECT is((SELECT string_agg(name || value, ' ' ORDER BY name) FROM poller_counter), 'a5 b2', 'counters hold the latest');
INSERT INTO site_secret (name, wrapped) VALUES ('mutual_auth_password', '\xabcd');
SELECT is((SELECT x FROM p($$SELECT mutual_auth_password, time_zone, clock_due_at BETWEEN now() - interval '9 hours' AND now() FROM api.poller_site()$$) x), '("\\xabcd",Asia/Tokyo,t)', 'the password sealed, the zone, the clocks'' last time');
SELECT * FROM finish();
ROLLBACK;
