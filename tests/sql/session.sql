-- Log-in, sessions, saved searches (A-4, L-11, L-12).
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();
UPDATE operator SET password_hash = '$y$x', remote_user = 'ad\general' WHERE id = 2;
CREATE FUNCTION tap.log_in(operator int4, token text) RETURNS text LANGUAGE sql AS $$
  SELECT tap.try('kidoban_session', 0, format('SELECT api.session_create(%s, sha256(decode(%L, ''hex'')), ''password'', ''192.0.2.1'')', operator, repeat(token, 32)))
$$;

SELECT results_eq($$SELECT * FROM ask('kidoban_session', 0, $q$SELECT * FROM api.session_open('general')$q$)$$, $$VALUES ('(2,$y$x,f)')$$, 'a log-in gets the hash to check');
SELECT is_empty($$SELECT * FROM ask('kidoban_session', 0, $q$SELECT * FROM api.session_open('General')$q$)$$, 'a name is exact');
SELECT is(try('kidoban_gates', 0, $$SELECT * FROM api.session_open('general')$$), '42501', 'other programs get no hashes');
SELECT is(log_in(2, 'ab'), 'ok', 'a session is made');
SELECT is(log_in(5, 'ac'), 'KD004', 'not for a disabled operator');
SELECT is(log_in(2, 'ab'), '23505', 'not with the same token');
SELECT set_config('kidoban.session', repeat('ab', 32), true) \g /dev/null
SELECT is(current_operator(), 2, 'the token tells the operator');
SELECT is((SELECT array[name, role, origin] FROM api.session_context()), '{general,general,password}', 'and the context');
SELECT is((SELECT rights ->> 'gates' || (rights ->> 'operators') FROM api.session_context()), 'editnone', 'with the rights');
SELECT is((SELECT count(*)::int FROM api.session_context(), json_object_keys(rights)), 19, 'all nineteen');
SELECT set_config('kidoban.session', upper(repeat('ab', 32)), true) \g /dev/null
SELECT is(current_operator(), NULL, 'a token has one form');
SELECT set_config('kidoban.session', 'x', true) \g /dev/null
SELECT is(current_operator(), NULL, 'nonsense is nobody');
SELECT set_config('kidoban.session', encode(sha256(decode(repeat('ab', 32), 'hex')), 'hex'), true) \g /dev/null
SELECT is(current_operator(), NULL, 'the stored hash is no token');

SELECT set_config('kidoban.session', repeat('ab', 32), true) \g /dev/null
UPDATE session SET last_seen_at = now() - interval '10 minutes' WHERE token_hash = sha256(decode(repeat('ab', 32), 'hex'));
SELECT count(*) FROM api.session_context() \g /dev/null
SELECT cmp_ok((SELECT last_seen_at FROM session WHERE token_hash = sha256(decode(repeat('ab', 32), 'hex'))), '>', now() - interval '1 minute', 'a request is seen');
SELECT last_seen_at AS seen FROM session WHERE token_hash = sha256(decode(repeat('ab', 32), 'hex')) \gset
SELECT count(*) FROM api.session_context() \g /dev/null
SELECT is((SELECT last_seen_at FROM session WHERE token_hash = sha256(decode(repeat('ab', 32), 'hex'))), :'seen', 'but written once a minute only');
UPDATE session SET last_seen_at = now() - interval '31 minutes' WHERE token_hash = sha256(decode(repeat('ab', 32), 'hex'));
SELECT is(current_operator(), NULL, 'an idle session is nobody');
UPDATE setting SET value = '7200' WHERE name = 'idle_timeout_s';
SELECT is(current_operator(), 2, 'idle by the site''s setting');
UPDATE session SET expires_at = now() WHERE token_hash = sha256(decode(repeat('ab', 32), 'hex'));
SELECT is(current_operator(), NULL, 'an expired one is nobody');
UPDATE setting SET value = '1800' WHERE name = 'idle_timeout_s';
SELECT is(log_in(2, 'ad'), 'ok', 'another');
SELECT isnt((SELECT ended_at FROM session WHERE token_hash = sha256(decode(repeat('ab', 32), 'hex'))), NULL, 'a log-in ends what was idle');
SELECT set_config('kidoban.session', repeat('ad', 32), true) \g /dev/null
UPDATE operator SET disabled = true WHERE id = 2;
SELECT is(current_operator(), NULL, 'a disabled operator is nobody at once');
UPDATE operator SET disabled = false WHERE id = 2;
SELECT is(current_operator(), NULL, 'and the session does not come back when let in again');
SELECT is(log_in(2, 'ae'), 'ok', 'who then logs in anew');
SELECT set_config('kidoban.session', repeat('ae', 32), true) \g /dev/null
SELECT is(api.session_touch(), true, 'touched');
SELECT is(api.session_end(), true, 'logged out');
SELECT is(current_operator(), NULL, 'is over');
SELECT is(api.session_end(), false, 'and not twice');

