-- Cardholders from a file: every row judged in one statement, then merged in a few. A null in a staged row keeps what is there;
-- '-infinity' takes a date away, '' a card or PIN. Unchanged rows are not written.

-- Grants that the staged permits name, each distinct text once. Named by gate or group; #id where a name is not enough.
CREATE OR REPLACE FUNCTION import_grants(import_id int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  gates  int2[] := kidoban.current_gates();
  whole  int4[] := kidoban.current_gate_groups(true);
  some   int4[] := kidoban.current_gate_groups(false);
BEGIN
  EXECUTE format('DROP TABLE IF EXISTS stage.%I', 'grant_' || import_id);
  EXECUTE format($q$
    CREATE UNLOGGED TABLE stage.%1$I AS
    WITH g AS MATERIALIZED (SELECT min(id) AS id, name, count(*) AS n FROM kidoban.gate GROUP BY name)
    SELECT p.permits, x.gate_id, x.gate_group_id, x.pass_level, x.valid_from, x.valid_to,
           coalesce(CASE WHEN x.gate_id IS NULL THEN x.gate_group_id = ANY (%3$L::int4[]) ELSE x.gate_id = ANY (%2$L::int2[]) END, false) AS mine,
           CASE WHEN x.n > 1 THEN 'permit_ambiguous' WHEN num_nonnulls(x.gate_id, x.gate_group_id) <> 1 THEN 'permit_not_found' END AS problem
      FROM (SELECT DISTINCT permits FROM stage.%4$I WHERE permits IS NOT NULL) p
     CROSS JOIN LATERAL (
       SELECT CASE WHEN r.kind = 'gate' THEN coalesce(n.id, g.id)::int4 END AS gate_id, y.id AS gate_group_id, r.level AS pass_level,
              r.valid_from, r.valid_to, CASE WHEN n.id IS NULL THEN g.n ELSE 1 END AS n
         FROM jsonb_to_recordset(p.permits::jsonb) AS r(kind text, name text, level int2, valid_from timestamptz, valid_to timestamptz)
         LEFT JOIN g ON r.kind = 'gate' AND g.name = r.name
         LEFT JOIN kidoban.gate n ON r.kind = 'gate' AND r.name = '#' || n.id
         LEFT JOIN kidoban.gate_group y ON r.kind = 'group' AND (y.name = r.name OR r.name = '#' || y.id)) x$q$,
    'grant_' || import_id, gates, whole, 'row_' || import_id);
END $$;

CREATE OR REPLACE FUNCTION import_check_cardholders(i import) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  everyone bool := kidoban.sees_all_departments();
  scope    int4[] := kidoban.current_department_scope();
  has_permits bool;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM stage.%I WHERE permits IS NOT NULL)', 'row_' || i.id) INTO has_permits;
  PERFORM kidoban.import_grants(i.id);
  EXECUTE format($q$
    CREATE UNLOGGED TABLE stage.%1$I AS
    WITH twice AS (SELECT key FROM stage.%2$I WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1),
    card_twice AS (SELECT card_number FROM stage.%2$I WHERE card_number <> '' GROUP BY card_number HAVING count(*) > 1),
    dept AS MATERIALIZED (SELECT id, code, path, whole FROM kidoban.department_paths() WHERE %3$L::bool OR id = ANY (%4$L::int4[])),
    path AS MATERIALIZED (SELECT min(id) AS id, path, count(*) AS n FROM (SELECT id, path FROM dept UNION SELECT id, whole FROM dept) x GROUP BY path),
    own AS (SELECT k.cardholder_id, count(*) FILTER (WHERE NOT k.lost) AS n, min(k.id) FILTER (WHERE NOT k.lost) AS id,
                   min(k.card_number) FILTER (WHERE NOT k.lost) AS card_number,
                   min(k.issue_count) FILTER (WHERE NOT k.lost) AS issue_count FROM kidoban.credential k GROUP BY k.cardholder_id),
    bad AS (SELECT permits, min(problem) AS problem FROM stage.%7$I WHERE problem IS NOT NULL GROUP BY permits),
    want AS (SELECT s.n, c.id, g.* FROM stage.%2$I s JOIN stage.%7$I g USING (permits)
               LEFT JOIN kidoban.cardholder c ON c.employee_number = s.key
              WHERE %8$L::bool AND g.problem IS NULL),
    lacking AS (SELECT w.n, bool_or(NOT w.mine) AS foreign_gate FROM want w
                  LEFT JOIN kidoban.permit p ON p.cardholder_id = w.id AND p.gate_id IS NOT DISTINCT FROM w.gate_id
                        AND p.gate_group_id IS NOT DISTINCT FROM w.gate_group_id AND p.pass_level = w.pass_level
                        AND p.valid_from IS NOT DISTINCT FROM w.valid_from AND p.valid_to IS NOT DISTINCT FROM w.valid_to
                 WHERE p.id IS NULL GROUP BY w.n),
    surplus AS (SELECT DISTINCT s.n FROM stage.%2$I s
                  JOIN kidoban.cardholder c ON c.employee_number = s.key JOIN kidoban.permit p ON p.cardholder_id = c.id
                  LEFT JOIN stage.%7$I w ON w.permits = s.permits AND w.gate_id IS NOT DISTINCT FROM p.gate_id
                        AND w.gate_group_id IS NOT DISTINCT FROM p.gate_group_id
                        AND w.valid_from IS NOT DISTINCT FROM p.valid_from AND w.valid_to IS NOT DISTINCT FROM p.valid_to
                 WHERE %8$L::bool AND s.permits IS NOT NULL AND w.permits IS NULL
                   AND (p.gate_id = ANY (%9$L::int2[]) OR p.gate_group_id = ANY (%10$L::int4[]))),
    j AS (
      SELECT s.n, s.code, s.field, s.key, c.id AS old_id, (%3$L::bool OR c.department_id = ANY (%4$L::int4[])) AS mine,
             twice.key IS NOT NULL AS is_twice, card_twice.card_number IS NOT NULL AS is_card_twice,
             coalesce(d.id, e.id) AS department_id, d.id <> e.id AS disagree, coalesce(e.n, 0) > 1 AND d.id IS NULL AS ambiguous,
             s.department_code IS NOT NULL AND d.id IS NULL OR s.department IS NOT NULL AND e.id IS NULL AS no_department,
             s.name, s.card_number, coalesce(own.n, 0) AS cards, own.id AS own_card, t.id AS taken_card, t.cardholder_id AS taken_by, t.lost AS taken_lost,
             bad.problem, l.foreign_gate, l.n IS NOT NULL OR u.n IS NOT NULL AS permits_differ, p.id AS pin_id,
             coalesce(p.differs, s.pin = '' AND c.pin_sealed IS NOT NULL, false) AS pin_differs,
             CASE WHEN s.valid_from IS NULL THEN c.valid_from WHEN s.valid_from <> '-infinity' THEN s.valid_from END AS new_from,
             CASE WHEN s.valid_to IS NULL THEN c.valid_to WHEN s.valid_to <> '-infinity' THEN s.valid_to END AS new_to,
             (c.name, c.kana::text COLLATE "C", c.department_id, c.valid_from, c.valid_to, c.enabled, c.lost, c.extended_unlock, c.apb_exempt, c.note)
             IS DISTINCT FROM
             (coalesce(s.name, c.name), coalesce(s.kana, c.kana::text) COLLATE "C", coalesce(d.id, e.id, c.department_id),
              CASE WHEN s.valid_from IS NULL THEN c.valid_from WHEN s.valid_from <> '-infinity' THEN s.valid_from END,
              CASE WHEN s.valid_to IS NULL THEN c.valid_to WHEN s.valid_to <> '-infinity' THEN s.valid_to END,
              coalesce(s.enabled, c.enabled), coalesce(s.lost, c.lost), coalesce(s.extended_unlock, c.extended_unlock),
              coalesce(s.apb_exempt, c.apb_exempt), coalesce(s.note, c.note)) AS differs,
             CASE WHEN s.card_number = '' THEN CASE WHEN own.n > 0 THEN 'delete' END
                  WHEN s.card_number IS NULL THEN CASE WHEN own.n = 1 AND s.issue_count <> own.issue_count THEN 'update' END
                  WHEN coalesce(own.n, 0) = 0 THEN 'insert'
                  WHEN own.n = 1 AND (own.card_number, own.issue_count) IS DISTINCT FROM (s.card_number, coalesce(s.issue_count, own.issue_count)) THEN 'update'
             END AS card
        FROM stage.%2$I s
        LEFT JOIN twice ON twice.key = s.key
        LEFT JOIN card_twice ON card_twice.card_number = s.card_number
        LEFT JOIN kidoban.cardholder c ON c.employee_number = s.key
        LEFT JOIN own ON own.cardholder_id = c.id
        LEFT JOIN kidoban.credential t ON t.card_number = s.card_number
        LEFT JOIN dept d ON d.code = s.department_code
        LEFT JOIN path e ON e.path = s.department
        LEFT JOIN bad ON bad.permits = s.permits
        LEFT JOIN lacking l ON l.n = s.n
        LEFT JOIN surplus u ON u.n = s.n
        LEFT JOIN stage.%5$I p ON p.n = s.n),
    judged AS (
      SELECT j.*, CASE
        WHEN j.code IS NOT NULL THEN j.code
        WHEN is_twice THEN 'duplicate'
        WHEN %6$L = 'delete' THEN CASE WHEN old_id IS NULL OR NOT mine THEN 'not_found' END
        WHEN old_id IS NOT NULL AND NOT mine THEN CASE %6$L WHEN 'upsert' THEN 'taken' ELSE 'not_found' END
        WHEN old_id IS NULL AND %6$L = 'update' THEN 'not_found'
        WHEN disagree THEN 'department_mismatch'
        WHEN ambiguous THEN 'department_ambiguous'
        WHEN no_department THEN 'department_not_found'
        WHEN old_id IS NULL AND (name IS NULL OR department_id IS NULL) THEN 'required'
        WHEN new_to <= new_from THEN 'validity'
        WHEN is_card_twice THEN 'card_duplicate'
        WHEN taken_by <> old_id OR taken_by IS NOT NULL AND old_id IS NULL THEN 'card_taken'
        WHEN taken_lost THEN 'card_lost'
        WHEN cards > 1 AND card_number <> '' AND taken_card IS NULL THEN 'several_cards'
        WHEN problem IS NOT NULL THEN problem
        WHEN foreign_gate THEN 'permit_out_of_scope'
        END AS refused
        FROM j)
    SELECT n, key, refused AS code,
           CASE WHEN code IS NOT NULL THEN field
                WHEN refused LIKE 'department%%' THEN 'department' WHEN refused LIKE '%%card%%' THEN 'card_number'
                WHEN refused LIKE 'permit%%' THEN 'permits' WHEN refused = 'validity' THEN 'valid_to'
                WHEN refused = 'required' THEN CASE WHEN name IS NULL THEN 'name' ELSE 'department' END
                WHEN refused IS NOT NULL THEN 'employee_number' END AS field,
           CASE WHEN refused IS NOT NULL THEN 'error' WHEN %6$L = 'delete' THEN 'delete' WHEN old_id IS NULL THEN 'add'
                WHEN differs OR card IS NOT NULL OR permits_differ OR pin_differs THEN 'change' ELSE 'unchanged' END AS action,
           CASE WHEN refused IS NULL THEN coalesce(old_id, pin_id, nextval(pg_get_serial_sequence('kidoban.cardholder', 'id'))::int4) END AS id,
           department_id, own_card, card, differs OR pin_differs AS person, permits_differ AS permits
      FROM judged$q$,
    'result_' || i.id, 'row_' || i.id, everyone, scope, 'pin_' || i.id, i.mode, 'grant_' || i.id, has_permits AND i.mode <> 'delete',
    kidoban.current_gates(), kidoban.current_gate_groups(true));
  EXECUTE format('CREATE INDEX ON stage.%I (n)', 'result_' || i.id);
  EXECUTE format('ANALYZE stage.%I', 'result_' || i.id);
