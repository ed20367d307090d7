-- Planning (whom does an act concern), jobs under leases, and the proof of what gates hold.
SET search_path = kidoban, tap, public;
SELECT no_plan();

CREATE FUNCTION pg_temp.act(statement text) RETURNS int8 LANGUAGE plpgsql AS $$
BEGIN
  PERFORM api.change_begin('test');
  EXECUTE statement;
  RETURN api.change_end();
END $$;
CREATE FUNCTION pg_temp.concerned(back int8) RETURNS int LANGUAGE sql AS $$
  SELECT cardinality(concerned_controllers(back, latest_revision()))
$$;
CREATE FUNCTION pg_temp.hold(streams int2[], r int8, one int4 DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
  SELECT stream_set(ARRAY(SELECT id FROM controller WHERE one IS NULL OR id = one), s, r, NULL) FROM unnest(streams) s
$$;
CREATE TEMP TABLE seen AS SELECT latest_revision() AS r;
GRANT ALL ON seen TO PUBLIC;

-- whom an act concerns
SELECT pg_temp.act('UPDATE cardholder SET note = ''n'', name = name || ''!'', department_id = 1; UPDATE gate SET name = name || ''x''') \g /dev/null
SELECT is(pg_temp.concerned(r), 0, 'names, notes and departments concern no controller') FROM seen;
SELECT is(cardinality(touched_cardholders(r, latest_revision())), 0, 'and nobody') FROM seen;
UPDATE seen SET r = latest_revision();
SELECT pg_temp.act('UPDATE permit SET pass_level = 2 WHERE id = 7') \g /dev/null
SELECT is(pg_temp.concerned(r), 41, 'a level at a group of all gates concerns all') FROM seen;
SELECT is(touched_cardholders(r, latest_revision()), '{7}', 'and one cardholder') FROM seen;
SELECT pg_temp.act('UPDATE permit SET pass_level = 1 WHERE id = 7') \g /dev/null
SELECT is(pg_temp.concerned(r), 0, 'taken back it concerns nobody') FROM seen;
UPDATE seen SET r = latest_revision();
SELECT pg_temp.act('DELETE FROM gate_group_member WHERE gate_group_id = 1 AND gate_id = 5') \g /dev/null
SELECT is(concerned_controllers(r, latest_revision()), '{5}', 'a gate that leaves a group concerns its controller') FROM seen;
UPDATE seen SET r = latest_revision();
SELECT pg_temp.act('DELETE FROM gate_group_member WHERE gate_group_id = 3') \g /dev/null
SELECT is(pg_temp.concerned(r), 0, 'a group without permits nobody') FROM seen;
SELECT pg_temp.act('INSERT INTO permit (cardholder_id, gate_id) VALUES (9, 3)') \g /dev/null
SELECT is(concerned_controllers(r, latest_revision()), '{3}', 'a grant at one gate one controller') FROM seen;
UPDATE seen SET r = latest_revision();
SELECT pg_temp.act('UPDATE gate SET door = 2 WHERE id = 3') \g /dev/null
SELECT is(concerned_controllers(r, latest_revision()), '{3}', 'another door its controller') FROM seen;
UPDATE seen SET r = latest_revision();
SELECT pg_temp.act('UPDATE credential SET lost = true WHERE id = 4') \g /dev/null
SELECT is(pg_temp.concerned(r), 40, 'a lost card the controllers of its holder') FROM seen;

-- planning
SELECT pg_temp.hold('{1,2}', latest_revision()) \g /dev/null
SELECT is(queue_permit_transfers(), 0, 'nobody is behind: nothing is planned at 03:00');
SELECT pg_temp.act('UPDATE permit SET pass_level = 3 WHERE gate_id = 3') \g /dev/null
SELECT is(queue_permit_transfers(), 1, 'something changed: a planning');
SELECT is(queue_permit_transfers(), 0, 'once');
CREATE TEMP TABLE claimed AS SELECT * FROM api.job_claim('{permit_plan}');
SELECT results_eq('SELECT queued, advanced FROM claimed c, api.transfer_plan(c.id, c.token)', 'VALUES (1, 40)', 'one controller is sent something, the others are moved on');
SELECT is_empty('SELECT FROM claimed c, api.transfer_plan(c.id, c.token - 1)', 'a stale token plans nothing');
SELECT results_eq($$SELECT controller_id, state, (payload ->> 'because') FROM job WHERE kind = 'permit_transfer'$$,
                  $$VALUES (3, 'queued', 'timetable')$$, 'by a job of its own');
SELECT is((SELECT min(confirmed_revision) FROM controller_stream WHERE stream = 1 AND controller_id <> 3), latest_revision(), 'without traffic');
SELECT is((SELECT count(*)::int FROM api.permit_records(3, (SELECT confirmed_revision FROM controller_stream WHERE stream = 1 AND controller_id = 3), latest_revision())), 1,
          'its delta is one record');
SELECT ok(api.job_end(id, token, 'done', ''), 'the planning ends') FROM claimed;
SELECT ok(NOT api.job_end(id, token, 'failed', ''), 'once') FROM claimed;
SELECT is(queue_transfers('{3}', true, NULL, NULL, 'operator'), 1, 'asked for everything');
SELECT is((SELECT payload ->> 'full' FROM job WHERE controller_id = 3), 'true', 'the waiting job becomes a full one');

-- proof
SELECT pg_temp.hold('{1,2}', latest_revision()) \g /dev/null
UPDATE job SET state = 'done' WHERE state IN ('queued', 'running');
SELECT is((SELECT count(*)::int FROM exposure('{20}') WHERE state = 'confirmed'), 41, 'every gate holds the latest');
SELECT pg_temp.act('UPDATE cardholder SET enabled = false WHERE id = 20') \g /dev/null
SELECT is((SELECT count(*)::int FROM exposure('{20}') WHERE (state, reason) = ('exposed', 'revoked')), 41, 'disabled: every gate is exposed');
SELECT is((SELECT count(*)::int FROM exposed_people() WHERE cardholder_id = 20 AND state = 'exposed'), 41, 'in the report too');
SELECT pg_temp.hold('{2}', latest_revision(), 6) \g /dev/null
SELECT is((SELECT count(*)::int FROM exposure('{20}') WHERE state = 'exposed'), 40, 'less the one whose deny list has it');
SELECT pg_temp.hold('{1}', latest_revision(), 7) \g /dev/null
SELECT is((SELECT count(*)::int FROM exposure('{20}') WHERE state = 'exposed'), 39, 'less the one whose permits say so');
SELECT pg_temp.hold('{1,2}', latest_revision()) \g /dev/null
SELECT is((SELECT count(*)::int FROM exposure('{20}') WHERE state <> 'confirmed'), 0, 'and so on to the last');
SELECT pg_temp.act('UPDATE cardholder SET enabled = true WHERE id = 20') \g /dev/null
SELECT is((SELECT count(*)::int FROM exposure('{20}') WHERE (state, reason) = ('pending', 'changed')), 41, 'enabled again: pending');
SELECT pg_temp.hold('{1,2}', latest_revision()) \g /dev/null
SELECT pg_temp.act('DELETE FROM gate_group_member WHERE gate_group_id = 1 AND gate_id = 42') \g /dev/null
SELECT results_eq($$SELECT DISTINCT gate_id, state, reason FROM exposed_people()$$, $$VALUES (42, 'exposed', 'reduced')$$,
                  'one of two doors of a controller: what is left is no deny list''s business');
SELECT is(api.transfer_watch(), 1, 'it is sent at once');
SELECT is(api.transfer_watch(), 0, 'once');
SELECT pg_temp.hold('{1}', NULL, 8) \g /dev/null
SELECT is((SELECT reason FROM exposure('{20}') WHERE gate_id = 8), 'unloaded', 'a controller that confirmed nothing (any more) lets nobody be proven');
SELECT results_eq('SELECT DISTINCT concerned, exposed FROM api.cardholder_proof(20)', 'SELECT 0, 0 WHERE false', 'without a session there is no proof');
SELECT * FROM finish();
