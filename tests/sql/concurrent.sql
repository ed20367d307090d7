-- Change sets of two sessions at once.
-- Two sessions at once: who commits first has the lower revision, whoever began first.
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();
SELECT dblink_connect('a', 'dbname=' || current_database()), dblink_connect('b', 'dbname=' || current_database()) \g /dev/null
SELECT dblink_exec('a', 'BEGIN'), dblink_exec('b', 'BEGIN') \g /dev/null
SELECT * FROM dblink('a', $$SELECT api.change_begin('first')$$) AS x(id int8) \gset a_
SELECT * FROM dblink('b', $$SELECT api.change_begin('second')$$) AS x(id int8) \gset b_
SELECT dblink_exec('a', $$UPDATE kidoban.gate SET place = 'a' WHERE id = 10$$), dblink_exec('b', $$UPDATE kidoban.gate SET place = 'b' WHERE id = 11$$) \g /dev/null
SELECT dblink_exec('b', 'COMMIT'), dblink_exec('a', 'COMMIT') \g /dev/null
SELECT cmp_ok((SELECT revision FROM change_set WHERE id = :b_id), '<', (SELECT revision FROM change_set WHERE id = :a_id), 'revision order is commit order');
SELECT cmp_ok((SELECT at FROM change_set WHERE id = :b_id), '<', (SELECT at FROM change_set WHERE id = :a_id), 'and so is time');
-- While one holds its number and has not committed, another can neither get a later one nor be seen.
SELECT dblink_exec('a', 'BEGIN') \g /dev/null
SELECT * FROM dblink('a', $$SELECT api.change_begin('slow')$$) AS x(id int8) \gset a_
SELECT dblink_exec('a', $$UPDATE kidoban.gate SET place = 'a2' WHERE id = 10$$) \g /dev/null
SELECT * FROM dblink('a', 'SELECT api.change_end()') AS x(revision int8) \gset a_
SELECT dblink_exec('b', 'BEGIN') \g /dev/null
SELECT * FROM dblink('b', $$SELECT api.change_begin('waits')$$) AS x(id int8) \gset b_
SELECT dblink_exec('b', $$UPDATE kidoban.gate SET place = 'b2' WHERE id = 11$$) \g /dev/null
SELECT throws_ok($$SELECT dblink_exec('b', 'COMMIT')$$, '55P03', NULL, 'waits two seconds, then busy');
SELECT is((SELECT max(revision) < :a_revision FROM change_set), true, 'an uncommitted revision is not seen');
SELECT dblink_exec('a', 'COMMIT') \g /dev/null
SELECT is((SELECT max(revision) FROM change_set), :a_revision::int8, 'a committed one is');
SELECT is((SELECT place FROM gate WHERE id = 11), 'b', 'the one that was busy left nothing');
-- Two people move departments so that only both together make a ring.
SELECT dblink_exec('a', 'BEGIN'), dblink_exec('b', 'BEGIN') \g /dev/null
SELECT * FROM dblink('a', $$SELECT api.change_begin('a')$$) AS x(id int8) \g /dev/null
SELECT * FROM dblink('b', $$SELECT api.change_begin('b')$$) AS x(id int8) \g /dev/null
SELECT dblink_exec('a', $$UPDATE kidoban.department SET parent_id = 3 WHERE id = 2$$), dblink_exec('b', $$UPDATE kidoban.department SET parent_id = 2 WHERE id = 3$$) \g /dev/null
SELECT dblink_exec('a', 'COMMIT') \g /dev/null
SELECT throws_ok($$SELECT dblink_exec('b', 'COMMIT')$$, 'KD007', NULL, 'the second of two moves that make a ring is refused');
-- A first file drops indexes only while nobody looks: it waits for nobody, and makes what it dropped.
CREATE FUNCTION pg_temp.shape() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(line, E'\n' ORDER BY line)
    FROM (SELECT indexdef FROM pg_indexes WHERE schemaname = 'kidoban' AND tablename IN ('cardholder', 'credential', 'permit', 'cred')
          UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'kidoban'::regnamespace) x(line)
$$;
CREATE FUNCTION pg_temp.first_file(adds int, changes int) RETURNS void LANGUAGE sql AS $$
  SELECT kidoban.import_indexes_drop(jsonb_populate_record(NULL::kidoban.import, jsonb_build_object('counts', jsonb_build_object('add', adds, 'change', changes))))
$$;
SELECT pg_temp.shape() AS shape \gset
SELECT pg_temp.first_file(19999, 0), pg_temp.first_file(20000, 1) \g /dev/null
SELECT is(pg_temp.shape(), :'shape', 'few people, or some who were there: the indexes stay');
SELECT dblink_exec('a', 'BEGIN') \g /dev/null
SELECT * FROM dblink('a', 'SELECT count(*) FROM kidoban.cred') AS x(n int8) \g /dev/null
SELECT pg_temp.first_file(20000, 0) \g /dev/null
SELECT is(pg_temp.shape(), :'shape', 'somebody reads: they stay');
SELECT dblink_exec('a', 'COMMIT') \g /dev/null
SELECT pg_temp.first_file(20000, 0) \g /dev/null
SELECT is((SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'kidoban' AND tablename IN ('cardholder', 'credential', 'permit', 'cred')),
          'cardholder_pkey cred_pkey credential_pkey permit_pkey', 'nobody does: only what foreign keys stand on stays');
SELECT import_indexes_make('{cardholder,credential,permit}'), import_indexes_make('{cred}') \g /dev/null
SELECT is(pg_temp.shape(), :'shape', 'and all is made again, constraints too');
SELECT dblink_disconnect('a'), dblink_disconnect('b') \g /dev/null
SELECT * FROM finish();
ROLLBACK;
