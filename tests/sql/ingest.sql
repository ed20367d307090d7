-- Events into the history: no loss, no double, no silent hole (H-7, DESIGN 4).
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();

-- Events of controller c as an array of (seq, kind, credential, flags, seconds ago, card); oldest is what the controller holds.
CREATE TYPE tap.ev AS (seq int4, kind int2, credential int4, flags int2, ago float8, card text);
CREATE FUNCTION tap.send(c int4, log text, oldest int4, events tap.ev[], token int8 DEFAULT NULL, door int2 DEFAULT 1, command uuid DEFAULT NULL)
RETURNS int4 LANGUAGE plpgsql AS $$
DECLARE
  m int4; n int := cardinality(events);
BEGIN
  token := coalesce(token, (SELECT l.token FROM kidoban.controller_lease l WHERE l.controller_id = c));
  PERFORM set_config('role', 'kidoban_gate_poller', true);
  SELECT i.mark INTO m FROM api.poller_ingest(ARRAY[c], ARRAY[token], ARRAY[decode(rpad(log, 32, '0'), 'hex')], ARRAY[oldest],
    array_fill(c, ARRAY[n]), ARRAY(SELECT e.seq FROM unnest(events) e), ARRAY(SELECT now() - make_interval(secs => e.ago) FROM unnest(events) e),
    ARRAY(SELECT e.kind FROM unnest(events) e), array_fill(door, ARRAY[n]), array_fill(1::int2, ARRAY[n]),
    ARRAY(SELECT e.credential FROM unnest(events) e), ARRAY(SELECT coalesce(e.card, '') FROM unnest(events) e), array_fill(0::int8, ARRAY[n]),
    ARRAY(SELECT e.flags FROM unnest(events) e), array_fill(command, ARRAY[n]), array_fill(''::text, ARRAY[n])) i;
  PERFORM set_config('role', 'none', true);
  RETURN m;
END $$;
CREATE FUNCTION tap.entries(VARIADIC seqs int4[]) RETURNS tap.ev[] LANGUAGE sql AS $$
  SELECT coalesce(array_agg(ROW(s, 101, 10, 0, 100 - s, '')::tap.ev), '{}') FROM unnest(seqs) s
$$;
CREATE FUNCTION tap.stored(c int4) RETURNS int4[] LANGUAGE sql AS $$
  SELECT array_agg(e.seq ORDER BY e.seq) FROM kidoban.access_event e JOIN kidoban.event_log l ON l.id = e.log WHERE l.controller_id = c
$$;
SELECT ask('kidoban_gate_poller', 0, $$SELECT count(*) FROM api.poller_lease(api.poller_start('test'))$$) \g /dev/null

SELECT is(send(1, 'a1', 1, entries(1, 2, 3)), 3, 'three in a row are stored');
SELECT is(send(1, 'a1', 1, entries(1, 2, 3)), 3, 'the same again');
SELECT is(stored(1), '{1,2,3}', 'are not stored twice');
SELECT is(send(1, 'a1', 1, entries(3, 4, 4, 5, 2)), 5, 'overlapping, doubled in one batch, and out of order');
SELECT is(stored(1), '{1,2,3,4,5}', 'once each');
SELECT is(send(1, 'a1', 1, entries(7, 8)), 5, 'what comes too early is not stored');
SELECT is(send(1, 'a1', 1, entries(6, 7, 9)), 7, 'what came in between is, up to the next hole');
SELECT is(send(1, 'a1', 1, '{}'::ev[]), 7, 'a hearing without events tells the mark');
SELECT is(stored(1), '{1,2,3,4,5,6,7}', 'nothing but the run');
SELECT is(send(1, 'a1', 1, entries(8), 999), NULL, 'a stale token gets no answer');
SELECT is(stored(1), '{1,2,3,4,5,6,7}', 'and stores nothing');
SELECT is((SELECT count(*)::int FROM event_log WHERE controller_id = 1), 1, 'nor a log');

-- overflow
SELECT is(send(1, 'a1', 11, entries(11, 12)), 12, 'after an overflow the mark goes on');
SELECT is((SELECT details::jsonb FROM alarm_event WHERE kind = 217 * 4), '{"from": 8, "to": 10, "count": 3}', 'and the hole is told');
SELECT is((SELECT seq FROM alarm_event WHERE kind = 217 * 4), 10, 'under a sequence number of the hole');
SELECT is((SELECT count(*)::int FROM alarm WHERE kind = 217 AND controller_id = 1 AND momentary), 1, 'as an alarm that waits for an operator');
SELECT is(send(1, 'a1', 11, entries(11, 12)), 12, 'again');
SELECT is((SELECT count(*)::int FROM alarm_event WHERE kind = 217 * 4), 1, 'is told once');
SELECT is(send(1, 'a1', 20, '{}'::ev[]), 19, 'a hole with nothing after it');
SELECT is((SELECT count(*)::int FROM alarm_event WHERE kind = 217 * 4), 2, 'is told as well');

