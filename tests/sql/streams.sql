-- What a controller shall hold: records, deltas between revisions, revocations (DESIGN 1, T-1, C-7).
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();
CREATE FUNCTION tap.p(query text) RETURNS SETOF text LANGUAGE sql AS $$ SELECT tap.ask('kidoban_gate_poller', 0, query) $$;
CREATE FUNCTION tap.now_() RETURNS int8 LANGUAGE sql AS $$ SELECT max(revision) FROM kidoban.change_set $$;
CREATE FUNCTION tap.delta(c int4, a int8, b int8) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(format('%s%s%s', credential_id, CASE WHEN removed THEN ' removed' ELSE ' ' || array_to_string(levels, '') END, CASE WHEN disabled THEN ' disabled' END), ', '), '')
    FROM (SELECT * FROM api.permit_records(c, a, b)) r
$$;
CREATE FUNCTION tap.denied(c int4) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(credential_id || ':' || reason || CASE WHEN revision = 9223372036854775807 THEN ' for good' ELSE '' END, ', ' ORDER BY credential_id), '') FROM api.revocations(ARRAY[c])
$$;
CREATE FUNCTION tap.streams() RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(x, ' ' ORDER BY x), '') FROM tap.p('SELECT controller_id, stream, "full" FROM api.poller_streams(1)') x
$$;
CREATE FUNCTION tap.confirm(c int4, s int2, r int8) RETURNS text LANGUAGE sql AS $$
  SELECT x FROM tap.p(format('SELECT api.poller_stream_confirm(''{%s}'', ''{%s}'', ''{%s}'', ''{%s}'', ARRAY[''\x01''::bytea])', c, (SELECT token FROM kidoban.controller_lease WHERE controller_id = c), s, r)) x
$$;
SELECT p($$SELECT count(*) FROM api.poller_lease(api.poller_start('test'))$$) \g /dev/null
SELECT now_() AS r0 \gset

-- full
SELECT is((SELECT count(*)::int FROM api.permit_records(1, NULL, :r0)), 100, 'everybody may pass gate 1');
SELECT is((SELECT array_to_string(levels, '') FROM api.permit_records(41, NULL, :r0) WHERE credential_id = 1), '11000000', 'both doors of a controller in one record');
SELECT is((SELECT count(*)::int FROM p(format('SELECT * FROM api.permit_records(1, NULL, %s)', :r0))), 100, 'the poller may ask');
SELECT is(delta(1, :r0, :r0), '', 'nothing between a revision and itself');

-- deltas
SELECT change($$UPDATE kidoban.cardholder SET name = 'x', note = 'y' WHERE id = 1$$) \g /dev/null
SELECT is(delta(1, :r0, now_()), '', 'a name is nothing to a controller');
SELECT change($$INSERT INTO kidoban.permit (cardholder_id, gate_id, pass_level) VALUES (2, 41, 5)$$) \g /dev/null
SELECT is(delta(1, :r0, now_()), '', 'a grant at another gate neither');
SELECT is(delta(41, :r0, now_()), '2 51000000', 'at its own gate it is; the higher level of two grants counts');
SELECT now_() AS r1 \gset
SELECT change($$UPDATE kidoban.permit SET pass_level = 8 WHERE cardholder_id = 3$$) \g /dev/null
SELECT is(delta(41, :r1, now_()), '3 88000000', 'another level');
SELECT is(delta(41, :r0, :r1), '2 51000000', 'what was true between two revisions stays answerable');
SELECT now_() AS r2 \gset
SELECT change($$UPDATE kidoban.permit SET valid_from = '2026-01-01', valid_to = '2026-02-01' WHERE cardholder_id = 4; INSERT INTO kidoban.permit (cardholder_id, gate_id, valid_from, valid_to, pass_level) VALUES (4, 41, '2026-03-01', '2026-04-01', 2)$$) \g /dev/null
SELECT is(delta(41, :r2, now_()), '4 11000000, 4 20000000', 'two stretches of validity are two records');
SELECT change($$UPDATE kidoban.cardholder SET valid_from = '2026-03-15' WHERE id = 4$$) \g /dev/null
SELECT is((SELECT string_agg(valid_from::date || ' ' || valid_to::date, ',') FROM api.permit_records(41, NULL, now_()) WHERE credential_id = 4), '2026-03-15 2026-04-01', 'cut to the cardholder''s own validity');
SELECT now_() AS r3 \gset
SELECT change($$DELETE FROM kidoban.gate_group_member WHERE gate_group_id = 1 AND gate_id = 1$$) \g /dev/null
SELECT is((SELECT count(*)::int FROM api.permit_records(1, :r3, now_()) WHERE removed), 99, 'a gate leaves a group: all of its permits go (one had none in force)');
SELECT is(delta(2, :r3, now_()), '', 'of no other gate');
SELECT change($$INSERT INTO kidoban.gate_group_member (gate_group_id, gate_id) VALUES (1, 1)$$) \g /dev/null
SELECT is(delta(1, :r3, now_()), '', 'and is back: nothing to tell who was not told');
SELECT now_() AS r4 \gset
SELECT change($$UPDATE kidoban.gate SET door = 3 WHERE id = 42$$) \g /dev/null
SELECT is((SELECT count(DISTINCT credential_id)::int FROM api.permit_records(41, :r4, now_())), 99, 'a gate moves to another door');

