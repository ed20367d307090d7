-- Cardholders from a file: every row but those that say nothing new (api.import_known) judged in one statement, then merged in a few. A null in a staged row keeps what is there;
-- '-infinity' takes a date away, '' a card or PIN. Unchanged rows are not written.

-- Grants that the staged permits name, each distinct text once (grant_<id>), and of each text as a whole (set_<id>): what is wrong
-- with it, whether it reaches gates of others, and a signature that tells without a join whether somebody has just these grants.
CREATE OR REPLACE FUNCTION import_grants(import_id int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp SET enable_mergejoin = off AS $$
DECLARE
  gates int2[] := kidoban.current_gates();
  whole int4[] := kidoban.current_gate_groups(true);
BEGIN
  EXECUTE format('DROP TABLE IF EXISTS stage.%I, stage.%I, stage.%I', 'grant_' || import_id, 'set_' || import_id, 'text_' || import_id);
  EXECUTE format('CREATE UNLOGGED TABLE stage.%I AS SELECT (row_number() OVER ())::int4 AS set, permits FROM ('
                 'SELECT DISTINCT permits FROM stage.%I WHERE permits IS NOT NULL) x', 'text_' || import_id, 'row_' || import_id);
  EXECUTE format($q$
    CREATE UNLOGGED TABLE stage.%1$I AS
    WITH target AS MATERIALIZED (    -- by name; by #id where a name is not enough
      SELECT DISTINCT ON (kind, name) * FROM (
        SELECT 'gate' AS kind, '#' || id AS name, 1 AS n, id AS gate_id, NULL::int4 AS gate_group_id, id = ANY (%2$L::int2[]) AS mine FROM kidoban.gate
        UNION ALL SELECT 'gate', name, count(*), min(id), NULL, min(id) = ANY (%2$L::int2[]) FROM kidoban.gate GROUP BY name
        UNION ALL SELECT 'group', '#' || id, 1, NULL, id, id = ANY (%3$L::int4[]) FROM kidoban.gate_group
        UNION ALL SELECT 'group', name, 1, NULL, id, id = ANY (%3$L::int4[]) FROM kidoban.gate_group) x
       ORDER BY kind, name, n),
    word AS MATERIALIZED (SELECT p.set, w.word FROM stage.%4$I p CROSS JOIN LATERAL string_to_table(p.permits, E'\x1e') AS w(word)),
    cell AS MATERIALIZED (    -- as cell_permits writes it: kind, name, level, from, to
      SELECT word, split_part(word, E'\x1f', 1) AS kind, split_part(word, E'\x1f', 2) AS name, split_part(word, E'\x1f', 3)::int2 AS level,
             nullif(split_part(word, E'\x1f', 4), '')::timestamptz AS valid_from, nullif(split_part(word, E'\x1f', 5), '')::timestamptz AS valid_to
        FROM (SELECT DISTINCT word FROM word WHERE word <> '') x)
    SELECT w.set, t.gate_id::int4 AS gate_id, t.gate_group_id, r.level AS pass_level, r.valid_from, r.valid_to, coalesce(t.mine, false) AS mine,
           CASE WHEN r.valid_to <= r.valid_from THEN 'permit_validity' WHEN t.n > 1 THEN 'permit_ambiguous' WHEN t.n IS NULL THEN 'permit_not_found' END AS problem
      FROM word w JOIN cell r ON r.word = w.word LEFT JOIN target t ON t.kind = r.kind AND t.name = r.name$q$,
    'grant_' || import_id, gates, whole, 'text_' || import_id);
  EXECUTE format('ANALYZE stage.%I', 'grant_' || import_id);
  EXECUTE format($q$
    CREATE UNLOGGED TABLE stage.%1$I AS
    SELECT p.set, p.permits, coalesce(g.n, 0) AS n, g.signature, coalesce(g.problem, CASE WHEN t.set IS NOT NULL THEN 'permit_twice' END) AS problem,
           coalesce(g.foreign_gate, false) AS foreign_gate
      FROM stage.%2$I p
      LEFT JOIN (SELECT set, count(*) AS n, min(problem) AS problem, bool_or(NOT mine) AS foreign_gate,
                        bit_xor(hash_record_extended(ROW(gate_id, gate_group_id, pass_level, valid_from, valid_to), 0)) AS signature
                   FROM stage.%3$I GROUP BY set) g USING (set)
      LEFT JOIN (SELECT DISTINCT set FROM (SELECT set FROM stage.%3$I GROUP BY set, gate_id, gate_group_id, valid_from, valid_to
                                           HAVING count(*) > 1) x) t USING (set)$q$, 'set_' || import_id, 'text_' || import_id, 'grant_' || import_id);
  EXECUTE format('DROP TABLE stage.%I', 'text_' || import_id);
  EXECUTE format('ANALYZE stage.%I', 'set_' || import_id);
END $$;

-- Rows whose grants are not just those that the person has: a grant lacks there (foreign_gate: one at a gate of others), or one in
-- scope is too many. Who has just these is told by the signature.
CREATE OR REPLACE FUNCTION import_permits_sql(import_id int8) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN format($q$
    had AS (SELECT cardholder_id, count(*) AS n, bit_xor(hash_record_extended(ROW(gate_id, gate_group_id, pass_level, valid_from, valid_to), 0)) AS signature
              FROM kidoban.permit GROUP BY cardholder_id),
    other AS MATERIALIZED (
      SELECT s.n, c.id, w.set FROM stage.%1$I s JOIN stage.%3$I w USING (permits) JOIN kidoban.cardholder c ON c.employee_number = s.key
        LEFT JOIN had ON had.cardholder_id = c.id
       WHERE w.problem IS NULL AND (w.n, w.signature) IS DISTINCT FROM (coalesce(had.n, 0), had.signature)),
    lacking AS (
      SELECT o.n, bool_or(NOT w.mine) AS foreign_gate FROM other o JOIN stage.%2$I w USING (set)
        LEFT JOIN kidoban.permit p ON p.cardholder_id = o.id AND p.gate_id IS NOT DISTINCT FROM w.gate_id
              AND p.gate_group_id IS NOT DISTINCT FROM w.gate_group_id AND p.pass_level = w.pass_level
              AND p.valid_from IS NOT DISTINCT FROM w.valid_from AND p.valid_to IS NOT DISTINCT FROM w.valid_to
       WHERE p.id IS NULL GROUP BY o.n),
    surplus AS (
      SELECT DISTINCT o.n FROM other o JOIN kidoban.permit p ON p.cardholder_id = o.id
        LEFT JOIN stage.%2$I w ON w.set = o.set AND w.gate_id IS NOT DISTINCT FROM p.gate_id
              AND w.gate_group_id IS NOT DISTINCT FROM p.gate_group_id
              AND w.valid_from IS NOT DISTINCT FROM p.valid_from AND w.valid_to IS NOT DISTINCT FROM p.valid_to
       WHERE w.set IS NULL AND (p.gate_id = ANY (%4$L::int2[]) OR p.gate_group_id = ANY (%5$L::int4[]))),
    grants AS (
      SELECT n, bool_or(foreign_gate) AS foreign_gate FROM (SELECT n, foreign_gate FROM lacking UNION ALL SELECT n, false FROM surplus) x GROUP BY n)$q$,
    'row_' || import_id, 'grant_' || import_id, 'set_' || import_id, kidoban.current_gates(), kidoban.current_gate_groups(true));
END $$;

-- Staged rows pass hashes of everything else, which fit into this memory, while they do not: so that they are never hashed or sorted
-- with all their columns.
CREATE OR REPLACE FUNCTION import_check_cardholders(i import) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp SET enable_mergejoin = off SET work_mem = '32MB' AS $$
DECLARE
  everyone bool := kidoban.sees_all_departments();
  scope    int4[] := kidoban.current_department_scope();
  permits  text := 'grants AS (SELECT NULL::int4 AS n, false AS foreign_gate WHERE false)';
  found    bool;
BEGIN
  PERFORM kidoban.import_grants(i.id);
  EXECUTE format('ANALYZE stage.%I', 'pin_' || i.id);
  EXECUTE format('SELECT EXISTS (SELECT FROM stage.%I)', 'set_' || i.id) INTO found;
  IF found AND i.mode <> 'delete' AND EXISTS (SELECT FROM permit) THEN
    permits := kidoban.import_permits_sql(i.id);
  END IF;
  EXECUTE format($q$
    WITH twice AS (SELECT key FROM stage.%2$I WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1),
    card_twice AS (SELECT card_number FROM stage.%2$I WHERE card_number <> '' GROUP BY card_number HAVING count(*) > 1),
    dept AS MATERIALIZED (SELECT id, code, path, whole FROM kidoban.department_paths() WHERE %3$L::bool OR id = ANY (%4$L::int4[])),
    path AS MATERIALIZED (SELECT min(id) AS id, path, count(*) AS n FROM (SELECT id, path FROM dept UNION SELECT id, whole FROM dept) x GROUP BY path),
    coded AS MATERIALIZED (SELECT code, min(id) AS id, min(path) AS path, min(whole) AS whole FROM dept WHERE code IS NOT NULL GROUP BY code),    -- unique, as the planner sees
    own AS (SELECT k.cardholder_id, count(*) AS n, min(k.id) AS id, min(k.card_number) AS card_number, min(k.issue_count) AS issue_count
              FROM kidoban.credential k WHERE NOT k.lost GROUP BY k.cardholder_id),
    %7$s,
    j AS (
      SELECT s.n, s.code, s.field, s.key, c.id AS old_id, (%3$L::bool OR c.department_id = ANY (%4$L::int4[])) AS mine,
             twice.key IS NOT NULL AS is_twice, card_twice.card_number IS NOT NULL AS is_card_twice,
             coalesce(d.id, e.id) AS department_id, e.id IS NOT NULL AND s.department NOT IN (d.path, d.whole) AS disagree, coalesce(e.n, 0) > 1 AND d.id IS NULL AS ambiguous,
             s.department_code IS NOT NULL AND d.id IS NULL OR s.department IS NOT NULL AND e.id IS NULL AS no_department,
             s.name, s.card_number, coalesce(own.n, 0) AS cards, own.id AS own_card, t.id AS taken_card, t.cardholder_id AS taken_by, t.lost AS taken_lost,
             w.set, w.problem, CASE WHEN c.id IS NULL THEN w.foreign_gate ELSE g.foreign_gate END AS foreign_gate,
             CASE WHEN c.id IS NULL THEN coalesce(w.n > 0, false) ELSE g.n IS NOT NULL END AS permits_differ, p.id AS pin_id,
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
        LEFT JOIN coded d ON d.code = s.department_code
        LEFT JOIN path e ON e.path = s.department
        LEFT JOIN stage.%8$I w ON w.permits = s.permits
        LEFT JOIN grants g ON g.n = s.n
        LEFT JOIN stage.%5$I p ON p.n = s.n OFFSET 0),    -- worked out once, however often it is asked
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
        FROM j OFFSET 0)    -- likewise
    INSERT INTO stage.%1$I
    SELECT n, key, refused AS code,
           CASE WHEN code IS NOT NULL THEN field
                WHEN refused LIKE 'department%%' THEN 'department' WHEN refused LIKE '%%card%%' THEN 'card_number'
                WHEN refused LIKE 'permit%%' THEN 'permits' WHEN refused = 'validity' THEN 'valid_to'
                WHEN refused = 'required' THEN CASE WHEN name IS NULL THEN 'name' ELSE 'department' END
                WHEN refused IS NOT NULL THEN 'employee_number' END AS field,
           CASE WHEN refused IS NOT NULL THEN 'error' WHEN %6$L = 'delete' THEN 'delete' WHEN old_id IS NULL THEN 'add'
                WHEN differs OR card IS NOT NULL OR permits_differ OR pin_differs THEN 'change' ELSE 'unchanged' END AS action,
           CASE WHEN refused IS NULL THEN coalesce(old_id, pin_id, nextval('kidoban.cardholder_id_seq')::int4) END AS id,
           department_id, own_card, card, differs OR pin_differs AS person, permits_differ AS permits, set
      FROM judged ORDER BY n    -- new people get ids in the order of the file, and all that is written of them lies in that order
      $q$,
    'result_' || i.id, 'row_' || i.id, everyone, scope, 'pin_' || i.id, i.mode, permits, 'set_' || i.id);
  EXECUTE format('CREATE INDEX ON stage.%I (n)', 'result_' || i.id);
  EXECUTE format('ANALYZE stage.%I', 'result_' || i.id);
