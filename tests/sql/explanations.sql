-- Why (G-10) and change history (M-2): what a gate held against what the server had, and before and after of every row.
-- Operator 1 sees everything, 2 edits group 2 and department 3 (with 4 and 5 below it), 4 has no right.
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();

CREATE FUNCTION pg_temp.why(operator int, cardholder int, gate int, t timestamptz DEFAULT clock_timestamp(), card text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
  SELECT to_jsonb(q::jsonb) FROM ask('kidoban_explanations', operator,
    format('SELECT to_jsonb(x) FROM api.explanation(%L, %L, %L, %L) x', cardholder, card, gate, t)) a(j), LATERAL (SELECT substr(replace(j, '""', '"'), 3, length(replace(j, '""', '"')) - 4)::jsonb AS q) p
$$;
-- The checks that one side refuses, with their codes.
CREATE FUNCTION pg_temp.refuses(j jsonb, side text DEFAULT '') RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(concat(r ->> 'check', ':', r ->> (side || 'code')), ' '), '') FROM jsonb_array_elements(j -> 'reasons') r WHERE r ->> (side || 'verdict') = 'refuse'
$$;
-- What the last act gave as its revision.
CREATE FUNCTION pg_temp.newest() RETURNS int8 LANGUAGE sql AS $$ SELECT max(revision) FROM kidoban.change_set $$;
CREATE TEMP TABLE moment (name text PRIMARY KEY, t timestamptz, revision int8);
CREATE FUNCTION pg_temp.note(name text) RETURNS void LANGUAGE sql AS $$ INSERT INTO moment VALUES (name, clock_timestamp(), pg_temp.newest()) $$;
UPDATE gate_state SET arm_state = 1, verification_mode = 1, changed_at = now() - interval '1 hour', seen_at = clock_timestamp() + interval '1 hour';

-- Nothing confirmed yet
SELECT is(pg_temp.why(1, 2, 1) ->> 'verdict', 'unknown', 'a gate that has confirmed nothing: not known');
SELECT is(pg_temp.why(1, 2, 1) ->> 'server_verdict', 'pass', 'by the server the person passes');
SELECT stream_set(ARRAY(SELECT id FROM controller), 1::int2, 1, NULL), stream_set(ARRAY(SELECT id FROM controller), 2::int2, 1, NULL) \g /dev/null
SELECT pg_temp.note('loaded') \g /dev/null
SELECT is(pg_temp.why(1, 2, 1) ->> 'verdict', 'pass', 'loaded: the gate lets pass');
SELECT is(pg_temp.why(1, 2, 1) ->> 'held_revision', '1', 'by revision 1');
SELECT is(jsonb_path_query_array(pg_temp.why(1, 2, 1), '$.reasons[*].check'),
          '["known", "lost", "enabled", "validity", "permit", "pass_level", "armed", "verification", "anti_passback"]', 'all checks in the order of decision');
