-- Pages of history: the same rows as a plain query gives, for any filters, within scope, by index (H-5).
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();
SELECT setseed(0.42) \g /dev/null

-- 12,000 access and 1,500 alarm events over 40 days, many at the very same instant, few of rare kinds; then one gate is deleted.
INSERT INTO event_log (controller_id, log) SELECT id, substr(sha256(id::text::bytea), 1, 16) FROM controller;
SELECT history_ensure(p, d) FROM unnest('{access_event,alarm_event,operation_event,management_event}'::text[]) p,
  generate_series(now() - interval '41 days', now(), interval '1 day') d \g /dev/null
CREATE TEMP TABLE made AS
SELECT date_trunc('second', now() - make_interval(secs => floor(random() * 40 * 86400 / 40) * 40)) AS t, (1 + floor(random() * 42))::int AS gate,
       1 + floor(random() * 100)::int AS who, random() AS r, i AS seq, floor(random() * 3)::int AS side
  FROM generate_series(1, 13500) i;
INSERT INTO access_event
SELECT m.t, floor(extract(epoch FROM m.t) / 900), l.id, m.seq, CASE WHEN m.r < 0.05 THEN 0 ELSE c.id END, CASE WHEN m.r > 0.99 THEN 0 ELSE m.gate END,
       (CASE WHEN m.r < 0.05 THEN 109 WHEN m.r < 0.06 THEN 121 WHEN m.r < 0.1 THEN 112 WHEN m.r < 0.5 THEN 101 ELSE 102 END) * 4 + m.side,
       CASE WHEN m.r < 0.05 THEN 0 ELSE d.id END, ''
  FROM made m JOIN gate g ON g.id = m.gate JOIN event_log l ON l.controller_id = g.controller_id
  JOIN cred c ON c.credential_id = m.who JOIN cardholder h ON h.id = m.who JOIN dept d ON d.department_id = h.department_id
 WHERE m.seq <= 12000;
INSERT INTO alarm_event
SELECT m.t, floor(extract(epoch FROM m.t) / 900), l.id, m.seq, 0, g.controller_id, CASE WHEN m.r > 0.9 THEN 0 ELSE m.gate END,
       (201 + floor(m.r * 10)::int) * 4, 0, m.side > 0, ''
  FROM made m JOIN gate g ON g.id = m.gate JOIN event_log l ON l.controller_id = g.controller_id WHERE m.seq > 12000;
-- Gate 7 is in group 4: deleted, it stays readable.
SELECT change($$DELETE FROM kidoban.gate_group_member WHERE gate_id = 7; DELETE FROM kidoban.gate WHERE id = 7$$) \g /dev/null
SELECT set_eq($$SELECT DISTINCT parent FROM history_part$$, $$SELECT parent FROM event_category$$, 'all four histories have partitions');
ANALYZE;

-- All pages put together, as operator `who` sees them: (t, log, seq) of each row in order; also how many pages it took.
CREATE FUNCTION tap.walk(who int4, category text, lo timestamptz, hi timestamptz, gates int4[], groups int4[], departments int4[],
  cardholder int4, kinds int2[], q text, size int4, OUT keys text[], OUT pages int4) LANGUAGE plpgsql AS $$
DECLARE
  r record; last record; n int4;
BEGIN
  PERFORM set_config('kidoban.session', repeat(who::text, 64), true);
  PERFORM set_config('role', 'kidoban_history', true);
  keys := '{}'; pages := 0;
  SELECT NULL::timestamptz AS t, NULL::int4 AS log, NULL::int4 AS seq INTO last;
  LOOP
    n := 0;
    FOR r IN SELECT * FROM api.history_page(category, lo, hi, gates, groups, departments, cardholder, kinds, last.t, last.log, last.seq, size, q) LOOP
      last := r;
      n := n + 1;
      IF r.kind IS NOT NULL THEN
        keys := keys || format('%s/%s/%s', extract(epoch FROM r.t), r.log, r.seq);
      ELSE
        n := size;
      END IF;
    END LOOP;
    pages := pages + 1;
    EXIT WHEN n < size;
  END LOOP;
  PERFORM set_config('role', 'none', true);
END $$;