END $$;

-- 1 deletions, 2 new, 3 changed, 4 cards, 5 permits.
CREATE OR REPLACE FUNCTION import_write_cardholders(i import, step int4) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  s text := 'row_' || i.id;
  r text := 'result_' || i.id;
  p text := 'pin_' || i.id;
  g text := 'grant_' || i.id;
BEGIN
  IF step = 1 AND i.mode = 'delete' THEN
    EXECUTE format('DELETE FROM permit x USING stage.%I r WHERE r.action = ''delete'' AND x.cardholder_id = r.id', r);
    EXECUTE format('DELETE FROM credential x USING stage.%I r WHERE r.action = ''delete'' AND x.cardholder_id = r.id', r);
    EXECUTE format('DELETE FROM cardholder x USING stage.%I r WHERE r.action = ''delete'' AND x.id = r.id', r);
    RETURN NULL;
  ELSIF step = 2 THEN
    EXECUTE format($q$
      INSERT INTO cardholder (id, employee_number, name, kana, department_id, valid_from, valid_to, enabled, lost, lost_at, pin_sealed,
                              extended_unlock, apb_exempt, note)
      SELECT r.id, s.key, s.name, coalesce(s.kana, ''), r.department_id, nullif(s.valid_from, '-infinity'), nullif(s.valid_to, '-infinity'),
             coalesce(s.enabled, true), coalesce(s.lost, false), CASE WHEN s.lost THEN clock_timestamp() END, p.sealed,
             coalesce(s.extended_unlock, false), coalesce(s.apb_exempt, false), coalesce(s.note, '')
        FROM stage.%I r JOIN stage.%I s USING (n) LEFT JOIN stage.%I p USING (n) WHERE r.action = 'add'$q$, r, s, p);
  ELSIF step = 3 THEN
    EXECUTE format($q$
      UPDATE cardholder c
         SET name = coalesce(s.name, c.name), kana = coalesce(s.kana, c.kana::text), department_id = coalesce(r.department_id, c.department_id),
             valid_from = CASE WHEN s.valid_from IS NULL THEN c.valid_from WHEN s.valid_from <> '-infinity' THEN s.valid_from END,
             valid_to = CASE WHEN s.valid_to IS NULL THEN c.valid_to WHEN s.valid_to <> '-infinity' THEN s.valid_to END,
             enabled = coalesce(s.enabled, c.enabled), lost = coalesce(s.lost, c.lost),
             lost_at = CASE WHEN coalesce(s.lost, c.lost) THEN coalesce(c.lost_at, clock_timestamp()) END,
             pin_sealed = CASE WHEN p.differs THEN p.sealed WHEN s.pin = '' THEN NULL ELSE c.pin_sealed END,
             extended_unlock = coalesce(s.extended_unlock, c.extended_unlock), apb_exempt = coalesce(s.apb_exempt, c.apb_exempt),
             note = coalesce(s.note, c.note)
        FROM stage.%I r JOIN stage.%I s USING (n) LEFT JOIN stage.%I p USING (n)
       WHERE r.action = 'change' AND r.person AND c.id = r.id$q$, r, s, p);
  ELSIF step = 4 THEN
    EXECUTE format('DELETE FROM credential k USING stage.%I r WHERE r.action = ''change'' AND r.card = ''delete'' AND k.cardholder_id = r.id AND NOT k.lost', r);
    EXECUTE format($q$
      UPDATE credential k SET card_number = coalesce(s.card_number, k.card_number), issue_count = coalesce(s.issue_count, k.issue_count)
        FROM stage.%I r JOIN stage.%I s USING (n) WHERE r.action = 'change' AND r.card = 'update' AND k.id = r.own_card$q$, r, s);
    EXECUTE format($q$
      INSERT INTO credential (cardholder_id, card_number, issue_count)
      SELECT r.id, s.card_number, coalesce(s.issue_count, (SELECT max(k.issue_count) + 1 FROM credential k WHERE k.cardholder_id = r.id), 1)
        FROM stage.%I r JOIN stage.%I s USING (n) WHERE r.action IN ('add', 'change') AND r.card = 'insert'$q$, r, s);
  ELSIF step = 5 THEN
    EXECUTE format($q$
      DELETE FROM permit x USING (
        SELECT q.id FROM stage.%1$I r JOIN stage.%2$I s USING (n) JOIN permit q ON q.cardholder_id = r.id
          LEFT JOIN stage.%3$I w ON w.permits = s.permits AND w.gate_id IS NOT DISTINCT FROM q.gate_id
                AND w.gate_group_id IS NOT DISTINCT FROM q.gate_group_id AND w.valid_from IS NOT DISTINCT FROM q.valid_from
                AND w.valid_to IS NOT DISTINCT FROM q.valid_to
         WHERE r.action = 'change' AND r.permits AND s.permits IS NOT NULL AND w.permits IS NULL
           AND (q.gate_id = ANY (%4$L::int2[]) OR q.gate_group_id = ANY (%5$L::int4[]))) gone
       WHERE x.id = gone.id$q$, r, s, g, kidoban.current_gates(), kidoban.current_gate_groups(true));
    EXECUTE format($q$
      UPDATE permit x SET pass_level = w.pass_level
        FROM stage.%I r JOIN stage.%I s USING (n) JOIN stage.%I w ON w.permits = s.permits
       WHERE r.action = 'change' AND r.permits AND x.cardholder_id = r.id AND w.gate_id IS NOT DISTINCT FROM x.gate_id
         AND w.gate_group_id IS NOT DISTINCT FROM x.gate_group_id AND w.valid_from IS NOT DISTINCT FROM x.valid_from
         AND w.valid_to IS NOT DISTINCT FROM x.valid_to AND x.pass_level <> w.pass_level$q$, r, s, g);
    EXECUTE format($q$
      INSERT INTO permit (cardholder_id, gate_id, gate_group_id, pass_level, valid_from, valid_to)
      SELECT r.id, w.gate_id, w.gate_group_id, w.pass_level, w.valid_from, w.valid_to
        FROM stage.%I r JOIN stage.%I s USING (n) JOIN stage.%I w ON w.permits = s.permits
       WHERE r.action IN ('add', 'change') AND r.permits
      ON CONFLICT ON CONSTRAINT permit_once DO NOTHING$q$, r, s, g);
    EXECUTE format('DROP TABLE stage.%I', g);
    RETURN NULL;
  END IF;
  RETURN step + 1;