-- disabled, lost, deleted
SELECT now_() AS r5 \gset
SELECT is(confirm(10, 1::int2, :r5), '(10)', 'controller 10 confirms its permits');
SELECT is(denied(10), '', 'nobody is denied');
SELECT change($$UPDATE kidoban.cardholder SET enabled = false WHERE id = 11$$), change($$UPDATE kidoban.cardholder SET lost = true, lost_at = now() WHERE id = 12$$),
       change($$DELETE FROM kidoban.permit WHERE cardholder_id = 13$$), change($$DELETE FROM kidoban.permit WHERE cardholder_id = 14; DELETE FROM kidoban.credential WHERE id = 14$$),
       change($$UPDATE kidoban.credential SET lost = true WHERE id = 15; INSERT INTO kidoban.credential (id, cardholder_id, card_number) VALUES (115, 15, 'NEW15')$$) \g /dev/null
SELECT is(denied(10), '11:2, 12:1 for good, 13:4, 14:3, 15:1 for good', 'disabled, lost, withdrawn, deleted, lost and reissued');
SELECT confirm(9, 1::int2, :r3), confirm(8, 1::int2, now_()) \g /dev/null
SELECT is((SELECT array_agg(r::text ORDER BY r) FROM api.revocations(ARRAY(SELECT id FROM controller)) r),
          (SELECT array_agg(r::text ORDER BY r) FROM controller c, api.revocations(ARRAY[c.id]) r), 'lists asked for together are those of each, whatever it holds');
SELECT cmp_ok((SELECT count(DISTINCT controller_id)::int FROM api.revocations('{8,9,10,11}') WHERE reason = 2), '=', 2, 'and each is laid over its own permits');
SELECT is(delta(10, :r5, now_()), '11 10000000 disabled, 12 10000000 disabled, 13 removed, 14 removed, 15 10000000 disabled, 115 10000000', 'the permits that follow say so themselves');
SELECT is((SELECT bool_and(revision = now_()) FROM api.revocations('{10}') WHERE reason <> 1), true, 'from that revision on');
SELECT confirm(10, 1::int2, now_()) \g /dev/null
SELECT is(denied(10), '12:1 for good, 15:1 for good', 'then only lost cards stay on the list');
SELECT change($$UPDATE kidoban.cardholder SET lost = false WHERE id = 12$$) \g /dev/null
SELECT is(denied(10), '15:1 for good', 'until they are found');
SELECT change($$DELETE FROM kidoban.gate_group_member WHERE gate_id = 20$$) \g /dev/null
SELECT is(denied(20), '', 'a controller that holds nothing has nothing to deny but lost cards it knows');