-- What it should be: written without any of the machinery, over the tables as their owner sees them.
CREATE FUNCTION tap.plain(who int4, category text, lo timestamptz, hi timestamptz, gates int4[], groups int4[], departments int4[],
  cardholder int4, kinds int2[], q text) RETURNS text[] LANGUAGE sql AS $$
  WITH e AS (
    SELECT t, log, seq, cred, gate, kind, dept, NULL::int4 AS controller FROM kidoban.access_event WHERE category = 'access'
    UNION ALL SELECT t, log, seq, cred, gate, kind, dept, controller FROM kidoban.alarm_event WHERE category = 'alarm'),
  g AS (SELECT DISTINCT ON (id) id, management_group_id, controller_id FROM kidoban.gate_version ORDER BY id, to_cs DESC NULLS FIRST),
  mine AS (SELECT id, controller_id FROM g WHERE who = 1 OR (who IN (2, 3) AND management_group_id = 2)),
  tree AS (SELECT d FROM unnest(departments) d UNION SELECT id FROM kidoban.department WHERE id IN (4, 5) AND 3 = ANY (departments)
           UNION SELECT id FROM kidoban.department WHERE 1 = ANY (departments) UNION SELECT 5 WHERE 4 = ANY (departments))
  SELECT coalesce(array_agg(format('%s/%s/%s', extract(epoch FROM e.t), e.log, e.seq) ORDER BY e.t DESC, e.log DESC, e.seq DESC), '{}')
    FROM e LEFT JOIN kidoban.event_log l ON l.id = e.log
   WHERE e.t >= lo AND e.t < hi
     AND CASE WHEN e.gate <> 0 THEN e.gate IN (SELECT id FROM mine)
              ELSE coalesce(e.controller, l.controller_id) IN (SELECT m.controller_id FROM mine m JOIN kidoban.gate x ON x.id = m.id)
                   OR who = 1 END
     AND (gates IS NULL AND groups IS NULL OR e.gate = ANY (gates) OR e.gate IN (SELECT id FROM g WHERE management_group_id = ANY (groups)))
     AND (departments IS NULL OR e.dept IN (SELECT n.id FROM kidoban.dept n WHERE n.department_id IN (SELECT d FROM tree)))
     AND (cardholder IS NULL OR e.cred IN (SELECT c.id FROM kidoban.cred c WHERE c.cardholder_id = cardholder))
     AND (kinds IS NULL OR e.kind / 4 = ANY (kinds))
     AND (q IS NULL OR e.cred IN (SELECT c.id FROM kidoban.cred c WHERE c.name || c.kana || c.employee_number || c.card_number ILIKE '%' || q || '%'))
$$;

CREATE TEMP TABLE asked AS
SELECT i, 1 + i % 4 AS who, CASE WHEN i % 5 = 0 THEN 'alarm' ELSE 'access' END AS category,
       now() - make_interval(days => (random() * 45)::int + 1) AS lo, now() - make_interval(secs => CASE WHEN random() < 0.5 THEN -60 ELSE random() * 5 * 86400 END) AS hi,
       CASE WHEN random() < 0.3 THEN ARRAY(SELECT DISTINCT (1 + floor(random() * 44))::int FROM generate_series(1, 1 + (random() * 4)::int + i * 0)) WHEN random() < 0.1 THEN ARRAY(SELECT generate_series(1, 40)) END AS gates,
       CASE WHEN random() < 0.2 THEN ARRAY[1 + floor(random() * 4)::int] END AS groups,
       CASE WHEN random() < 0.3 THEN ARRAY[1 + floor(random() * 5)::int] END AS departments,
       CASE WHEN random() < 0.15 THEN 1 + floor(random() * 100)::int END AS cardholder,
       CASE WHEN random() < 0.4 THEN (ARRAY['{101}', '{109,121}', '{112}', '{101,102,121}', '{201,204}', '{205}']::text[])[1 + floor(random() * 6)::int]::int2[] END AS kinds,
       CASE WHEN random() < 0.1 THEN (ARRAY['e1', '氏名 5', 'CARD99', 'シメイ', 'nobody'])[1 + floor(random() * 5)::int] END AS q,
       3 + floor(random() * 200)::int AS size
  FROM generate_series(1, 120) i;