END $$;

-- The query behind api.import_rows: %1$I rows, %2$I results; $1 status, $2 after, $3 most, $4 change set.
CREATE OR REPLACE FUNCTION import_cardholder_rows() RETURNS text
LANGUAGE sql IMMUTABLE AS $$
SELECT $q$
  SELECT r.n, r.key, r.action, r.code, r.field,
         CASE WHEN r.action IN ('change', 'delete') THEN
           json_build_object('name', c.name, 'kana', c.kana, 'department', (SELECT d.name FROM kidoban.department d WHERE d.id = c.department_id),
             'valid_from', c.valid_from, 'valid_to', c.valid_to, 'enabled', c.enabled, 'lost', c.lost,
             'extended_unlock', c.extended_unlock, 'apb_exempt', c.apb_exempt, 'note', c.note) END,
         CASE WHEN r.action IN ('add', 'change') THEN
           json_build_object('name', coalesce(s.name, c.name), 'kana', coalesce(s.kana, c.kana),
             'department', (SELECT d.name FROM kidoban.department d WHERE d.id = coalesce(r.department_id, c.department_id)),
             'valid_from', CASE WHEN s.valid_from IS NULL THEN c.valid_from WHEN s.valid_from <> '-infinity' THEN s.valid_from END,
             'valid_to', CASE WHEN s.valid_to IS NULL THEN c.valid_to WHEN s.valid_to <> '-infinity' THEN s.valid_to END,
             'enabled', coalesce(s.enabled, c.enabled, true), 'lost', coalesce(s.lost, c.lost, false),
             'extended_unlock', coalesce(s.extended_unlock, c.extended_unlock, false),
             'apb_exempt', coalesce(s.apb_exempt, c.apb_exempt, false), 'note', coalesce(s.note, c.note, ''),
             'card_number', s.card_number, 'card', r.card, 'permits', r.permits) END
    FROM (SELECT * FROM stage.%2$I WHERE ($1 IS NULL OR action = $1) AND n > $2 ORDER BY n LIMIT $3) r
    JOIN stage.%1$I s ON s.n = r.n
    LEFT JOIN LATERAL (
      SELECT * FROM (SELECT x.name, x.kana::text, x.department_id, x.valid_from, x.valid_to, x.enabled, x.lost, x.extended_unlock, x.apb_exempt, x.note
                       FROM kidoban.cardholder_past x WHERE x.id = r.id AND x.to_cs = $4
                      UNION ALL
                     SELECT x.name, x.kana::text, x.department_id, x.valid_from, x.valid_to, x.enabled, x.lost, x.extended_unlock, x.apb_exempt, x.note
                       FROM kidoban.cardholder x WHERE x.id = r.id AND x.from_cs <> $4) y LIMIT 1) c ON true
   ORDER BY r.n$q$
$$;
