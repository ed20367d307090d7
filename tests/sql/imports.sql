-- Files of cardholders merged: modes, blanks, the deletion cap, errors by row, undo; and that a row that is refused changes nothing.
-- The worker is the session itself: it is a member of every role, and the setting kidoban.import says whose import it works on.
BEGIN;
SET search_path = kidoban, tap, public;
SET client_min_messages = error;
SELECT no_plan();

-- lines: of the staging table, key, name, note, card, permits, valid_from; '' is null, '-' clears.
CREATE FUNCTION pg_temp.load(o int, m text, lines text[]) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
  n int8;
BEGIN
  INSERT INTO import (kind, mode, encoding, blank, operator_id) VALUES ('cardholders', m, 'utf-8', 'keep', o) RETURNING id INTO n;
  INSERT INTO job (kind, payload, created_by, state, token) VALUES ('import', jsonb_build_object('import', n), o, 'running', 1);
  PERFORM set_config('kidoban.import', n::text, true);
  PERFORM api.import_stage(n);
  EXECUTE format('INSERT INTO stage.%I (n, key, name, note, card_number, permits, valid_from, department_code)'
                 ' SELECT i + 1, p[1], nullif(p[2], ''''), CASE p[3] WHEN ''-'' THEN '''' ELSE nullif(p[3], '''') END,'
                 ' CASE p[4] WHEN ''-'' THEN '''' ELSE nullif(p[4], '''') END, CASE p[5] WHEN ''-'' THEN '''' ELSE nullif(p[5], '''') END,'
                 ' nullif(p[6], '''')::timestamptz, nullif(p[7], '''') FROM unnest($1) WITH ORDINALITY l(t, i), string_to_array(l.t || '',,,,,,'', '','') p', 'row_' || n)
    USING lines;
  PERFORM api.import_check(n, kidoban.import_basis());
  PERFORM api.import_end(n, 1, 'previewed', '', NULL);
  RETURN n;
END $$;
CREATE FUNCTION pg_temp.found(n int8) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws('/', counts ->> 'add', counts ->> 'change', counts ->> 'unchanged', counts ->> 'delete', counts ->> 'error') FROM import WHERE id = n $$;
CREATE FUNCTION pg_temp.codes(n int8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  t text;
BEGIN
  EXECUTE format('SELECT string_agg(n || '':'' || field || '':'' || code, '' '' ORDER BY n) FROM stage.%I WHERE action = ''error''', 'result_' || n) INTO t;
  RETURN t;