SELECT is((walk(who, category, lo, hi, gates, groups, departments, cardholder, kinds, q, size)).keys, plain(who, category, lo, hi, gates, groups, departments, cardholder, kinds, q),
          format('operator %s, %s, %s days, gates %s, groups %s, departments %s, cardholder %s, kinds %s, q %s, pages of %s', who, category, (hi - lo), gates, groups, departments, cardholder, kinds, q, size)) FROM asked;
SELECT cmp_ok((SELECT count(*)::int FROM asked WHERE cardinality(plain(who, category, lo, hi, gates, groups, departments, cardholder, kinds, q)) > size), '>=', 20, 'many of them had several pages');

-- A search that may do hardly any work still comes to its end, piece by piece, and misses nothing.
CREATE FUNCTION tap.crawl(gates int4[], kinds int2[], OUT keys text[], OUT stops int4) LANGUAGE plpgsql AS $$
DECLARE
  r record; last record; n int4;
BEGIN
  PERFORM set_config('kidoban.session', repeat('1', 64), true);
  PERFORM set_config('role', 'kidoban_history', true);
  keys := '{}'; stops := 0;
  SELECT NULL::timestamptz AS t, NULL::int4 AS log, NULL::int4 AS seq INTO last;
  LOOP
    n := 0;
    FOR r IN SELECT * FROM kidoban.history_rows('access_event', now() - interval '41 days', now(), gates, NULL, NULL, NULL, kinds, NULL, last.t, last.log, last.seq, 5, 0) LOOP
      last := r;
      n := n + 1;
      IF r.log <> 0 THEN keys := keys || format('%s/%s/%s', extract(epoch FROM r.t), r.log, r.seq); ELSE stops := stops + 1; n := 5; END IF;
    END LOOP;
    EXIT WHEN n < 5;
  END LOOP;
  PERFORM set_config('role', 'none', true);
END $$;
SELECT is((crawl('{3}', '{121}')).keys, plain(1, 'access', now() - interval '41 days', now(), '{3}', NULL, NULL, NULL, '{121}', NULL), 'a search in small pieces misses nothing');
SELECT cmp_ok((crawl('{3}', '{121}')).stops, '>', 20, 'and it really was in pieces');
SELECT is((crawl(NULL, '{121}')).keys, plain(1, 'access', now() - interval '41 days', now(), NULL, NULL, NULL, NULL, '{121}', NULL), 'by kind as well');