-- streams: what is asked of the poller
SELECT confirm(i, 1::int2, now_()), confirm(i, 2::int2, now_()) FROM generate_series(1, 41) i WHERE i NOT IN (39, 40) \g /dev/null
SELECT is(streams(), '(39,1,t) (39,2,t) (40,1,t) (40,2,t)', 'who holds nothing is filled');
SELECT is((SELECT count(*)::int FROM job WHERE kind = 'permit_transfer' AND state = 'queued'), 2, 'as a job');
SELECT is(streams(), '(39,1,t) (39,2,t) (40,1,t) (40,2,t)', 'asking again');
SELECT is((SELECT count(*)::int FROM job), 2, 'queues nothing more');
SELECT is((SELECT x FROM p(format('SELECT api.poller_job_progress(%s, %s, 5, 10)', (SELECT id FROM job WHERE controller_id = 39), (SELECT token FROM controller_lease WHERE controller_id = 39))) x), '(t)', 'progress');
SELECT is((SELECT state || progress || total FROM job WHERE controller_id = 39), 'running510', 'is kept');
SELECT is((SELECT x FROM p(format('SELECT api.poller_job_end(%s, %s, false, ''away'')', (SELECT id FROM job WHERE controller_id = 39), (SELECT token FROM controller_lease WHERE controller_id = 39))) x), '(t)', 'a failure');
SELECT is((SELECT state || attempts || reason || (next_at > clock_timestamp()) FROM job WHERE controller_id = 39), 'queued1awaytrue', 'is tried again later');
SELECT is(streams(), '(39,2,t) (40,1,t) (40,2,t)', 'not now');
SELECT confirm(i, 1::int2, now_()), confirm(i, 2::int2, now_()) FROM generate_series(39, 40) i \g /dev/null
SELECT p(format('SELECT api.poller_job_end(%s, %s, true, '''')', id, (SELECT token FROM controller_lease l WHERE l.controller_id = job.controller_id))) FROM job \g /dev/null
SELECT is(streams(), '', 'all is confirmed');
SELECT is((SELECT x FROM p(format('SELECT api.poller_job_end(%s, 0, true, '''')', (SELECT min(id) FROM job))) x), '(f)', 'a stale token ends no job');

-- an act that takes something away concerns some controllers and moves the others on
SELECT change($$INSERT INTO kidoban.permit (id, cardholder_id, gate_id) VALUES (900, 14, 30)$$) \g /dev/null
SELECT is(streams(), '', 'a grant waits for its time');
SELECT confirm(30, 1::int2, now_()) \g /dev/null
SELECT change($$DELETE FROM kidoban.permit WHERE id = 900$$) \g /dev/null
SELECT is(streams(), '(30,2,f)', 'a withdrawal goes at once to the controller it concerns');
SELECT is((SELECT count(*)::int FROM controller_stream WHERE stream = 2 AND confirmed_revision = now_()), 40, 'the others are moved on without traffic');
SELECT confirm(30, 2::int2, now_()) \g /dev/null
SELECT change($$UPDATE kidoban.cardholder SET lost = true WHERE id = 50$$) \g /dev/null
SELECT is((SELECT count(*)::int FROM p('SELECT * FROM api.poller_streams(1) WHERE stream = 2')), 40, 'a lost card goes at once to everybody who may know it');
SELECT cmp_ok((SELECT count(*)::int FROM controller_stream_history WHERE controller_id = 30 AND stream = 2), '>', 0, 'what was held before is kept');

-- by the timetable, and when a controller lost its memory
SELECT confirm(i, 2::int2, now_()) FROM generate_series(1, 41) i \g /dev/null
SELECT is(queue_permit_transfers(), 1, 'at its time one planning is queued, whatever is behind');
SELECT is(queue_permit_transfers(), 0, 'once');
SELECT is((SELECT x FROM p(format('SELECT api.poller_stream_lost(7, %s, 1::int2, 0, ''empty'')', (SELECT token FROM controller_lease WHERE controller_id = 7))) x), '(t)', 'one lost its memory (T-8)');
SELECT is((SELECT x FROM p('SELECT stream, "full", held_revision FROM api.poller_streams(1) WHERE controller_id = 7 AND stream = 1') x), '(1,t,)', 'and is filled anew');
SELECT is(confirm(7, 1::int2, now_()), '(7)', 'confirmed');
SELECT is((SELECT count(*)::int FROM p(format('SELECT api.poller_stream_confirm(''{7}'', ''{0}'', ''{1}'', ''{%s}'', ''{NULL}'')', now_()))), 0, 'a stale token confirms nothing');
SELECT is(try('kidoban_gates', 1, 'SELECT * FROM api.permit_records(1, NULL, 1)'), '42501', 'no web program may ask for records');
SELECT * FROM finish();
ROLLBACK;
