-- What the keeper does by the clock: partitions, retention, the timetable.
SET search_path = kidoban, tap, public;
BEGIN;
SELECT no_plan();
SELECT is((SELECT count(*)::int FROM history_part WHERE parent = 'access_event'), 4, 'create made today and three days ahead');
SELECT is((SELECT x FROM ask('kidoban_keeper', 0, 'SELECT api.keeper_partitions_ensure(3)') x), '(0)', 'they are there');
SELECT is((SELECT x FROM ask('kidoban_keeper', 0, 'SELECT api.keeper_partitions_ensure(10) >= 7') x), '(t)', 'more are made');
SELECT is((SELECT min(from_t) FROM history_part WHERE parent = 'access_event'), date_trunc('day', now(), 'UTC'), 'days are days of UTC');
SELECT is((SELECT bool_and(to_t - from_t >= interval '28 days' AND date_trunc('month', from_t, 'UTC') = from_t) FROM history_part WHERE parent <> 'access_event'), true, 'the other histories go by months');
SELECT is(try('kidoban_gate_poller', 0, $$SELECT kidoban.history_ensure('access_event', now() - interval '1110 days')$$), 'KD007', 'nothing is made for times that are not kept');
SELECT is(try('kidoban_gate_poller', 0, $$SELECT kidoban.history_ensure('cardholder', now())$$), 'P0002', 'nor for other tables');
SELECT is((SELECT count(*)::int FROM ask('kidoban_keeper', 0, 'SELECT * FROM api.keeper_partitions_due()')), 0, 'nothing is due to go');

-- the timetable: site's time zone, each row once a day, a skipped minute at the next, a doubled one once
CREATE FUNCTION tap.due(moment timestamptz) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(n, ' ' ORDER BY n), '') FROM (SELECT btrim(x, '()"') AS n FROM tap.ask('kidoban_keeper', 0, format('SELECT name FROM api.keeper_timetable_due(%L)', moment)) x) y
$$;
SELECT is((SELECT count(*)::int FROM timetable), 6, 'six rows: three clocks, two calendars, permits');
SELECT due('2026-06-01 12:00+09') \g /dev/null
SELECT is(due('2026-06-01 12:00+09'), '', 'what was done today is not done again');
SELECT is(due('2026-06-01 18:19:59+09'), '', 'not a second too early');
SELECT is(due('2026-06-01 18:20+09'), 'clock evening', 'at its time');
SELECT is(due('2026-06-01 18:21+09'), '', 'once');
SELECT is(due('2026-06-02 04:00+09'), 'calendar evening calendar night clock morning permits', 'what was missed is done late');
SELECT is(due('2026-06-05 04:00+09'), 'calendar evening calendar night clock day clock evening clock morning permits', 'once, however long the keeper was away');
UPDATE setting SET value = 'Europe/Berlin' WHERE name = 'time_zone';
SELECT is(timetable_last('02:20', 'Europe/Berlin', '2026-03-29 12:00+02'), '2026-03-29 03:00+02'::timestamptz, 'a minute that does not exist counts as the next that does');
SELECT is(timetable_last('02:20', 'Europe/Berlin', '2026-03-29 02:59+02'), '2026-03-28 02:20+01'::timestamptz, 'not before');
SELECT is(timetable_last('02:20', 'Europe/Berlin', '2026-10-25 12:00+01'), '2026-10-25 02:20+02'::timestamptz, 'of a minute that comes twice, the first counts');
UPDATE timetable SET last_run = '2026-10-24';
SELECT is(due('2026-10-25 02:25+02'), 'calendar night clock morning', 'done at the first');
SELECT is(due('2026-10-25 02:25+01'), '', 'and not at the second');
UPDATE timetable SET enabled = false;
SELECT is(due('2026-12-25 12:00+01'), '', 'what is switched off is not done');

-- tidying
INSERT INTO live_batch (id, at, kind) VALUES (1, now() - interval '2 hours', 'state'), (2, now() - interval '2 hours', 'state');
SELECT ask('kidoban_keeper', 0, 'SELECT api.keeper_tidy()'), ask('kidoban_keeper', 0, 'SELECT api.keeper_expire_sessions()') \g /dev/null
SELECT is((SELECT array_agg(id) FROM live_batch), '{2}', 'old batches go, the newest stays as the cursor');
SELECT ask('kidoban_keeper', 0, $$SELECT api.keeper_health('postgresql', 'ok', '')$$), ask('kidoban_keeper', 0, $$SELECT api.keeper_health('postgresql', 'degraded', 'slow')$$) \g /dev/null
SELECT is((SELECT status || detail FROM health), 'degradedslow', 'health is the latest that was found');
SELECT is(try('kidoban_keeper', 0, 'SELECT * FROM kidoban.cardholder'), '42501', 'the keeper reads no cardholder');
SELECT is((SELECT count(*)::int FROM ask('kidoban_keeper', 0, 'SELECT * FROM kidoban.access_event')), 0, 'and no history, though it owns the partitions');
SELECT * FROM finish();
ROLLBACK;