-- Names without a link where the person is out of scope.
SELECT is((SELECT count(*)::int FROM ask('kidoban_history', 2, $$SELECT cardholder_id, name, department_id, department_name FROM api.history_page('access', now() - interval '9 days', now(), NULL, NULL, '{1}', NULL, NULL, NULL, NULL, NULL, 100) WHERE name IS NULL AND card_number IS NOT NULL$$)), 0, 'whoever passed has a name');
SELECT set_config('kidoban.session', repeat('2', 64), true), set_config('role', 'kidoban_history', true) \g /dev/null
CREATE TEMP TABLE page AS SELECT * FROM api.history_page('access', now() - interval '30 days', now(), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 500);
SELECT set_config('role', 'none', true) \g /dev/null
SELECT is((SELECT bool_and((p.cardholder_id IS NOT NULL) = (h.department_id IN (3, 4, 5))) FROM page p JOIN cardholder h ON h.employee_number = p.employee_number), true, 'the link is there exactly for who is in scope');
SELECT is((SELECT bool_and((p.department_id IS NOT NULL) = (d.id IN (3, 4, 5))) FROM page p JOIN department d ON d.name = p.department_name), true, 'and that of the department');
SELECT is((SELECT x FROM ask('kidoban_history', 1, $$SELECT gate_name, controller_name IS NOT NULL FROM api.history_page('access', now() - interval '41 days', now(), '{7}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1)$$) x), '("gate 7",t)', 'a deleted gate keeps its name');
SELECT is(try('kidoban_history', 1, $$SELECT * FROM api.history_page('acces', now(), now(), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1)$$), 'KD007', 'an unknown category is said');

-- Plots count what the caller may see.
SELECT is((SELECT (ask)::text FROM ask('kidoban_history', 2, $$SELECT sum(entry), sum(exit) FROM api.history_passages_per_hour(now() - interval '10 days', now(), NULL, NULL)$$)),
          (SELECT format('(%s,%s)', count(*) FILTER (WHERE kind / 4 = 101), count(*) FILTER (WHERE kind / 4 = 102)) FROM access_event e LEFT JOIN event_log l ON l.id = e.log
            WHERE t >= now() - interval '10 days' AND t < now() AND (gate IN (SELECT id FROM gate WHERE management_group_id = 2) OR gate = 0 AND l.controller_id IN (SELECT controller_id FROM gate WHERE management_group_id = 2))), 'passages per hour');
SELECT is((SELECT (ask)::text FROM ask('kidoban_history', 2, $$SELECT sum(count) FROM api.history_alarms_per_gate(now() - interval '10 days', now(), NULL, '{2}')$$)),
          (SELECT format('(%s)', count(*)) FROM alarm_event e WHERE raised AND t >= now() - interval '10 days' AND t < now() AND gate IN (SELECT id FROM gate WHERE management_group_id = 2)), 'alarms per gate');

-- Every statement that a page can run, explained as the program: one partition, and by index. Statistics of a full day are
-- what the planner would have; a day here is small, so a sequential scan is forbidden as the function itself forbids it,
-- and each row that is looked at in vain costs what a thousand would.
CREATE FUNCTION tap.explain_page(who int4, parent text, gates int4[], groups int4[], departments int4[], cardholder int4, kinds int2[], q text)
RETURNS text LANGUAGE plpgsql SET enable_seqscan = off SET cpu_tuple_cost = 5 AS $$
DECLARE
  f record; line text; plan text := ''; day timestamptz := date_trunc('day', now(), 'UTC') - interval '5 days';
BEGIN
  PERFORM set_config('kidoban.session', repeat(who::text, 64), true);
  PERFORM set_config('role', 'kidoban_history', true);
  SELECT * INTO f FROM kidoban.history_filter(parent, gates, groups, departments, cardholder, kinds, q);
  FOR line IN EXECUTE 'EXPLAIN ' || kidoban.history_stretch_sql(parent, 'e.t, e.log, e.seq', f.conditions, f.lead, f.keys,
      floor(extract(epoch FROM day) / 900)::int4, floor(extract(epoch FROM day) / 900)::int4 + 95, day, day + interval '1 day',
      format(' AND (e.t, e.log, e.seq) < (%L::timestamptz, 5, 5)', day + interval '12 hours'), 50) LOOP
    plan := plan || line || E'\n';
  END LOOP;
  PERFORM set_config('role', 'none', true);
  RETURN f.lead || ' ' || (SELECT count(DISTINCT m[1]) FROM regexp_matches(plan, parent || '_\d+', 'g') m) || ' '
         || CASE WHEN plan ~ ('Seq Scan on ' || parent) THEN 'seq' WHEN plan ~ (parent || '_\d+_' || CASE WHEN f.lead = 'time' THEN 'bucket_' WHEN parent = 'access_event' AND f.lead IN ('gate', 'dept') THEN 'bucket_' ELSE '(bucket_)?' || replace(replace(f.lead, 'rare gate', 'gate_kind'), 'rare dept', 'dept_kind') END) THEN 'index' ELSE plan END;
END $$;
SELECT is(explain_page(w, 'access_event', NULL, NULL, NULL, NULL, NULL, NULL), CASE w WHEN 1 THEN 'time' ELSE 'gate' END || ' 1 index', 'everything, operator ' || w) FROM generate_series(1, 3) w;
SELECT is(explain_page(w, 'access_event', '{1}', NULL, NULL, NULL, NULL, NULL), 'gate 1 index', 'one gate, operator ' || w) FROM generate_series(1, 3) w;
SELECT is(explain_page(w, 'access_event', '{1,5,9}', NULL, NULL, NULL, NULL, NULL), 'gate 1 index', 'three gates, operator ' || w) FROM generate_series(1, 3) w;
SELECT is(explain_page(1, 'access_event', ARRAY(SELECT generate_series(1, 40)), NULL, NULL, NULL, NULL, NULL), 'time 1 index', 'forty gates');
SELECT is(explain_page(w, 'access_event', NULL, '{2}', NULL, NULL, NULL, NULL), 'gate 1 index', 'a management group, operator ' || w) FROM generate_series(1, 3) w;
SELECT is(explain_page(1, 'access_event', NULL, NULL, '{3}', NULL, NULL, NULL), 'dept 1 index', 'a department');
SELECT is(explain_page(w, 'access_event', NULL, NULL, NULL, 8, NULL, NULL), 'cred 1 index', 'a cardholder, operator ' || w) FROM generate_series(1, 3) w;
SELECT is(explain_page(1, 'access_event', NULL, NULL, NULL, NULL, '{109,121}', NULL), 'kind 1 index', 'rare kinds');
SELECT is(explain_page(w, 'access_event', '{1}', NULL, NULL, NULL, '{109,121}', NULL), 'rare gate 1 index', 'rare kinds of a gate, operator ' || w) FROM generate_series(1, 3) w;
SELECT is(explain_page(w, 'access_event', NULL, '{2}', NULL, NULL, '{109}', NULL), 'rare gate 1 index', 'a rare kind of a management group, operator ' || w) FROM generate_series(1, 3) w;
SELECT is(explain_page(1, 'access_event', NULL, NULL, '{3}', NULL, '{109,121}', NULL), 'rare dept 1 index', 'rare kinds of a department');
SELECT is(explain_page(1, 'access_event', '{1}', NULL, NULL, NULL, '{101,109}', NULL), 'gate 1 index', 'a gate, a common kind among others');
SELECT is(explain_page(1, 'access_event', NULL, NULL, NULL, NULL, '{101}', NULL), 'time 1 index', 'a common kind');
SELECT is(explain_page(1, 'access_event', NULL, NULL, NULL, NULL, NULL, '氏名 5'), 'cred 1 index', 'part of a name');
SELECT is(explain_page(1, p, NULL, NULL, NULL, NULL, NULL, NULL), 'time 1 index', p) FROM unnest('{alarm_event,operation_event,management_event}'::text[]) p;
SELECT is(explain_page(1, p, '{1}', NULL, NULL, NULL, '{204}', NULL), 'gate 1 index', p || ' of a gate and kind') FROM unnest('{alarm_event,operation_event,management_event}'::text[]) p;

-- Bucket by bucket means that it stops at the bucket that fills the page: 300 events a day are 3 in each of 96 buckets.
CREATE FUNCTION tap.buckets_read(gates int4[]) RETURNS int LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  f record; line text; read_ int; day timestamptz := date_trunc('day', now(), 'UTC') - interval '5 days';
BEGIN
  PERFORM set_config('kidoban.session', repeat('1', 64), true);
  PERFORM set_config('role', 'kidoban_history', true);
  SELECT * INTO f FROM kidoban.history_filter('access_event', gates, NULL, NULL, NULL, NULL, NULL);
  FOR line IN EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF) ' || kidoban.history_stretch_sql('access_event', 'e.t, e.log, e.seq', f.conditions, f.lead, f.keys,
      floor(extract(epoch FROM day) / 900)::int4, floor(extract(epoch FROM day) / 900)::int4 + 95, day, day + interval '1 day', '', 5) LOOP
    read_ := greatest(read_, substring(line from ' on access_event_.* loops=(\d+)')::int);
  END LOOP;
  PERFORM set_config('role', 'none', true);
  RETURN read_;
END $$;
SELECT cmp_ok(buckets_read(g), '<', 48, 'the search stops at the bucket that fills the page: gates ' || coalesce(g::text, 'all'))
  FROM (VALUES (NULL::int4[]), (ARRAY(SELECT generate_series(1, 20)))) v(g);

-- Reports prune, too.
CREATE FUNCTION tap.report_parts(lo timestamptz, hi timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  line text; plan text := '';
BEGIN
  FOR line IN EXECUTE format('EXPLAIN SELECT * FROM report.access_event WHERE occurred_at >= %L AND occurred_at < %L', lo, hi) LOOP plan := plan || line; END LOOP;
  RETURN (SELECT count(DISTINCT m[1]) FROM regexp_matches(plan, 'access_event_\d{8}', 'g') m);
END $$;
SELECT is(report_parts(date_trunc('day', now(), 'UTC') - interval '3 days', date_trunc('day', now(), 'UTC') - interval '1 day'), 2, 'a report of two days reads two partitions');
SELECT * FROM finish();
ROLLBACK;
