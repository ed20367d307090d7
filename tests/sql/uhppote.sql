-- UHPPOTE boards: what they can not hold is refused at the grant, what they shall hold, whose events are whose, searches.
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();
CREATE FUNCTION tap.p(query text) RETURNS SETOF text LANGUAGE sql AS $$ SELECT tap.ask('kidoban_gate_poller', 0, query) $$;
CREATE FUNCTION tap.now_() RETURNS int8 LANGUAGE sql AS $$ SELECT max(revision) FROM kidoban.change_set $$;
CREATE FUNCTION tap.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  field text;
  code  text;
  said  text;
BEGIN
  PERFORM api.change_begin('test', '');
  EXECUTE statement;
  PERFORM api.change_end();
  RETURN 'ok';
EXCEPTION WHEN SQLSTATE 'KD007' THEN
  GET STACKED DIAGNOSTICS field = COLUMN_NAME, code = PG_EXCEPTION_HINT, said = MESSAGE_TEXT;
  RETURN field || ' ' || code || CASE WHEN said LIKE '%"door of the board"%' THEN ' named' ELSE ' ' || said END;
END $$;
CREATE FUNCTION tap.cards(a int8, b int8) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(card_number || CASE WHEN doors = 0 THEN ' gone' ELSE ' ' || doors || ' ' || valid_from || ' ' || valid_to END, ', ' ORDER BY card_number), '')
    FROM api.poller_cards(900, a, b)
$$;
UPDATE setting SET value = 'Asia/Tokyo' WHERE name = 'time_zone';
SELECT change($$INSERT INTO kidoban.controller (id, name, driver, address, port, serial) VALUES (900, 'board', 'uhppote', '127.0.0.1', 60000, '405000001');
  INSERT INTO kidoban.gate (id, controller_id, door, management_group_id, name) VALUES (900, 900, 1, 1, 'door of the board'), (901, 900, 3, 1, 'other door of the board');
  INSERT INTO kidoban.gate_group (id, name) VALUES (900, 'board');
  INSERT INTO kidoban.cardholder (id, employee_number, name, department_id) SELECT 900 + i, 'B' || i, 'person ' || i, 1 FROM generate_series(0, 9) i;
  INSERT INTO kidoban.credential (id, cardholder_id, card_number) SELECT 900 + i, 900 + i, (10058400 + i)::text FROM generate_series(0, 9) i$$) \g /dev/null
SELECT is((SELECT count(*)::int FROM uhppote_board WHERE controller_id = 900), 1, 'a board has its row from its making on');
SELECT is((SELECT string_agg(f, ',') FROM unnest('{0,007,16777215,4294967039,4294967040,99999999999,A1,10058400}'::text[]) f WHERE uhppote_card_fits(f)), '4294967039,10058400', 'card numbers that a board can hold');
SELECT now_() AS r0 \gset

-- refused at the grant, naming the gate
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (900, 900)$$), 'ok', 'a grant that it can hold');
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (5, 900)$$), 'card_number card_number_not_on_board named', 'a card number with letters');
SELECT is(refusal($$UPDATE kidoban.credential SET card_number = '0010058400' WHERE id = 900$$), 'card_number card_number_not_on_board named', 'and one that would get leading zeros later');
SELECT is(refusal($$UPDATE kidoban.cardholder SET pin_sealed = decode(repeat('00', 29 + 7), 'hex') WHERE id = 900$$), 'pin pin_too_long_for_board named', 'a PIN of seven digits');
SELECT is(refusal($$UPDATE kidoban.cardholder SET pin_sealed = decode(repeat('00', 29 + 6), 'hex') WHERE id = 901$$), 'ok', 'one of six');
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id, valid_to) VALUES (901, 900, '2099-01-01T12:00+09')$$), 'valid_to validity_by_time_on_board named', 'validity that ends at noon');
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id, valid_to) VALUES (901, 900, '2090-01-01T00:00+09')$$), 'ok', 'one that ends at midnight there');
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id, valid_from) VALUES (902, 900, '2090-01-01T09:00+09')$$), 'valid_from validity_by_time_on_board named', 'validity that begins in the morning');
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id, valid_from) VALUES (902, 900, '2020-01-01T09:00+09')$$), 'ok', 'one that has begun already');
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id, valid_to) VALUES (901, 901, '2091-01-01T00:00+09')$$), 'valid_to validities_differ_on_board named', 'two validities on one board');
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_group_id) VALUES (5, 900)$$), 'ok', 'a group without gates of boards');
SELECT is(refusal($$INSERT INTO kidoban.gate_group_member (gate_group_id, gate_id) VALUES (900, 900)$$), 'card_number card_number_not_on_board named', 'a board joins a group of somebody with letters');
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id, valid_to) VALUES (1, 3, '2099-01-01T12:00+09')$$), 'ok', 'our own controllers hold all of it');
UPDATE setting SET value = '3' WHERE name = 'uhppote_cards';
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (903, 901)$$), 'gate board_full the controller of gate "other door of the board" holds at most 3 cards', 'more cards than it holds');
UPDATE setting SET value = '20000' WHERE name = 'uhppote_cards';

