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
SELECT dblink_disconnect('a'), dblink_disconnect('b') \g /dev/null
SELECT * FROM finish();
ROLLBACK;