END $$;
CREATE FUNCTION pg_temp.go(n int8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  step int4 := 0;
BEGIN
  UPDATE import SET state = 'applying' WHERE id = n;
  PERFORM set_config('kidoban.import', n::text, true);
  WHILE step IS NOT NULL LOOP
    step := api.import_step(n, step);
    IF step < 0 THEN
      EXECUTE format('DELETE FROM stage.%I', 'result_' || n);
      PERFORM api.import_check(n, kidoban.import_basis());
      step := 0;
    END IF;
  END LOOP;
  UPDATE import SET state = 'done' WHERE id = n;
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
-- Everything that is true of people, as text.
CREATE FUNCTION pg_temp.world() RETURNS text LANGUAGE sql AS $$
  SELECT md5((SELECT string_agg((to_jsonb(c) - 'from_cs' - 'lost_at')::text, ';' ORDER BY id) FROM cardholder c)
             || (SELECT string_agg((to_jsonb(k) - 'from_cs' - 'id')::text, ';' ORDER BY card_number) FROM credential k)
             || (SELECT string_agg((to_jsonb(p) - 'from_cs' - 'id')::text, ';' ORDER BY cardholder_id, gate_id, gate_group_id, valid_from) FROM permit p)) $$;
CREATE TEMP TABLE seen (name text, t text, n int8);
CREATE FUNCTION pg_temp.undo(n int8, skip bool) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN tap.try('kidoban_imports', 1, format('SELECT api.change_undo(%s, %L)', (SELECT c.revision FROM import i JOIN change_set c ON c.id = i.change_set_id WHERE i.id = n), skip));
END $$;
INSERT INTO seen SELECT 'before', pg_temp.world();

-- Add or change
INSERT INTO seen SELECT 'upsert', NULL, pg_temp.load(1, 'upsert', ARRAY[
  'E1,New name,note 1,,', 'E2,,,NEW2,', 'E3,氏名 3,,CARD3,', 'F1,Fresh,,F001,' || concat_ws(E'\x1f', 'group', 'of group 2', '2', '', '') || ',2026-04-01,D1',
  'F2,No department,,,', 'E4,,,CARD5,', 'E6,,,,' || concat_ws(E'\x1f', 'gate', 'nowhere', '1', '', ''), 'E7,,,,', 'E7,,,,',
  'E8,,,,' || concat_ws(E'\x1f', 'group', 'all', '1', '', '') || E'\x1e' || concat_ws(E'\x1f', 'group', '#1', '2', '', '')]);
SELECT is(pg_temp.found(n), '1/2/1/0/6', 'upsert: looked at') FROM seen WHERE name = 'upsert';
SELECT is(pg_temp.codes(n), '6:department:required 7:card_number:card_taken 8:permits:permit_not_found 9:employee_number:duplicate 10:employee_number:duplicate 11:permits:permit_twice',
          'what is wrong with which row') FROM seen WHERE name = 'upsert';
SELECT is((SELECT t FROM seen WHERE name = 'before'), pg_temp.world(), 'looking changes nothing');
SELECT is(pg_temp.go(n), 'done', 'applied') FROM seen WHERE name = 'upsert';
SELECT is((SELECT name || '/' || note FROM cardholder WHERE employee_number = 'E1'), 'New name/note 1', 'changed');
SELECT is((SELECT string_agg(card_number, ',') FROM credential WHERE cardholder_id = 2), 'NEW2', 'the card is another');
SELECT is((SELECT string_agg(y.name || p.pass_level, ',') FROM cardholder c JOIN permit p ON p.cardholder_id = c.id JOIN gate_group y ON y.id = p.gate_group_id WHERE c.employee_number = 'F1'),
          'of group 22', 'the new one has card and permit');
SELECT is((SELECT count(*)::int FROM cred WHERE card_number IN ('F001', 'NEW2')), 2, 'history will find them');
SELECT is((SELECT array_agg(DISTINCT x ORDER BY x) FROM change_set, unnest(touched) x WHERE revision = latest_revision()), '{cardholder,credential,permit}', 'one act');
SELECT is((SELECT count(DISTINCT from_cs)::int FROM (SELECT from_cs FROM cardholder WHERE employee_number IN ('E1', 'F1') UNION ALL SELECT from_cs FROM permit p WHERE p.cardholder_id > 1000
           UNION ALL SELECT from_cs FROM credential WHERE card_number IN ('F001', 'NEW2')) x), 1, 'and every version is of it');
SELECT is((SELECT count(*)::int FROM cardholder_past p WHERE p.id = 1 AND p.to_cs = (SELECT from_cs FROM cardholder WHERE id = 1)), 1, 'what ended is kept');
SELECT is((SELECT from_cs FROM cardholder WHERE id = 3) = (SELECT from_cs FROM cardholder WHERE id = 50), true, 'who is unchanged is not written');

-- Undo: everything as it was, once; what was changed since is named, and left alone when asked to.
SELECT is(pg_temp.undo(n, false), 'ok', 'undone') FROM seen WHERE name = 'upsert';
SELECT is(pg_temp.world(), (SELECT t FROM seen WHERE name = 'before'), 'undo restores all of it');
INSERT INTO seen SELECT 'again', NULL, pg_temp.load(1, 'update', ARRAY['E1,,x', 'E2,,x', 'Q,,x']);
SELECT is(pg_temp.found(n) || ' ' || pg_temp.codes(n), '0/2/0/0/1 4:employee_number:not_found', 'update adds nobody') FROM seen WHERE name = 'again';
SELECT is(pg_temp.go(n), 'done', 'applied') FROM seen WHERE name = 'again';
SELECT change('UPDATE kidoban.cardholder SET note = ''mine'' WHERE id = 1') \g /dev/null
SELECT is(pg_temp.undo(n, false), 'KD006', 'not over what was changed since') FROM seen WHERE name = 'again';
SELECT is(pg_temp.undo(n, true), 'ok', 'but the rest of it') FROM seen WHERE name = 'again';
SELECT is((SELECT string_agg(note, ',' ORDER BY id) FROM cardholder WHERE id IN (1, 2)), 'mine,', 'one is left, the other as before');

-- Blank and cleared, permits taken away
INSERT INTO seen SELECT 'clear', NULL, pg_temp.load(1, 'update', ARRAY['E1,,-,-,-']);
SELECT is(pg_temp.go(n), 'done', 'cleared') FROM seen WHERE name = 'clear';
SELECT is((SELECT note FROM cardholder WHERE id = 1), '', 'the note');
SELECT is((SELECT count(*)::int FROM credential WHERE cardholder_id = 1) + (SELECT count(*)::int FROM permit WHERE cardholder_id = 1), 0, 'card and permits');
SELECT ok((SELECT revokes FROM change_set WHERE revision = latest_revision()), 'which controllers are told at once');

-- Deletions and their cap
INSERT INTO seen SELECT 'delete', NULL, pg_temp.load(1, 'delete', ARRAY['E20', 'E21', 'Q']);
SELECT is(pg_temp.found(n) || ' ' || (SELECT deletion_cap FROM import WHERE id = n), '0/0/0/2/1 false', 'two of a hundred are usual') FROM seen WHERE name = 'delete';
SELECT is(pg_temp.go(n), 'done', 'deleted') FROM seen WHERE name = 'delete';
SELECT is((SELECT count(*)::int FROM cardholder WHERE id IN (20, 21)) + (SELECT count(*)::int FROM permit WHERE cardholder_id IN (20, 21)), 0, 'with all that they had');
INSERT INTO seen SELECT 'many', NULL, pg_temp.load(1, 'delete', ARRAY(SELECT 'E' || i FROM generate_series(30, 60) i));
SELECT is((SELECT deletion_cap FROM import WHERE id = n), true, 'thirty are not') FROM seen WHERE name = 'many';
SELECT is(try('kidoban_imports', 1, format('SELECT api.import_apply(%s, false)', n)), 'KD006', 'nothing without a word') FROM seen WHERE name = 'many';
SELECT is(try('kidoban_imports', 1, format('SELECT api.import_apply(%s, true)', n)), 'ok', 'with it') FROM seen WHERE name = 'many';

-- Scope: operator 2 has department 3 (4, 5) and management group 2. Cardholder 2 is in department 3, 5 in department 1.
INSERT INTO operator_right VALUES (2, 'cardholder_import', 'edit');
INSERT INTO seen SELECT 'scope', NULL, pg_temp.load(2, 'upsert', ARRAY['E7,,s', 'E5,,s', 'E12,,,,' || concat_ws(E'\x1f', 'gate', 'gate 2', '1', '', ''), 'E17,,,,' || concat_ws(E'\x1f', 'gate', 'gate 1', '1', '', ''),
  'N1,x,,,,,D1']);
SELECT is(pg_temp.found(n) || ' ' || pg_temp.codes(n), '0/2/0/0/3 3:employee_number:taken 4:permits:permit_out_of_scope 6:department:department_not_found', 'what is out of scope is refused')
  FROM seen WHERE name = 'scope';
SELECT is(pg_temp.go(n), 'done', 'the rest is applied') FROM seen WHERE name = 'scope';
SELECT is((SELECT string_agg(coalesce(gate_id, -gate_group_id)::text, ',' ORDER BY 1) FROM permit WHERE cardholder_id = 17), '-1,1', 'a grant at gates of others stays');

-- What does not hold any more is looked at again; what is lost is not applied.
INSERT INTO seen SELECT 'stale', NULL, pg_temp.load(1, 'update', ARRAY['E70,,y', 'E71,,y']);
SELECT change('DELETE FROM kidoban.permit WHERE cardholder_id = 70; DELETE FROM kidoban.credential WHERE cardholder_id = 70; DELETE FROM kidoban.cardholder WHERE id = 70') \g /dev/null
SELECT is(pg_temp.go(n), 'done', 'applied after somebody was deleted') FROM seen WHERE name = 'stale';
SELECT is(pg_temp.found(n), '0/1/0/0/1', 'as it is then') FROM seen WHERE name = 'stale';
INSERT INTO seen SELECT 'lost', NULL, pg_temp.load(1, 'update', ARRAY['E72,,z']);
SELECT format('TRUNCATE stage.%I, stage.%I', 'row_' || n, 'result_' || n) FROM seen WHERE name = 'lost' \gexec
SELECT is((SELECT rows_lost FROM ask('kidoban_imports', 1, format('SELECT rows_lost FROM api.imports(%s, NULL, 1)', n)) a(rows_lost)), '(t)', 'a crash empties what is staged: it is said') FROM seen WHERE name = 'lost';
SELECT is(try('kidoban_imports', 1, format('SELECT api.import_rows(%s, NULL, 0, 10)', n)), 'KD006', 'its rows are gone') FROM seen WHERE name = 'lost';
SELECT is(try('kidoban_imports', 1, format('SELECT api.import_apply(%s, false)', n)), 'KD006', 'it can not be applied') FROM seen WHERE name = 'lost';
SELECT is(pg_temp.go(n), 'KD006', 'nor by the worker') FROM seen WHERE name = 'lost';

-- What stands on nothing does not come in, though foreign keys are not asked one by one.
SELECT is(change($$SET LOCAL session_replication_role = replica; INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (999999, 1); PERFORM kidoban.import_references(kidoban.current_change())$$),
          '23503', 'a permit of nobody ends the import');
SELECT is((SELECT count(*)::int FROM pg_trigger WHERE tgname ~ '^[ab]_version_' AND tgenabled <> 'A'), 0, 'versions are kept all the same');

-- Validity is in whole minutes (as on the wire).
SELECT is(change('UPDATE kidoban.cardholder SET valid_from = ''2026-01-01 00:00:01Z'' WHERE id = 80'), '23514', 'no seconds in a person''s validity');
SELECT is(change('UPDATE kidoban.permit SET valid_to = ''2026-01-01 00:00:00.5Z'' WHERE id = 80'), '23514', 'nor in a permit''s');
SELECT is(change('UPDATE kidoban.permit SET valid_to = ''2026-01-01 00:01:00+09'' WHERE id = 80'), 'ok', 'minutes are fine');

SELECT * FROM finish();
ROLLBACK;