-- what it shall hold
SELECT is(cards(NULL, now_()), '10058400 1 2002-01-01 2099-12-31, 10058401 1 2002-01-01 2089-12-31, 10058402 1 2020-01-01 2099-12-31', 'whole days of the site, the last one included');
SELECT now_() AS r1 \gset
SELECT is(refusal($$UPDATE kidoban.credential SET lost = true WHERE id = 900; INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (903, 901); DELETE FROM kidoban.permit WHERE cardholder_id = 902$$), 'ok', 'a card is lost, one comes, one goes');
SELECT is(cards(:r1, now_()), '10058400 gone, 10058402 gone, 10058403 4 2002-01-01 2099-12-31', 'the difference: a lost card is simply deleted');
SELECT is(cards(now_(), now_()), '', 'nothing between a revision and itself');
SELECT now_() AS r2 \gset
SELECT is(refusal($$UPDATE kidoban.credential SET card_number = '777' WHERE id = 903$$), 'ok', 'another number');
SELECT is(cards(:r2, now_()), '10058403 gone, 777 4 2002-01-01 2099-12-31', 'the old number goes');
SELECT is((SELECT x FROM p(format('SELECT count(*) FROM api.poller_cards(900, NULL, %s)', now_())) x), '(2)', 'the poller may ask');

-- sent at once, by the same jobs
SELECT p($$SELECT count(*) FROM api.poller_lease(api.poller_start('test'))$$) \g /dev/null
SELECT is((SELECT count(*)::int FROM p('SELECT 1 FROM api.poller_streams(1) WHERE controller_id = 900 AND stream = 1 AND "full"')), 1, 'a board that holds nothing is filled');
SELECT is((SELECT payload ->> 'because' FROM job WHERE controller_id = 900), 'nothing held', 'by a job that can be seen');
SELECT p(format('SELECT api.poller_job_end(%s, %s, true, %L)', j.id, l.token, '')) FROM job j JOIN controller_lease l USING (controller_id) WHERE controller_id = 900 \g /dev/null
SELECT p(format('SELECT api.poller_stream_confirm(''{900}'', ''{%s}'', ''{1}'', ''{%s}'', ''{NULL}'')', token, now_())) FROM controller_lease WHERE controller_id = 900 \g /dev/null
SELECT is((SELECT string_agg(stream || ':' || (confirmed_revision = now_()), ' ' ORDER BY stream) FROM controller_stream WHERE controller_id = 900), '1:true 2:true', 'its cards are its deny list too');
SELECT is((SELECT count(*)::int FROM p('SELECT 1 FROM api.poller_streams(1) WHERE controller_id = 900')), 0, 'then nothing is to be sent');
SELECT is(refusal($$UPDATE kidoban.cardholder SET note = 'x' WHERE id = 903$$), 'ok', 'an act that does not concern it');
SELECT is((SELECT count(*)::int FROM p('SELECT 1 FROM api.poller_streams(1) WHERE controller_id = 900')), 0, 'moves it on without traffic');
SELECT is((SELECT bool_and(confirmed_revision = now_()) FROM controller_stream WHERE controller_id = 900), true, 'to the newest revision');
SELECT is(refusal($$INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES (904, 900)$$), 'ok', 'a grant');
SELECT is((SELECT string_agg(x, ' ') FROM p('SELECT stream, "full" FROM api.poller_streams(1) WHERE controller_id = 900') x), '(1,f)', 'is sent at once');