SELECT is(jsonb_path_query(pg_temp.why(1, 2, 1), '$.reasons[*] ? (@.check == "permit").held.permits[0].gate_group.name') #>> '{}', 'all', 'the permit is named');

-- Lost, and the gate does not know it yet
SELECT change('UPDATE kidoban.cardholder SET lost = true, lost_at = now() WHERE id = 2') \g /dev/null
SELECT pg_temp.note('lost') \g /dev/null
SELECT is(pg_temp.why(1, 2, 1) ->> 'verdict', 'pass', 'reported as lost, not yet confirmed: the gate still lets pass');
SELECT is(pg_temp.why(1, 2, 1) ->> 'server_verdict', 'refuse', 'and the server would not');
SELECT is(pg_temp.refuses(pg_temp.why(1, 2, 1), 'server_'), 'lost:lost_card_refused', 'because it is lost');
SELECT is(jsonb_path_query(pg_temp.why(1, 2, 1), '$.reasons[*] ? (@.check == "lost").change_set.revision') #>> '{}', pg_temp.newest()::text, 'by that act');
SELECT stream_set(ARRAY[1], 2::int2, pg_temp.newest(), NULL) \g /dev/null
SELECT pg_temp.note('denied') \g /dev/null
SELECT is(pg_temp.refuses(pg_temp.why(1, 2, 1)), 'lost:lost_card_refused', 'confirmed by the deny list: refused by gate 1');
SELECT is(pg_temp.why(1, 2, 2) ->> 'verdict', 'pass', 'and not by gate 2, which has not confirmed it');
SELECT is(pg_temp.why(1, 2, 1, t) ->> 'verdict', 'pass', 'asked about before: it passed') FROM moment WHERE name = 'lost';
SELECT is(pg_temp.why(1, 2, 1, t) ->> 'server_verdict', 'pass', 'and before that by the server too') FROM moment WHERE name = 'loaded';

-- Several reasons at once
SELECT change('UPDATE kidoban.cardholder SET enabled = false, valid_to = date_trunc(''minute'', now()) - interval ''1 day'' WHERE id = 2; DELETE FROM kidoban.permit WHERE cardholder_id = 2') \g /dev/null
SELECT stream_set(ARRAY(SELECT id FROM controller), 1::int2, pg_temp.newest(), NULL), stream_set(ARRAY(SELECT id FROM controller), 2::int2, pg_temp.newest(), NULL) \g /dev/null
SELECT is(pg_temp.refuses(pg_temp.why(1, 2, 1), 'server_'), 'lost:lost_card_refused enabled:disabled_card validity:out_of_validity permit:no_permit', 'every reason is told');
SELECT is(pg_temp.refuses(pg_temp.why(1, 2, 1)), 'known:unknown_card lost:lost_card_refused enabled:disabled_card validity:out_of_validity permit:no_permit',
          'and the gate does not even know the card');
SELECT is(jsonb_path_query(pg_temp.why(1, 2, 1), '$.reasons[*] ? (@.check == "known").held') ->> 'card_number', NULL, 'which is not what it holds');
SELECT isnt(jsonb_path_query(pg_temp.why(1, 2, 1), '$.reasons[*] ? (@.check == "known").server') ->> 'card_number', NULL, 'though the server does');

-- A permit taken away: by the deny list, until the permits pass it
SELECT change('DELETE FROM kidoban.permit WHERE cardholder_id = 3') \g /dev/null
SELECT is(pg_temp.why(1, 3, 1) ->> 'verdict', 'pass', 'a permit withdrawn: the gate holds it still');
SELECT stream_set(ARRAY[1], 2::int2, pg_temp.newest(), NULL) \g /dev/null
SELECT is(pg_temp.refuses(pg_temp.why(1, 3, 1)), 'permit:no_permit', 'until its deny list has it');
SELECT stream_set(ARRAY[1], 1::int2, pg_temp.newest(), NULL) \g /dev/null
SELECT is(pg_temp.refuses(pg_temp.why(1, 3, 1)), 'known:unknown_card permit:no_permit', 'and then its permits');

-- Granted, not yet there
SELECT change('INSERT INTO kidoban.permit (cardholder_id, gate_id, pass_level) VALUES (3, 1, 4)') \g /dev/null
SELECT is(concat(pg_temp.why(1, 3, 1) ->> 'verdict', ' ', pg_temp.why(1, 3, 1) ->> 'server_verdict'), 'refuse pass', 'granted and not transferred: refused though it may pass');

-- An event that was decided by a deny list of which the server was not yet told
SELECT change('UPDATE kidoban.cardholder SET lost = true, lost_at = now() WHERE id = 9') \g /dev/null
CREATE FUNCTION pg_temp.told(words text[], decided int8) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE j jsonb; BEGIN
  PERFORM set_config('kidoban.session', repeat('1', 64), true);
  j := (SELECT to_jsonb(x) FROM kidoban.explain(9, NULL, 1, clock_timestamp(), words, 2, decided) x);
  PERFORM set_config('kidoban.session', '', true);
  RETURN j;
END $$;
SELECT is(pg_temp.refuses(pg_temp.told('{lost_card_refused}', pg_temp.newest())), 'lost:lost_card_refused', 'refused by a list not yet confirmed');
SELECT is((pg_temp.told('{lost_card_refused}', pg_temp.newest()) ->> 'list_revision')::int8, pg_temp.newest(), 'its revision is what the event says');
SELECT is(pg_temp.told('{}', NULL) ->> 'verdict', 'pass', 'a passage was one, whatever the server thinks');
SELECT is((pg_temp.told('{}', 1) ->> 'held_revision')::int8, 1::int8, 'permits of the revision that the event says');

-- The state of the gate
UPDATE gate_state SET arm_state = 2, verification_mode = 2 WHERE gate_id = 5;
SELECT is(pg_temp.refuses(pg_temp.why(1, 7, 5)), 'armed:armed verification:pin_mismatch', 'armed, and a PIN is wanted of who has none');

SELECT change('UPDATE kidoban.cardholder SET lost = false, lost_at = NULL WHERE id = 9') \g /dev/null

-- Right and scope
SELECT isnt(pg_temp.why(2, 8, 1), NULL, 'a person and a gate in scope');
SELECT is(pg_temp.why(2, 1, 1), NULL, 'a person out of scope is not there');
SELECT is(pg_temp.why(2, 8, 2), NULL, 'a gate out of scope is not there');
SELECT is(pg_temp.why(4, 8, 1), NULL, 'nothing without the right');
SELECT is(pg_temp.why(0, 8, 1), NULL, 'nothing without a session');
SELECT is(pg_temp.why(1, 8, 1, clock_timestamp(), 'CARD7'), NULL, 'another''s card is not theirs');
SELECT is(try('kidoban_explanations', 1, 'SELECT * FROM kidoban.cardholder'), '42501', 'the program reads no cardholder itself');
SELECT is(try('kidoban_explanations', 1, 'SELECT * FROM kidoban.records_at(1, 1, NULL)'), '42501', 'and calls nothing but its functions');

-- Who could pass, what could be opened
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 1, 'SELECT 1 FROM api.explanation_passers(1, clock_timestamp(), 0, 1000)')), 99, 'all but the one without permits');
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 2, 'SELECT 1 FROM api.explanation_passers(1, clock_timestamp(), 0, 1000)')), 59, 'those in scope');
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 2, 'SELECT 1 FROM api.explanation_passers(2, clock_timestamp(), 0, 1000)')), 0, 'at a gate in scope');
SELECT is((SELECT array_agg(q) FROM ask('kidoban_explanations', 1, 'SELECT cardholder_id FROM api.explanation_passers(1, clock_timestamp(), 3, 2)') q), '{(4),(5)}', 'page by page');
SELECT is((SELECT q FROM ask('kidoban_explanations', 1, 'SELECT held, server, pass_level FROM api.explanation_passers(1, clock_timestamp(), 2, 1)') q), '(f,t,4)', 'held and server side by side');
SELECT is((SELECT q FROM ask('kidoban_explanations', 1, format('SELECT held, server FROM api.explanation_passers(1, %L, 1, 1)', (SELECT t FROM moment WHERE name = 'lost'))) q), '(t,f)', 'then, too');
SELECT is((SELECT q FROM ask('kidoban_explanations', 1, format('SELECT cardholder_id FROM api.explanation_passers(1, %L, 1, 1)', (SELECT t FROM moment WHERE name = 'denied'))) q), '(3)', 'the deny list is heeded');
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 1, 'SELECT 1 FROM api.explanation_gates(8, clock_timestamp(), 0, 1000)')), 42, 'all gates of the group');
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 2, 'SELECT 1 FROM api.explanation_gates(8, clock_timestamp(), 0, 1000)')), 11, 'those in scope');
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 2, 'SELECT 1 FROM api.explanation_gates(1, clock_timestamp(), 0, 1000)')), 0, 'of a person in scope');
SELECT is((SELECT array_agg(q) FROM ask('kidoban_explanations', 1, 'SELECT gate_id, held, server FROM api.explanation_gates(3, clock_timestamp(), 0, 2)') q), '{"(1,f,t)","(2,t,f)"}', 'what was taken away and what was granted');

