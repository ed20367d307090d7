-- The lists that programs page through outside the history, explained as the program that asks (DESIGN 3).
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();
INSERT INTO alarm (gate_id, controller_id, kind, momentary, raised_at, cleared_at, acknowledged_at, log, seq)
SELECT 1 + i % 40, 1 + i % 40, 201, true, now() - make_interval(secs => i * 60), NULL, CASE WHEN i > 60 THEN now() END, 1, i FROM generate_series(1, 20000) i;
INSERT INTO command_request (operator_id, kind, command) SELECT 1, 'command', 1 FROM generate_series(1, 2000) i;
INSERT INTO command (request_id, gate_id, controller_id, door, command, operator_id, expires_at, finished_at, outcome)
SELECT 1 + i % 2000, 1 + i % 40, 1 + i % 40, 1, 1, 1, now(), now(), 3 FROM generate_series(1, 20000) i;
COMMIT;
VACUUM ANALYZE alarm, command, command_request;
BEGIN;

CREATE FUNCTION tap.plan_of(role text, operator int4, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  line text; plan text := '';
BEGIN
  PERFORM set_config('kidoban.session', repeat(operator::text, 64), true);
  PERFORM set_config('role', role, true);
  FOR line IN EXECUTE 'EXPLAIN ' || query LOOP plan := plan || line || E'\n'; END LOOP;
  PERFORM set_config('role', 'none', true);
  RETURN plan;
END $$;
SELECT alike(plan_of('kidoban_history', w, $$SELECT a.id, g.name FROM kidoban.alarm a LEFT JOIN kidoban.gate g ON g.id = a.gate_id
  WHERE (a.raised_at, a.id) < (now() - interval '1 day', 100) ORDER BY a.raised_at DESC, a.id DESC LIMIT 50$$), '%alarm_raised%', 'alarms, newest first, operator ' || w) FROM generate_series(1, 3) w;
SELECT unalike(plan_of('kidoban_history', w, $$SELECT count(*) FILTER (WHERE cleared_at IS NULL AND NOT momentary) FROM kidoban.alarm
  WHERE acknowledged_at IS NULL OR (cleared_at IS NULL AND NOT momentary)$$), '%Seq Scan on alarm%', 'how many are open, operator ' || w) FROM generate_series(1, 3) w;
SELECT unalike(plan_of('kidoban_gates', w, $$SELECT * FROM kidoban.command c WHERE c.request_id = 7$$), '%Seq Scan on command%', 'commands of a request, operator ' || w) FROM generate_series(1, 3) w;
SELECT unalike(plan_of('kidoban_gates', w, $$SELECT * FROM kidoban.command_request r WHERE r.id = 7$$), '%Seq Scan%', 'the request itself, operator ' || w) FROM generate_series(1, 3) w;
SELECT unalike(plan_of('kidoban_gate_poller', 0, 'SELECT c.id FROM kidoban.command c JOIN kidoban.controller_lease l ON l.controller_id = c.controller_id WHERE l.poller_id = 1 AND c.outcome = 1'), '%Seq Scan on command%', 'commands that wait');
SELECT * FROM finish();
ROLLBACK;
