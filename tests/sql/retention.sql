-- Retention (L-8, H-10): old partitions are detached and dropped by the keeper's own role, never emptied row by row.
SET search_path = kidoban, tap, public;
BEGIN;
SELECT no_plan();
SELECT dblink_connect('k', 'dbname=' || current_database()), dblink_exec('k', 'SET ROLE kidoban_keeper') \g /dev/null
SELECT dblink_connect('o', 'dbname=' || current_database()) \g /dev/null
SELECT dblink_exec('o', $q$DO $b$ BEGIN PERFORM kidoban.history_ensure(p, now() - interval '1000 days'), kidoban.history_ensure(p, now() - interval '50 days') FROM unnest('{access_event,alarm_event}'::text[]) p; END $b$$q$) \g /dev/null
SELECT dblink_exec('o', $$INSERT INTO kidoban.access_event SELECT now() - interval '1000 days', 1, 1, 1, 0, 1, 404, 0, ''$$), dblink_exec('o', $$INSERT INTO kidoban.access_event SELECT now() - interval '50 days', 1, 1, 2, 0, 1, 404, 0, ''$$) \g /dev/null
CREATE FUNCTION tap.steps() RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(regexp_replace(partition, '_\d+$', '') || ' ' || step, ', ' ORDER BY partition), '') FROM dblink('k', 'SELECT partition, step FROM api.keeper_partitions_due()') AS x(partition text, step text)
$$;
SELECT is(steps(), '', 'a thousand days are kept');
SELECT dblink_exec('o', 'UPDATE kidoban.edition SET history_days = 900') \g /dev/null
SELECT is(steps(), 'part.access_event detach, part.alarm_event detach', 'what is older than the limit is due');
-- The transaction of this test holds no lock on the parent, so the keeper can detach concurrently.
SELECT x.parent AS parent, x.partition AS partition FROM dblink('k', 'SELECT parent, partition FROM api.keeper_partitions_due()') AS x(parent text, partition text) WHERE x.parent ~ 'access' \gset
COMMIT;
SELECT dblink_exec('k', format('ALTER TABLE %s DETACH PARTITION %s CONCURRENTLY', :'parent', :'partition')) \g /dev/null
BEGIN;
SELECT is(steps(), 'part.access_event drop, part.alarm_event detach', 'what is detached is to be dropped');
SELECT is((SELECT count(*)::int FROM access_event), 1, 'and not in the history any more');
SELECT dblink_exec('k', format('DROP TABLE %s', :'partition')) \g /dev/null
SELECT * FROM dblink('k', 'SELECT api.keeper_partitions_ensure(3)') AS x(n int4) \g /dev/null
SELECT is(steps(), 'part.alarm_event detach', 'gone');
SELECT is((SELECT count(*)::int FROM history_part WHERE from_t < now() - interval '900 days' AND parent = 'access_event'), 0, 'from the list as well');
SELECT throws_ok($$SELECT dblink_exec('k', 'DROP TABLE kidoban.cardholder')$$, '42501', NULL, 'the keeper drops nothing else');
SELECT dblink_disconnect('k'), dblink_disconnect('o') \g /dev/null
SELECT * FROM finish();
COMMIT;