-- events: whose card it was, and what the last one looked like
CREATE FUNCTION tap.push(seq int4, card text, tail text) RETURNS text LANGUAGE sql AS $$
  SELECT x FROM tap.p(format('SELECT mark FROM api.poller_ingest(''{900}'', ARRAY[%s::int8], ARRAY[substr(sha256(''b''), 1, 16)], ''{1}'', ''{900}'', ''{%s}'', ARRAY[now()],'
    ' ''{112}'', ''{1}'', ''{1}'', ''{0}'', ARRAY[%L], ''{0}'', ''{0}'', ARRAY[NULL::uuid], ''{""}'', ARRAY[substr(sha256(%L), 1, 16)])',
    (SELECT token FROM kidoban.controller_lease WHERE controller_id = 900), seq, card, tail)) x
$$;
SELECT is(push(1, '12345678', 'a'), '(1)', 'a card that nobody has');
SELECT is(push(2, '777', 'b'), '(2)', 'a card without a permit here');
SELECT is(push(3, '10058400', 'c'), '(3)', 'a lost card');
SELECT is((SELECT string_agg(kind / 4 || ' ' || (cred <> 0), ', ' ORDER BY seq) FROM access_event a JOIN event_log l ON l.id = a.log WHERE l.controller_id = 900), '109 false, 112 true', 'unknown, and known without a permit');
SELECT is((SELECT count(*)::int FROM alarm WHERE controller_id = 900 AND gate_id = 900 AND kind = 201), 1, 'the lost one is an alarm at its gate');
SELECT is((SELECT tail FROM event_log WHERE controller_id = 900), substr(sha256('c'), 1, 16), 'what the last one looks like goes with the mark');
SELECT is(push(3, '777', 'x'), '(3)', 'one that came before');
SELECT is((SELECT tail FROM event_log WHERE controller_id = 900), substr(sha256('c'), 1, 16), 'changes nothing');

-- what it said of itself; searches
SELECT is((SELECT x FROM p(format('SELECT api.poller_board(900, %s, %L, true, %L, %L, NULL, 5, 2, ''{7,0,0,0}'')', token, '127.0.0.1:60001', '10.0.0.9:60001', '00:66:18:23:cf:41')) x), '(t)', 'it reports')
  FROM controller_lease WHERE controller_id = 900;
SELECT is((SELECT x FROM p('SELECT api.poller_board(900, 0, NULL, NULL, NULL, '''', NULL, 9, 9, ''{0,0,0,0}'')') x), '(f)', 'under a stale token nothing');
SELECT is((SELECT ROW(listener, listener_replaced, cards, drift, delays)::text FROM uhppote_board WHERE controller_id = 900), '(127.0.0.1:60001,10.0.0.9:60001,5,2,"{7,0,0,0}")', 'and it is kept');
SELECT is(tap.try('kidoban_gates', 3, $$SELECT api.uhppote_search_create('192.168.1.0/24', 60000)$$), 'KD004', 'searching needs the rights to edit');
SELECT is(tap.try('kidoban_gates', 1, $$SELECT api.uhppote_search_create('192.0.0.0/16', 60000)$$), 'KD007', 'not the whole internet');
SELECT is(tap.try('kidoban_gates', 1, $$SELECT api.uhppote_search_create('192.168.1.0/24', 60000)$$), 'ok', 'a network');
SELECT is((SELECT count(*)::int FROM p('SELECT * FROM api.poller_searches()')), 1, 'one poller begins it');
SELECT is((SELECT count(*)::int FROM p('SELECT * FROM api.poller_searches()')), 0, 'and no other');
SELECT p(format('SELECT api.poller_search_found(%s, %L, %L, 60000, %L, %L, %L, %L, NULL)', id, '405000001', '192.168.1.20', '255.255.255.0', '192.168.1.1', '00:66', '8.92')) FROM uhppote_search \g /dev/null
SELECT is((SELECT count(*)::int FROM ask('kidoban_gates', 1, format('SELECT serial FROM api.uhppote_search_get(%s) WHERE controller_name = ''board''', (SELECT id FROM uhppote_search)))), 1, 'found, and known already');
SELECT is(tap.try('kidoban_gates', 1, 'SELECT api.uhppote_board_set(900, true, NULL)'), 'ok', 'an administrator allows to take the listener');
SELECT is((SELECT take_listener AND door_events FROM uhppote_board WHERE controller_id = 900), true, 'and nothing else changes');
SELECT * FROM finish();
ROLLBACK;