-- Change history
SELECT change('UPDATE kidoban.cardholder SET name = ''新しい 名'', pin_sealed = ''\x0102'', department_id = 3 WHERE id = 10; UPDATE kidoban.cardholder SET note = ''n'' WHERE id = 11;'
              ' DELETE FROM kidoban.permit WHERE id = 12; INSERT INTO kidoban.gate_group (id, name) VALUES (9, ''new'')') \g /dev/null
SELECT pg_temp.note('edit') \g /dev/null
CREATE TEMP TABLE shown AS SELECT q::text AS line FROM ask('kidoban_explanations', 1, format('SELECT tab, id, label, action, before ->> ''name'' AS b, after ->> ''name'' AS a, before #>> ''{department,name}'' AS bd,'
  ' after #>> ''{department,name}'' AS ad, after ->> ''has_pin'' AS p, changed FROM api.change_rows(%s, 1, 0, 100)', pg_temp.newest())) q;
SELECT is((SELECT line FROM shown WHERE line LIKE '(cardholder,10,%'),
          '(cardholder,10,"E10 新しい 名",changed,"氏名 10","新しい 名",本社,技術部,true,"[""department"", ""name"", ""pin""]")', 'before and after, with names');
SELECT is((SELECT count(*)::int FROM shown), 4, 'each row that the act touched');
SELECT is((SELECT line FROM shown WHERE line LIKE '(gate_group,%'), '(gate_group,9,new,added,,new,,,,)', 'what was added has no before');
SELECT is((SELECT line FROM shown WHERE line LIKE '(permit,%'), '(permit,12,"E12 氏名 12 / all",removed,,,,,,)', 'what was removed has no after');
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 1, format('SELECT before, after FROM api.change_rows(%s, 1, 0, 100)', pg_temp.newest())) q WHERE q ~ '0102|pin_sealed'), 0, 'a PIN is never shown');
SELECT is((SELECT q FROM ask('kidoban_explanations', 1, format('SELECT array_agg(tab || id) FROM api.change_rows(%s, 7, 10, 2)', pg_temp.newest())) q), '("{cardholder11,permit12}")', 'keyset over tables');
SELECT is((SELECT q FROM ask('kidoban_explanations', 1, 'SELECT revision, kind, counts -> ''cardholder'' FROM api.change_sets(NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1)') q),
          format('(%s,test,"{""added"": 0, ""changed"": 2, ""removed"": 0}")', pg_temp.newest()), 'the newest first, with counts');
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 1, 'SELECT 1 FROM api.change_sets(NULL, NULL, NULL, NULL, ''cardholder'', 10, NULL, 100)')), 2, 'of one cardholder');
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 1, 'SELECT 1 FROM api.change_sets(''{seed}'', NULL, NULL, NULL, NULL, NULL, NULL, 100)')), 1, 'of one kind');
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 1, format('SELECT 1 FROM api.change_sets(NULL, NULL, %L, NULL, NULL, NULL, NULL, 100)', (SELECT t FROM moment WHERE name = 'denied')))), 6, 'from a time on');
SELECT is(try('kidoban_explanations', 2, 'SELECT * FROM api.change_sets(NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1)'), 'KD004', 'not without the right');
SELECT is(try('kidoban_explanations', 2, 'SELECT * FROM api.change_rows(1, 1, 0, 1)'), 'KD004', 'nor the rows');
-- A system administrator limited to department 3 and group 2
UPDATE operator SET role = 'system' WHERE id = 2;
SELECT is((SELECT array_agg(q) FROM ask('kidoban_explanations', 2, format('SELECT tab, id, action, before FROM api.change_rows(%s, 1, 0, 100)', pg_temp.newest())) q),
          '{"(gate_group,9,added,)","(cardholder,10,changed,)","(permit,12,removed,\"{\"\"gate\"\": null, \"\"valid_to\"\": null, \"\"cardholder\"\": {\"\"id\"\": 12, \"\"name\"\": \"\"E12 氏名 12\"\"}, \"\"gate_group\"\": {\"\"id\"\": 1, \"\"name\"\": \"\"all\"\"}, \"\"pass_level\"\": 1, \"\"valid_from\"\": null}\")"}',
          'rows in scope alone, and what was out of scope before is not told');

