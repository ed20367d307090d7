-- Operators edited (A-1 to A-3): who may, how far, and the last administrator.
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();
UPDATE operator SET password_hash = '$y$x' WHERE id <= 4;
-- What came of a call as an operator: its first column, or the SQLSTATE with field and word.
CREATE FUNCTION tap.call(operator int4, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text; field text; word text;
BEGIN
  BEGIN
    PERFORM set_config('kidoban.session', repeat(operator::text, 64), true);
    PERFORM set_config('role', 'kidoban_operators', true);
    EXECUTE statement INTO answer;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS answer = RETURNED_SQLSTATE, field = COLUMN_NAME, word = PG_EXCEPTION_HINT;
    answer := concat_ws(' ', answer, nullif(field, ''), nullif(word, ''));
  END;
  PERFORM set_config('role', 'none', true);
  PERFORM set_config('kidoban.session', '', true);
  RETURN answer;
END $$;
CREATE FUNCTION tap.change(operator int4, target int4, change jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT tap.call(operator, format('SELECT api.operator_update(%s, NULL, %L)', target, change))
$$;
CREATE FUNCTION tap.levels(operator int4) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_object_agg(function, level) FROM kidoban.operator_levels(operator)
$$;

-- Who may
SELECT is(tap.call(o, s), 'KD004', format('operator %s may not: %s', o, s))
  FROM unnest('{2,3,4,5}'::int4[]) o,
       unnest(ARRAY['SELECT api.operators(NULL, NULL, NULL, NULL, NULL, 10)', 'SELECT api.operator_roles()', 'SELECT api.operator_sessions()',
                    $$SELECT api.operator_create('{"name": "x", "role": "general"}')$$, $$SELECT api.operator_update(2, NULL, '{"name": "x"}')$$,
                    'SELECT api.operator_delete(3, NULL)', 'SELECT api.operator_log_out(3)', 'SELECT api.operator_session_end(1)']) s;
SELECT is(try('kidoban_operators', 1, s), '42501', 'past the functions there is nothing: ' || s)
  FROM unnest(ARRAY['SELECT password_hash FROM kidoban.operator', 'UPDATE kidoban.operator SET role = ''system''', 'INSERT INTO kidoban.operator_right VALUES (2, ''calendars'', ''edit'')',
                    'SELECT token_hash FROM kidoban.session', 'SELECT kidoban.operator_write(2, ''{}'', NULL, NULL)', 'DELETE FROM kidoban.operator']) s;

-- Reading
SELECT is((SELECT string_agg(x, ' ') FROM ask('kidoban_operators', 1, 'SELECT name FROM api.operators(NULL, NULL, NULL, NULL, NULL, 3)') x), '(admin) (disabled) (general)', 'a page in order of name');
SELECT is((SELECT string_agg(x, ' ') FROM ask('kidoban_operators', 1, 'SELECT name, total FROM api.operators(NULL, NULL, NULL, NULL, ''general'', 3)') x), '(nobody,5) (viewer,5)', 'and the next, with the total');
SELECT is((SELECT string_agg(x, ' ') FROM ask('kidoban_operators', 1, 'SELECT name FROM api.operators(NULL, ''E'', ''general'', false, NULL, 9)') x), '(general) (viewer)', 'filtered');
SELECT is((SELECT x FROM ask('kidoban_operators', 1, 'SELECT (rights::jsonb) ->> ''gates'', jsonb_array_length(fixed::jsonb), management_groups, logged_in, has_password FROM api.operators(3, NULL, NULL, NULL, NULL, 1)') x),
          '(view,5,"[{""id"" : 2, ""name"" : ""group 2""}]",1,t)', 'one of them');
SELECT is((SELECT count(*)::int FROM ask('kidoban_operators', 1, 'SELECT jsonb_object_keys(rights::jsonb) FROM api.operators(3, NULL, NULL, NULL, NULL, 1)')), 19, 'with all nineteen rights');
SELECT is((SELECT count(*)::int FROM ask('kidoban_operators', 1, 'SELECT * FROM api.operator_sessions()')), 4, 'who is logged in: not the disabled one');
SELECT is((SELECT count(*)::int FROM ask('kidoban_operators', 1, 'SELECT * FROM api.operator_sessions() WHERE own')), 1, 'one of which is mine');
SELECT is((SELECT string_agg(x, ' ') FROM ask('kidoban_operators', 1, 'SELECT role, rights::jsonb ->> ''calendars'', jsonb_array_length(fixed::jsonb) FROM api.operator_roles()') x), '(general,none,5) (system,edit,5)', 'the roles'' defaults');

-- Adding
SELECT is(tap.call(1, $$SELECT api.operator_create('{"name": "guard", "role": "general", "display_name": "守衛", "rights": {"calendars": "edit", "gates": "view", "operators": "none"},
  "scope": {"management_groups": [2, 1, 2], "departments": [3]}}')$$), '1001', 'an operator is added');
SELECT is(levels(1001) -> 'calendars' || (levels(1001) -> 'gates') || (levels(1001) -> 'history'), '["edit", "view", "edit"]', 'with the rights that differ, and the defaults');
SELECT is((SELECT count(*)::int FROM operator_right WHERE operator_id = 1001), 2, 'of which only those are kept');
SELECT is((SELECT string_agg(management_group_id::text, ' ' ORDER BY management_group_id) FROM operator_management_group WHERE operator_id = 1001), '1 2', 'and the scope');
SELECT is(tap.call(1, format($$SELECT api.operator_create('{"name": "x", "role": "general", "rights": {"%s": "view"}}')$$, function)), format('KD007 rights/%s fixed_right', function), function || ' is fixed, to view neither')
  FROM role_right WHERE role = 'general' AND fixed;
SELECT is(change(1, 1, jsonb_build_object('rights', jsonb_build_object(function, 'view'))), format('KD007 rights/%s fixed_right', function), function || ' is fixed for system administrators')
  FROM role_right WHERE role = 'system' AND fixed;
SELECT is(tap.call(1, $$SELECT api.operator_create('{"name": "x", "role": "general", "rights": {"flying": "edit"}}')$$), 'KD007 rights/flying fixed_right', 'an unknown function is no right');
SELECT is(tap.call(1, $$SELECT api.operator_create('{"name": "x", "role": "general", "scope": {"departments": [99]}}')$$), 'KD007 scope/departments not_found', 'nor an unknown department a scope');
SELECT is(tap.call(1, $$SELECT api.operator_create('{"name": "guard", "role": "general"}')$$), '23505', 'a name is taken once');
SELECT is(tap.call(1, $$SELECT api.operator_create('{"name": "guard　", "role": "general"}')$$), 'KD007 name malformed', 'and not by a look-alike');

-- Changing
SELECT is(tap.call(1, $$SELECT api.operator_update(1001, 99, '{"display_name": "x"}')$$), 'KD001', 'a stale revision is told');
SELECT revision AS seen FROM operator WHERE id = 1001 \gset
SELECT cmp_ok(change(1, 1001, '{"rights": {"calendars": "none"}}')::int8, '>', :'seen'::int8, 'rights count as a change');
SELECT is((SELECT count(*)::int FROM operator_right WHERE operator_id = 1001), 1, 'a right at its default is not kept');
SELECT isnt(change(1, 1001, '{"scope": {"all_management_groups": true}}'), NULL, 'all management groups');
SELECT is((SELECT count(*)::int FROM operator_management_group WHERE operator_id = 1001), 0, 'empty the list');
SELECT is((SELECT count(*)::int FROM operator_department WHERE operator_id = 1001), 1, 'and leave the other');
SELECT isnt(change(1, 1001, '{"role": "system", "scope": {"all_management_groups": false, "management_groups": [2]}}'), NULL, 'another role');
SELECT is(levels(1001) ->> 'gates', 'edit', 'begins with its defaults');
SELECT is(change(1, 1, '{"password_hash": "$y$z"}'), 'KD007 password own_password', 'the own password is not changed here');

-- Nobody gives more than they have. 1001 is now a system administrator of group 2 and department 3 (and those below it).
INSERT INTO session (operator_id, token_hash, expires_at, origin) VALUES (1001, sha256(decode(repeat('6', 64), 'hex')), now() + interval '1 day', 'password');
SELECT isnt(change(6, 1001, '{"rights": {"calendars": "view", "gates": "view"}}'), 'KD004', 'who limits their own rights');
SELECT is(change(6, 1001, '{"rights": {"calendars": "edit"}}'), 'KD007 rights/calendars beyond_own', 'does not raise them again');
SELECT is(change(6, 1001, '{"scope": {"all_departments": true}}'), 'KD007 scope/all_departments beyond_own', 'nor the scope');
SELECT is(change(6, 1001, '{"scope": {"management_groups": [1, 2]}}'), 'KD007 scope/management_groups not_found', 'what is out of scope is not there');
SELECT is(change(6, 1, '{"disabled": true}'), 'KD004', 'one who has more is not touched');
SELECT is(change(6, 1, '{"password_hash": "$y$z"}'), 'KD004', 'nor taken over by a new password');
SELECT is(tap.call(6, 'SELECT api.operator_log_out(1)'), 'KD004', 'nor thrown out');
SELECT is(tap.call(6, format('SELECT api.operator_session_end(%s)', (SELECT id FROM session WHERE operator_id = 1))), 'KD004', 'by one session neither');
SELECT is(tap.call(6, 'SELECT api.operator_delete(1, NULL)'), 'KD004', 'nor deleted');
SELECT is(tap.call(6, $$SELECT api.operator_create('{"name": "y", "role": "system"}')$$), 'KD007 rights/calendars beyond_own', 'nor is another made who has more');
SELECT is(tap.call(6, $$SELECT api.operator_create('{"name": "y", "role": "general"}')$$), 'KD007 rights/gates beyond_own', 'in any right');
SELECT is(tap.call(6, $$SELECT api.operator_create('{"name": "y", "role": "general", "rights": {"gates": "view"}, "scope": {"management_groups": [2], "departments": [5]}}')$$) ~ '^\d+$', true, 'one with less is, within the own subtree');
SELECT is((SELECT string_agg(x, ' ') FROM ask('kidoban_operators', 6, 'SELECT name, editable FROM api.operators(NULL, NULL, NULL, NULL, NULL, 20)') x),
          '(admin,f) (disabled,f) (general,f) (guard,t) (nobody,t) (viewer,t) (y,t)', 'the list says whom one can edit');
UPDATE operator SET all_management_groups = false WHERE id = 1;
INSERT INTO operator_management_group VALUES (1, 1), (1, 2);
SELECT is((SELECT x FROM ask('kidoban_operators', 6, 'SELECT management_groups FROM api.operators(1, NULL, NULL, NULL, NULL, 1)') x), '("[{""id"" : 2, ""name"" : ""group 2""}]")', 'and names no management group out of scope');
UPDATE operator SET all_management_groups = true WHERE id = 1;

-- Out, and gone
SELECT isnt(change(1, 3, '{"password_hash": "$y$z"}'), NULL, 'a password set by an administrator');
SELECT is((SELECT count(*)::int FROM session WHERE operator_id = 3 AND ended_at IS NULL), 0, 'ends the operator''s sessions');
SELECT isnt(change(1, 2, '{"disabled": true}'), NULL, 'disabled');
SELECT is((SELECT count(*)::int FROM session WHERE operator_id = 2 AND ended_at IS NULL), 0, 'ends them, too');
SELECT isnt(change(1, 2, '{"disabled": false, "remote_user": "ad\\x"}'), NULL, 'and who is let in again');
SELECT is((SELECT count(*)::int FROM session WHERE operator_id = 2 AND ended_at IS NULL), 0, 'has to log in again');
INSERT INTO session (operator_id, token_hash, expires_at, origin) VALUES (2, sha256('r'), now() + interval '1 day', 'remote_user');
SELECT isnt(change(1, 2, '{"remote_user": null}'), NULL, 'Apache''s name taken away');
SELECT is((SELECT count(*)::int FROM session WHERE operator_id = 2 AND ended_at IS NULL), 0, 'ends what Apache vouched for');
SELECT is(tap.call(1, format('SELECT api.operator_session_end(%s)', (SELECT id FROM session WHERE operator_id = 4))), '4', 'one session is ended');
SELECT is(tap.call(1, 'SELECT api.operator_session_end(999999)'), 'KD003', 'one that is not there is not');
INSERT INTO saved_search (operator_id, screen, name, search) VALUES (4, 'gates', 'x', '{}');
SELECT is(tap.call(1, 'SELECT api.operator_delete(4, 1)'), 'KD001', 'deleting asks for the revision as well');
SELECT is(tap.call(1, format('SELECT api.operator_delete(4, %s)', (SELECT revision FROM operator WHERE id = 4))), '', 'deleted');
SELECT is((SELECT count(*)::int FROM saved_search WHERE operator_id = 4) + (SELECT count(*)::int FROM operator_right WHERE operator_id = 4), 0, 'with what belonged to the operator');
SELECT is((SELECT name FROM operator_names('{4}')), 'nobody', 'what was done keeps the name');
SELECT is(change(1, 4, '{"disabled": false}'), 'KD003', 'but there is nobody to let in');
SELECT is(tap.call(1, $$SELECT api.operator_create('{"name": "nobody", "role": "general"}')$$) ~ '^\d+$', true, 'the name is free');
SELECT throws_ok('UPDATE operator SET disabled = false WHERE id = 4', '23514', NULL, 'a deleted one is never let in');

-- The last administrator (5 is disabled, 1001 can not log in)
SELECT is(change(1, 1, c), 'KD006 last_administrator', 'the last administrator stays: ' || c::text)
  FROM unnest(ARRAY['{"role": "general"}', '{"disabled": true}']::jsonb[]) c;
SELECT is(tap.call(1, 'SELECT api.operator_delete(1, NULL)'), 'KD006 last_administrator', 'and is not deleted');
SELECT is(try('kidoban_owner', 0, 'DELETE FROM kidoban.operator WHERE id = 1'), 'KD006', 'by the owner neither');
SELECT is(try('kidoban_owner', 0, 'UPDATE kidoban.operator SET disabled = true'), 'KD006', 'nor with all the others');
SELECT is(try('kidoban_owner', 0, 'UPDATE kidoban.operator SET password_hash = NULL WHERE id = 1'), 'KD006', 'nor locked out');
UPDATE operator SET remote_user = 'x@y' WHERE id = 1001;
SELECT is(change(1, 1, '{"disabled": true}'), 'KD006 last_administrator', 'one whom Apache would let in does not count while that is off');
UPDATE setting SET value = 'on' WHERE name = 'remote_user_login';
SELECT isnt(change(1, 1, '{"disabled": true}'), 'KD006 last_administrator', 'and does when it is on');
SELECT is((SELECT count(*)::int FROM ask('kidoban_session', 0, $q$SELECT * FROM api.session_open('viewer')$q$)), 1, 'passwords are taken');
UPDATE setting SET value = 'only' WHERE name = 'remote_user_login';
SELECT is((SELECT count(*)::int FROM ask('kidoban_session', 0, $q$SELECT * FROM api.session_open('viewer')$q$)), 0, 'unless Apache alone says who it is');
SELECT throws_ok(format('UPDATE setting SET value = %L WHERE name = %L', v, n), '23514', NULL, format('%s is not set to %s', n, v))
  FROM (VALUES ('password_min_length', '7'), ('password_min_length', 'ten'), ('idle_timeout_s', '0'), ('remote_user_login', 'yes'), ('live_keeps_session', '1')) x(n, v);

-- The own password, and the stream's session
INSERT INTO session (operator_id, token_hash, expires_at, origin) VALUES (3, sha256(decode(repeat('7', 64), 'hex')), now() + interval '1 day', 'password'), (3, sha256('other'), now() + interval '1 day', 'password');
SELECT is((SELECT x FROM ask('kidoban_session', 7, $q$SELECT name, password_hash FROM api.session_password()$q$) x), '(viewer,$y$z)', 'the own password is compared with');
SELECT is(try('kidoban_session', 7, $$SELECT api.session_password_change('$y$x', '$y$n', repeat('9', 64))$$), 'KD006', 'one that was changed meanwhile is not overwritten');
SELECT is((SELECT x FROM ask('kidoban_session', 7, $q$SELECT api.session_password_change('$y$z', '$y$n', repeat('9', 64))$q$) x), '(1)', 'changed; the other session ends');
SELECT is((SELECT token_hash FROM session WHERE operator_id = 3 AND ended_at IS NULL), sha256(decode(repeat('9', 64), 'hex')), 'and the own one goes on under a new token');
SELECT is(try('kidoban_session', 7, $$SELECT api.session_password_change('$y$n', '$y$m', repeat('8', 64))$$), 'KD004', 'the old token is nobody');
SELECT id AS watched FROM session WHERE operator_id = 3 AND ended_at IS NULL \gset
UPDATE session SET last_seen_at = now() - interval '20 minutes' WHERE id = :watched;
SELECT is((SELECT count(*)::int FROM api.live_sessions(ARRAY[:watched]) WHERE session_id = :watched), 1, 'a watched session');
SELECT cmp_ok((SELECT last_seen_at FROM session WHERE id = :watched), '<', now() - interval '19 minutes', 'is not kept awake by its stream');
UPDATE setting SET value = 'on' WHERE name = 'live_keeps_session';
SELECT count(*) FROM api.live_sessions(ARRAY[:watched]) \g /dev/null
SELECT cmp_ok((SELECT last_seen_at FROM session WHERE id = :watched), '>', now() - interval '1 minute', 'unless the site says so');
UPDATE session SET last_seen_at = now() - interval '31 minutes' WHERE id = :watched;
SELECT is((SELECT count(*)::int FROM api.live_sessions(ARRAY[:watched]) WHERE session_id = :watched), 0, 'what idled out before is not called back');
SELECT * FROM finish();
ROLLBACK;