END $$;

-- Step 1 of a file of deletions, and its only one.
CREATE OR REPLACE FUNCTION import_delete_cardholders(i import) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  r text := 'result_' || i.id;
BEGIN
  EXECUTE format('DELETE FROM permit x USING stage.%I r WHERE r.action = ''delete'' AND x.cardholder_id = r.id', r);
  EXECUTE format('DELETE FROM credential x USING stage.%I r WHERE r.action = ''delete'' AND x.cardholder_id = r.id', r);
  EXECUTE format('DELETE FROM cardholder x USING stage.%I r WHERE r.action = ''delete'' AND x.id = r.id', r);
END $$;

-- 1 new, 2 changed, 3 cards, 4 permits, 5 what all of it stands on. Foreign keys are not asked row by row, which costs more than
-- the rows: step 0 holds what they point to, and import_references looks at all of them at once before the act ends.
CREATE OR REPLACE FUNCTION import_write_cardholders(i import, step int4) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp SET session_replication_role = replica AS $$
DECLARE
  s  text := 'row_' || i.id;
  r  text := 'result_' || i.id;
  p  text := 'pin_' || i.id;
  g  text := 'grant_' || i.id;
  cs int8 := kidoban.current_change();
  changes bool := (i.counts ->> 'change')::int4 > 0;