UPDATE edition SET sessions = 5;
SELECT is((SELECT count(*)::int FROM session WHERE ended_at IS NULL), 4, 'four are logged in');
SELECT is(log_in(2, 'b1'), 'ok', 'the fifth');
SELECT is(log_in(2, 'b2'), 'KD002 L-11', 'the sixth is refused, naming the limit');
SELECT is(try('kidoban_operators', 2, 'SELECT api.operator_log_out(1)'), 'KD004', 'a general administrator throws nobody out');
SELECT is((SELECT x FROM ask('kidoban_operators', 1, 'SELECT api.operator_log_out(2)') x), '(1)', 'a system administrator does');
SELECT is(log_in(2, 'b2'), 'ok', 'then there is room');
UPDATE edition SET sessions = 6;

SELECT is((SELECT x FROM ask('kidoban_session', 0, $$SELECT api.session_remote('ad\general', sha256('r'), '192.0.2.1')$$) x), '()', 'Apache''s user is refused while the setting is off');
UPDATE setting SET value = 'on' WHERE name = 'remote_user_login';
SELECT isnt((SELECT x FROM ask('kidoban_session', 0, $$SELECT api.session_remote('ad\general', sha256('r'), '192.0.2.1')$$) x), '()', 'and accepted when it is on');
SELECT is((SELECT x FROM ask('kidoban_session', 0, $$SELECT api.session_remote('general', sha256('s'), '192.0.2.1')$$) x), '()', 'who is not mapped is refused');
SELECT is((SELECT x FROM ask('kidoban_session', 0, $$SELECT api.login_failed('general') FROM generate_series(1, 1)$$) x), '(1)', 'a failure is counted');
SELECT is((SELECT x FROM ask('kidoban_session', 0, $$SELECT api.login_tries('general')$$) x), '(1)', 'under its name');
SELECT is((SELECT x FROM ask('kidoban_session', 0, $$SELECT api.login_tries('admin')$$) x), '(0)', 'and no other');
SELECT is((SELECT count(*)::int FROM login_failure WHERE name ~ 'general'), 0, 'what was typed, a password perhaps, is not kept');

SELECT is(try('kidoban_session', 1, format('INSERT INTO kidoban.saved_search (operator_id, screen, name, search) SELECT 1, ''gates'', %L || i, ''{}'' FROM generate_series(1, 20) i', 'n')), 'ok', 'twenty saved searches');
SELECT is(try('kidoban_session', 1, $$INSERT INTO kidoban.saved_search (operator_id, screen, name, search) VALUES (1, 'gates', 'x', '{}')$$), 'KD002 L-12', 'the next is refused, naming the limit');
SELECT is((SELECT count(*)::int FROM ask('kidoban_session', 3, 'SELECT * FROM kidoban.saved_search')), 0, 'nobody sees another''s');
SELECT is(try('kidoban_owner', 0, $$INSERT INTO kidoban.operator_right VALUES (2, 'operators', 'edit')$$), 'KD007', 'a fixed right can not be granted');
SELECT is(try('kidoban_owner', 0, $$INSERT INTO kidoban.operator_right VALUES (2, 'calendars', 'edit')$$), 'ok', 'another can');
UPDATE edition SET operators = 5;
SELECT is(try('kidoban_owner', 0, $$INSERT INTO kidoban.operator (name) VALUES ('sixth')$$), 'KD002 L-11', 'operators have their limit');
SELECT * FROM finish();
ROLLBACK;