-- another event store
SELECT is(send(1, 'b2', 1, entries(1, 2)), 2, 'a new log begins at its own 1');
SELECT is(stored(1), '{1,1,2,2,3,4,5,6,7,11,12}', 'beside the old');
SELECT is((SELECT details::jsonb ->> 'previous_log' FROM alarm_event e JOIN event_log l ON l.id = e.log WHERE l.controller_id IS NULL),
          rpad('a1', 32, '0'), 'that the old one is gone is told by the server''s own log');
SELECT is(send(2, 'b2', 1, entries(1)), 1, 'another controller may draw the same name');
SELECT is(stored(2), '{1}', 'and keeps its own');

-- clocks
SELECT is(send(3, 'c1', 1, ARRAY[ROW(1, 101, 10, 0, 1200 * 86400.0, ''), ROW(2, 101, 10, 0, -3 * 86400, ''), ROW(3, 101, 10, 0, 1090 * 86400.0, '')]::ev[]), 3, 'times out of range');
SELECT is((SELECT count(*)::int FROM access_event e JOIN event_log l ON l.id = e.log WHERE l.controller_id = 3 AND e.t BETWEEN now() - interval '1 minute' AND now() + interval '1 minute'), 2, 'become the received time');
SELECT is((SELECT count(*)::int FROM access_event e JOIN event_log l ON l.id = e.log WHERE l.controller_id = 3 AND e.details LIKE '%controller_time%'), 2, 'with the original in the details');
SELECT is((SELECT count(*)::int FROM alarm WHERE controller_id = 3 AND kind = 216 AND cleared_at IS NULL), 1, 'and one alarm for the clock');
SELECT is((SELECT tableoid::regclass::text FROM access_event WHERE t < now() - interval '1000 days'),
          'part.access_event_' || to_char((now() - interval '1090 days') AT TIME ZONE 'UTC', 'YYYYMMDD'), 'an event of three years ago finds a partition made for it');
SELECT is((SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = (SELECT tableoid FROM access_event WHERE t < now() - interval '1000 days')), true, 'with row-level security');

-- what cannot be understood
SELECT is(send(4, 'd1', 1, ARRAY[ROW(1, 101, 10, 0, 9, ''), ROW(2, 0, 0, 0, 8, ''), ROW(3, 102, 10, 0, 7, ''), ROW(4, 999, 0, 0, 6, '')]::ev[]), 4, 'events without sense block nothing');
SELECT is((SELECT array_agg(seq ORDER BY seq) FROM event_quarantine), '{2,4}', 'and are kept aside');
SELECT is(stored(4), '{1,3}', 'the others are history');

-- who it was then (H-6)
SELECT is(send(5, 'e1', 1, ARRAY[ROW(1, 101, 20, 0, 0, 'ignored'), ROW(2, 109, 0, 0, 0, 'CARD21'), ROW(3, 101, 0, 0, 0, 'CARD22'), ROW(4, 101, 99999, 0, 0, 'GONE')]::ev[]), 4, 'persons');
SELECT is((SELECT array_agg(coalesce(c.name, '-') || coalesce(e.details::jsonb ->> 'card', '') ORDER BY e.seq) FROM (SELECT seq, cred, nullif(details, '') AS details, log FROM access_event) e JOIN event_log l ON l.id = e.log LEFT JOIN cred c ON c.id = e.cred WHERE l.controller_id = 5),
          '{"氏名 20",-CARD21,"氏名 22",-GONE}', 'by credential; by card where the controller knows no credentials; else the card is kept');
SELECT change($$UPDATE kidoban.cardholder SET name = '改姓', department_id = 3 WHERE id = 20$$) \g /dev/null
UPDATE cred SET since = now() - interval '30 seconds' WHERE name = '改姓';
UPDATE cred SET since = now() - interval '1 hour' WHERE credential_id = 20 AND name <> '改姓';
SELECT is(send(5, 'e1', 1, ARRAY[ROW(5, 101, 20, 0, 10, ''), ROW(6, 101, 20, 0, 600, ''), ROW(7, 101, 20, 0, 90000, '')]::ev[]), 7, 'after a change of name, one event from before it');
SELECT is((SELECT array_agg(c.name || ' ' || d.department_id ORDER BY e.seq) FROM access_event e JOIN event_log l ON l.id = e.log JOIN cred c ON c.id = e.cred JOIN dept d ON d.id = e.dept WHERE l.controller_id = 5 AND e.seq > 4),
          '{"改姓 3","氏名 20 1","氏名 20 1"}', 'carries the name and department of its time');

-- alarms
SELECT is(send(6, 'f1', 1, ARRAY[ROW(1, 204, 0, 1, 9, ''), ROW(2, 204, 0, 1, 8, ''), ROW(3, 201, 30, 1, 7, ''), ROW(4, 201, 30, 1, 6, '')]::ev[]), 4, 'alarms');
SELECT is((SELECT array_agg(kind ORDER BY id) FROM alarm WHERE controller_id = 6), '{204,201,201}', 'a state that is on is one alarm, each use of a lost card another');
SELECT is(send(6, 'f1', 1, ARRAY[ROW(5, 204, 0, 2, 5, ''), ROW(6, 204, 0, 1, 4, ''), ROW(7, 201, 0, 2, 3, '')]::ev[]), 7, 'cleared, and on again');
SELECT is((SELECT array_agg(cleared_at IS NULL ORDER BY id) FROM alarm WHERE controller_id = 6 AND kind = 204), '{f,t}', 'in order');
SELECT is((SELECT bool_and(cleared_at IS NULL) FROM alarm WHERE controller_id = 6 AND kind = 201), true, 'what is momentary is not cleared by the controller');
SELECT is((SELECT array_agg(raised ORDER BY seq) FROM alarm_event e JOIN event_log l ON l.id = e.log WHERE l.controller_id = 6), '{t,t,t,t,f,t,f}', 'history has raised and cleared');

