-- The history that the bench reads: access events of `rows` passages in `days` days, set-based, once, kept between runs.
--   psql -v rows=20000000 -v days=40 -v gates=1000 -v cards=25000
-- A working site: each card passes about 20 times a day, controllers deliver every five minutes, so rows lie in the order
-- in which they would have been ingested. What is inserted goes through the same tables and indexes as real events.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET synchronous_commit = off;
SET work_mem = '512MB';
SET jit = off;
SET timezone = 'UTC';

SELECT date_trunc('day', now()) - make_interval(days => :days) AS from_t, date_trunc('day', now()) AS to_t \gset
SELECT count(kidoban.history_ensure('access_event', d)) AS partitions
  FROM generate_series(:'from_t'::timestamptz, :'to_t'::timestamptz, '1 day') d;

-- Dictionaries: cards of people who are in the history only, as after years of coming and going.
INSERT INTO kidoban.dept (department_id, name, since)
SELECT 1000000 + n, 'ベンチ部門 ' || n, :'from_t' FROM generate_series(1, 200) n;
INSERT INTO kidoban.cred (credential_id, cardholder_id, department_id, card_number, employee_number, name, kana, since)
SELECT 1000000 + n, 1000000 + n, 1000000 + 1 + n % 200, lpad(n::text, 10, '7'), 'B' || lpad(n::text, 7, '0'),
       '試験 太郎' || n, 'シケン タロウ' || n, :'from_t'
  FROM generate_series(1, :cards) n;

CREATE TEMP TABLE pick_gate AS
SELECT row_number() OVER (ORDER BY g.id) - 1 AS n, g.id::int2 AS gate, g.controller_id FROM kidoban.gate g ORDER BY g.id LIMIT :gates;
CREATE TEMP TABLE pick_log AS
WITH made AS (
  INSERT INTO kidoban.event_log (controller_id, log)
  SELECT DISTINCT controller_id, substr(sha256(convert_to('bench' || controller_id, 'UTF8')), 1, 16) FROM pick_gate
  RETURNING id, controller_id)
SELECT controller_id, id AS log FROM made;
CREATE TEMP TABLE pick_cred AS
SELECT row_number() OVER (ORDER BY c.id) - 1 AS n, c.id AS cred, d.id AS dept
  FROM (SELECT DISTINCT ON (credential_id) * FROM kidoban.cred ORDER BY credential_id, since DESC) c
  JOIN (SELECT DISTINCT ON (department_id) * FROM kidoban.dept ORDER BY department_id, since DESC) d ON d.department_id = c.department_id;
CREATE INDEX ON pick_gate (n);
CREATE INDEX ON pick_cred (n);
ANALYZE pick_gate;
ANALYZE pick_cred;

-- One day. The hours follow a working day in Japan; of a thousand passages 20 are refused and 5 of these by unknown cards.
CREATE FUNCTION pg_temp.day(day_number int, how_many int8, gates int8, cards int8, day timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO kidoban.access_event (t, bucket, log, seq, cred, gate, kind, dept, details)
  SELECT e.t, (extract(epoch FROM e.t)::int8 / 900)::int4, l.log,
         (day_number * 100000 + row_number() OVER (PARTITION BY l.log ORDER BY e.t))::int4,
         CASE WHEN e.luck < 0.005 THEN 0 ELSE c.cred END, g.gate,
         (CASE WHEN e.luck < 0.005 THEN 109 WHEN e.luck < 0.02 THEN 110 + (e.luck * 100000)::int % 12
               WHEN e.entry THEN 101 ELSE 102 END * 4 + CASE WHEN e.entry THEN 1 ELSE 2 END)::int2,
         CASE WHEN e.luck < 0.005 THEN 0 ELSE c.dept END::int2,
         CASE WHEN e.luck < 0.005 THEN '{"card":"' || lpad((e.luck * 1e9)::int8::text, 10, '0') || '"}' ELSE '' END
    FROM (SELECT day + make_interval(secs => CASE WHEN random() < 0.8 THEN 79200 + (random() + random()) * 21600 - 86400 * (random() < 0.35)::int
                                                  ELSE random() * 86400 END::float8) AS raw,
                 floor(random() * gates)::int8 AS g, floor(random() * cards)::int8 AS c, random() AS luck, random() < 0.5 AS entry
            FROM generate_series(1, how_many)) r
   CROSS JOIN LATERAL (SELECT CASE WHEN r.raw < day THEN r.raw + interval '1 day' WHEN r.raw >= day + interval '1 day' THEN r.raw - interval '1 day'
                                   ELSE r.raw END AS t, r.luck, r.entry) e
    JOIN pick_gate g ON g.n = r.g
    JOIN pick_log l ON l.controller_id = g.controller_id
    JOIN pick_cred c ON c.n = r.c
   ORDER BY extract(epoch FROM e.t)::int8 / 300, l.log, e.t
$$;
SELECT format('SELECT pg_temp.day(%s, %s, (SELECT count(*) FROM pick_gate), (SELECT count(*) FROM pick_cred), %L)', n, :rows / :days,
              :'from_t'::timestamptz + make_interval(days => n))
  FROM generate_series(0, :days - 1) n \gexec
UPDATE kidoban.event_log l SET mark = s.last
  FROM (SELECT log, max(seq) AS last FROM kidoban.access_event GROUP BY log) s WHERE s.log = l.id AND l.id IN (SELECT log FROM pick_log);

CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE bench.fixture AS SELECT :rows::int8 AS rows, :days AS days, :'from_t'::timestamptz AS from_t, :'to_t'::timestamptz AS to_t;
VACUUM (ANALYZE) kidoban.access_event;
ANALYZE kidoban.cred;
ANALYZE kidoban.dept;