-- Its list looks into no more acts than it has time for, and says how far it came; one act alone looks into no other.
CREATE FUNCTION tap.walked(budget int, OUT revisions int8[], OUT pages int) LANGUAGE plpgsql AS $$
DECLARE
  cut int8; page record;
BEGIN
  PERFORM set_config('kidoban.session', repeat('2', 64), true);
  PERFORM set_config('role', 'kidoban_explanations', true);
  revisions := '{}'; pages := 0;
  LOOP
    pages := pages + 1;
    SELECT coalesce(array_agg(s.revision) FILTER (WHERE s.kind IS NOT NULL), '{}') AS shown, min(s.revision) FILTER (WHERE s.kind IS NULL) AS stopped INTO page
      FROM api.change_sets(NULL, NULL, NULL, NULL, NULL, NULL, cut, 1000, budget) s;
    revisions := revisions || page.shown;
    cut := page.stopped;
    EXIT WHEN cut IS NULL OR pages > 1000;
  END LOOP;
  PERFORM set_config('role', 'none', true);
END $$;
SELECT change(format('UPDATE kidoban.cardholder SET note = %L WHERE id = 11', i)) FROM generate_series(1, 40) i \g /dev/null
CREATE TEMP TABLE walk AS SELECT 'at once' AS how, * FROM walked(100000) UNION ALL SELECT 'act by act', * FROM walked(0);
SELECT is(pages, CASE how WHEN 'at once' THEN 1 ELSE (SELECT count(*)::int + 1 FROM change_set WHERE revision IS NOT NULL) END, how || ': pages') FROM walk;
SELECT is(a.revisions, b.revisions, 'which finds the same acts') FROM walk a, walk b WHERE a.how = 'at once' AND b.how = 'act by act';
SELECT cmp_ok(cardinality(revisions), '<', (SELECT count(*)::int - 39 FROM change_set WHERE revision IS NOT NULL), 'without those of which nothing is in scope') FROM walk WHERE how = 'at once';
SET LOCAL track_functions = 'all';
SELECT is((SELECT count(*)::int FROM ask('kidoban_explanations', 2, format('SELECT 1 FROM api.change_set(%s)', pg_temp.newest()))), 0, 'an act of which nothing is in scope is not there');
SELECT is(pg_stat_get_xact_function_calls('kidoban.change_counts'::regproc), 1::int8, 'which is seen by looking into it alone');
SELECT * FROM finish();
ROLLBACK;