BEGIN
  IF step = 1 THEN
    PERFORM kidoban.import_indexes_drop(i);
    EXECUTE format($q$
      INSERT INTO cardholder (id, from_cs, employee_number, name, kana, department_id, valid_from, valid_to, enabled, lost, lost_at,
                              pin_sealed, extended_unlock, apb_exempt, note)
      SELECT r.id, $1, s.key, s.name, coalesce(s.kana, ''), r.department_id, nullif(s.valid_from, '-infinity'), nullif(s.valid_to, '-infinity'),
             coalesce(s.enabled, true), coalesce(s.lost, false), CASE WHEN s.lost THEN clock_timestamp() END, p.sealed,
             coalesce(s.extended_unlock, false), coalesce(s.apb_exempt, false), coalesce(s.note, '')
        FROM stage.%I r JOIN stage.%I s USING (n) LEFT JOIN stage.%I p USING (n) WHERE r.action = 'add' ORDER BY r.n$q$, r, s, p) USING cs;
  ELSIF step = 2 AND changes THEN
    EXECUTE format($q$
      UPDATE cardholder c
         SET from_cs = $1,
             name = coalesce(s.name, c.name), kana = coalesce(s.kana, c.kana::text), department_id = coalesce(r.department_id, c.department_id),
             valid_from = CASE WHEN s.valid_from IS NULL THEN c.valid_from WHEN s.valid_from <> '-infinity' THEN s.valid_from END,
             valid_to = CASE WHEN s.valid_to IS NULL THEN c.valid_to WHEN s.valid_to <> '-infinity' THEN s.valid_to END,
             enabled = coalesce(s.enabled, c.enabled), lost = coalesce(s.lost, c.lost),
             lost_at = CASE WHEN coalesce(s.lost, c.lost) THEN coalesce(c.lost_at, clock_timestamp()) END,
             pin_sealed = CASE WHEN p.differs THEN p.sealed WHEN s.pin = '' THEN NULL ELSE c.pin_sealed END,
             extended_unlock = coalesce(s.extended_unlock, c.extended_unlock), apb_exempt = coalesce(s.apb_exempt, c.apb_exempt),
             note = coalesce(s.note, c.note)
        FROM stage.%I r JOIN stage.%I s USING (n) LEFT JOIN stage.%I p USING (n)
       WHERE r.action = 'change' AND r.person AND c.id = r.id$q$, r, s, p) USING cs;
  ELSIF step = 3 THEN
    IF changes THEN
      EXECUTE format('DELETE FROM credential k USING stage.%I r WHERE r.action = ''change'' AND r.card = ''delete'' AND k.cardholder_id = r.id AND NOT k.lost', r);
      EXECUTE format($q$
        UPDATE credential k SET card_number = coalesce(s.card_number, k.card_number), issue_count = coalesce(s.issue_count, k.issue_count)
          FROM stage.%I r JOIN stage.%I s USING (n) WHERE r.action = 'change' AND r.card = 'update' AND k.id = r.own_card$q$, r, s);
    END IF;
    EXECUTE format($q$
      INSERT INTO credential (from_cs, cardholder_id, card_number, issue_count)
      SELECT $1, r.id, s.card_number, coalesce(s.issue_count, CASE WHEN r.action = 'change' THEN
               (SELECT max(k.issue_count) + 1 FROM credential k WHERE k.cardholder_id = r.id) END, 1)
        FROM stage.%I r JOIN stage.%I s USING (n) WHERE r.action IN ('add', 'change') AND r.card = 'insert' ORDER BY r.n$q$, r, s) USING cs;
  ELSIF step = 4 THEN
    EXECUTE format($q$
      INSERT INTO permit (from_cs, cardholder_id, gate_id, gate_group_id, pass_level, valid_from, valid_to)
      SELECT $1, r.id, w.gate_id, w.gate_group_id, w.pass_level, w.valid_from, w.valid_to
        FROM stage.%I r JOIN stage.%I w USING (set) WHERE r.action = 'add' AND r.permits ORDER BY r.n$q$, r, g) USING cs;
    IF changes THEN
      PERFORM kidoban.import_change_permits(r, g, cs);
    END IF;
  ELSIF step = 5 THEN
    PERFORM kidoban.import_indexes_make('{cardholder,credential,permit}');
    PERFORM kidoban.import_references(cs);
    EXECUTE format('DROP TABLE stage.%I, stage.%I', g, 'set_' || i.id);
    RETURN NULL;
  END IF;
  RETURN step + 1;