-- the revision that decided is kept where it is not the one that the controller holds
SELECT stream_set('{8}', 1::int2, 5, 'x'), stream_set('{8}', 1::int2, 7, NULL) \g /dev/null
SELECT ask('kidoban_gate_poller', 0, $$SELECT * FROM api.poller_ingest('{8}', '{1}', ARRAY[substr(sha256('y'), 1, 16)], '{1}', '{8,8,8}', '{1,2,3}', array_fill(now(), ARRAY[3]), '{101,101,101}', '{1,1,1}', '{1,1,1}',
  '{10,10,10}', '{"","",""}', '{5,4,7}', '{0,0,0}', array_fill(NULL::uuid, ARRAY[3]), '{"","",""}')$$) \g /dev/null
SELECT is((SELECT array_agg(nullif(e.details, '') ORDER BY e.seq) FROM access_event e JOIN event_log l ON l.id = e.log WHERE l.controller_id = 8),
          '{NULL,"{\"revision\":4}","{\"revision\":7}"}', 'one that was moved on without traffic goes on naming its own');

-- a lost card is alarmed at every gate, also where it had no permit and is unknown to the controller (C-7)
SELECT change($$UPDATE kidoban.credential SET lost = true WHERE card_number = 'CARD23'$$) \g /dev/null
SELECT is(send(7, 'e7', 1, ARRAY[ROW(1, 109, 0, 0, 2, 'CARD23'), ROW(2, 109, 0, 0, 1, 'CARD24'), ROW(3, 109, 0, 0, 0, 'NOBODY')]::ev[]), 3, 'cards unknown to a controller');
SELECT is((SELECT array_agg(c.card_number || ' ' || a.kind) FROM alarm a JOIN cred c ON c.id = a.cred WHERE a.controller_id = 7), '{CARD23 201}', 'the lost one is an alarm that names its holder');
SELECT is((SELECT array_agg(e.kind / 4 || ' ' || e.cred ORDER BY e.seq) FROM access_event e JOIN event_log l ON l.id = e.log WHERE l.controller_id = 7), '{"109 0","109 0"}', 'the others stay unknown');

-- a server's command comes back as an event with its operator (H-3)
SELECT ask('kidoban_gates', 2, $$SELECT api.command_request_create('{9}', 'unlock', NULL, NULL, NULL, 'command', '')$$) \g /dev/null
SELECT is(send(9, 'a9', 1, ARRAY[ROW(1, 302, 0, 4, 1, ''), ROW(2, 301, 0, 0, 0, '')]::ev[], NULL, 1::int2, (SELECT id FROM command WHERE gate_id = 9)), 2, 'operations');
SELECT is((SELECT array_agg(e.operator ORDER BY e.seq) FROM operation_event e JOIN event_log l ON l.id = e.log WHERE l.controller_id = 9), '{2,0}', 'only what was commanded names the operator');
SELECT is(send(41, 'f4', 1, entries(1), NULL, 2::int2), 1, 'a second door');
SELECT is((SELECT e.gate FROM access_event e JOIN event_log l ON l.id = e.log WHERE l.controller_id = 41), 42::int2, 'is another gate');

-- nothing is told to browsers but by a batch in commit order
SELECT is((SELECT count(*)::int FROM live_batch b, unnest(b.e_seq) WHERE b.kind = 'events'), (SELECT count(*)::int FROM (SELECT FROM access_event WHERE t > now() - interval '1 day' UNION ALL SELECT FROM alarm_event UNION ALL SELECT FROM operation_event) e), 'every recent event is in a batch once');

-- several controllers in one call, one of them stale
SELECT results_eq($q$SELECT * FROM ask('kidoban_gate_poller', 0, $$SELECT controller_id, mark FROM api.poller_ingest('{10,11,12}', ARRAY[1,777,1]::int8[], array_fill(substr(sha256('x'), 1, 16), ARRAY[3]), '{1,1,1}', '{10,11,12,12}', '{1,1,1,2}', array_fill(now(), ARRAY[4]),
  '{101,101,101,102}', '{1,1,1,1}', '{1,1,1,1}', '{1,1,1,1}', '{"","","",""}', '{0,0,0,0}', '{0,0,0,0}', array_fill(NULL::uuid, ARRAY[4]), '{"","","",""}')$$)$q$,
  $$VALUES ('(10,1)'), ('(12,2)')$$, 'of several controllers only the stale one is left out');
SELECT * FROM finish();
ROLLBACK;