END $$;

-- Of people who were there already.
CREATE OR REPLACE FUNCTION import_change_permits(r text, g text, cs int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  EXECUTE format($q$
    DELETE FROM permit x USING (
      SELECT q.id FROM stage.%1$I r JOIN permit q ON q.cardholder_id = r.id
        LEFT JOIN stage.%2$I w ON w.set = r.set AND w.gate_id IS NOT DISTINCT FROM q.gate_id
              AND w.gate_group_id IS NOT DISTINCT FROM q.gate_group_id AND w.valid_from IS NOT DISTINCT FROM q.valid_from
              AND w.valid_to IS NOT DISTINCT FROM q.valid_to
       WHERE r.action = 'change' AND r.permits AND r.set IS NOT NULL AND w.set IS NULL
         AND (q.gate_id = ANY (%3$L::int2[]) OR q.gate_group_id = ANY (%4$L::int4[]))) gone
     WHERE x.id = gone.id$q$, r, g, kidoban.current_gates(), kidoban.current_gate_groups(true));
  EXECUTE format($q$
    UPDATE permit x SET pass_level = w.pass_level
      FROM stage.%I r JOIN stage.%I w USING (set)
     WHERE r.action = 'change' AND r.permits AND x.cardholder_id = r.id AND w.gate_id IS NOT DISTINCT FROM x.gate_id
       AND w.gate_group_id IS NOT DISTINCT FROM x.gate_group_id AND w.valid_from IS NOT DISTINCT FROM x.valid_from
       AND w.valid_to IS NOT DISTINCT FROM x.valid_to AND x.pass_level <> w.pass_level$q$, r, g);
  EXECUTE format($q$
    INSERT INTO permit (from_cs, cardholder_id, gate_id, gate_group_id, pass_level, valid_from, valid_to)
    SELECT $1, r.id, w.gate_id, w.gate_group_id, w.pass_level, w.valid_from, w.valid_to
      FROM stage.%I r JOIN stage.%I w USING (set) WHERE r.action = 'change' AND r.permits
    ON CONFLICT ON CONSTRAINT permit_once DO NOTHING$q$, r, g) USING cs;
END $$;

-- What the foreign keys ask, of everything that this act wrote; and fresh statistics where it made most of a table.
CREATE OR REPLACE FUNCTION import_references(cs int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  t     text;
  there int8;
  most  bool;
BEGIN
  FOREACH t IN ARRAY '{cardholder,credential,permit}'::text[] LOOP
    there := (SELECT greatest(s.reltuples, 2000) FROM pg_class s WHERE s.oid = to_regclass('kidoban.' || t));
    EXECUTE format('SELECT count(*) * 2 > $2 FROM (SELECT FROM kidoban.%I WHERE from_cs = $1 LIMIT $2 / 2 + 1) x', t) INTO most USING cs, there;
    IF most THEN
      EXECUTE format('ANALYZE kidoban.%I', t);
    END IF;
  END LOOP;
  IF EXISTS (SELECT FROM cardholder c LEFT JOIN department d ON d.id = c.department_id WHERE c.from_cs = cs AND d.id IS NULL)
     OR EXISTS (SELECT FROM credential k LEFT JOIN cardholder c ON c.id = k.cardholder_id WHERE k.from_cs = cs AND c.id IS NULL)
     OR EXISTS (SELECT FROM permit p LEFT JOIN cardholder c ON c.id = p.cardholder_id LEFT JOIN gate g ON g.id = p.gate_id
                  LEFT JOIN gate_group y ON y.id = p.gate_group_id
                 WHERE p.from_cs = cs AND (c.id IS NULL OR (p.gate_id IS NOT NULL AND g.id IS NULL) OR (p.gate_group_id IS NOT NULL AND y.id IS NULL))) THEN
    RAISE EXCEPTION 'an import wrote a row that points to nothing' USING ERRCODE = '23503';
  END IF;
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
    LEFT JOIN stage.%1$I s ON s.n = r.n    -- who is known to be unchanged is not staged
    LEFT JOIN LATERAL (
      SELECT * FROM (SELECT x.name, x.kana::text, x.department_id, x.valid_from, x.valid_to, x.enabled, x.lost, x.extended_unlock, x.apb_exempt, x.note
                       FROM kidoban.cardholder_past x WHERE x.id = r.id AND x.to_cs = $4
                      UNION ALL
                     SELECT x.name, x.kana::text, x.department_id, x.valid_from, x.valid_to, x.enabled, x.lost, x.extended_unlock, x.apb_exempt, x.note
                       FROM kidoban.cardholder x WHERE x.id = r.id AND x.from_cs <> $4) y LIMIT 1) c ON true
   ORDER BY r.n$q$
$$;
