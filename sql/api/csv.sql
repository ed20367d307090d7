-- Lists as files (C-4, O-2): exactly what the list's filter shows, in the words that an import reads. Texts only.

CREATE OR REPLACE FUNCTION csv_permit_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(name, '([\\;@])', '\\\1', 'g')
$$;

-- People of one page as three cursors of this transaction: themselves in the order given, their cards but for lost ones, their permits.
-- They are put together by who writes the file: a join, the words of each permit and a time's words cost many times what it costs to
-- read the rows. Stable: all three see what the caller sees. terms and shown_order: SQL on cardholder c.
CREATE OR REPLACE FUNCTION csv_cursors(terms text, shown_order text, most int4) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  people  refcursor := 'people';
  cards   refcursor := 'cards';
  permits refcursor := 'permits';
  chosen  text := format(' FROM kidoban.cardholder c WHERE %s ORDER BY %s LIMIT %s', terms, shown_order, most);
  ids     int4[];
  lo      int4;
  hi      int4;
BEGIN
  OPEN people FOR EXECUTE 'SELECT c.id, c.employee_number, c.name, c.kana::text, c.department_id, c.valid_from, c.valid_to,'
                          ' 8 * c.enabled::int4 + 4 * c.lost::int4 + 2 * c.extended_unlock::int4 + c.apb_exempt::int4, c.note' || chosen;
  EXECUTE 'SELECT coalesce(array_agg(x.id), ''{}''), min(x.id), max(x.id) FROM (SELECT c.id' || chosen || ') x' INTO ids, lo, hi;
  IF hi - lo + 1 = cardinality(ids) THEN    -- all that are in between
    OPEN cards FOR SELECT k.cardholder_id, k.id, k.card_number, k.issue_count FROM credential k
      WHERE k.cardholder_id BETWEEN lo AND hi AND NOT k.lost;
    OPEN permits FOR SELECT p.cardholder_id, p.gate_id, p.gate_group_id, p.pass_level, p.valid_from, p.valid_to FROM permit p
      WHERE p.cardholder_id BETWEEN lo AND hi;
  ELSIF hi - lo < 4 * cardinality(ids) THEN    -- ids that follow one another: one walk along an index, the array only looked into
    OPEN cards FOR SELECT k.cardholder_id, k.id, k.card_number, k.issue_count FROM credential k
      WHERE k.cardholder_id BETWEEN lo AND hi AND k.cardholder_id + 0 = ANY (ids) AND NOT k.lost;
    OPEN permits FOR SELECT p.cardholder_id, p.gate_id, p.gate_group_id, p.pass_level, p.valid_from, p.valid_to FROM permit p
      WHERE p.cardholder_id BETWEEN lo AND hi AND p.cardholder_id + 0 = ANY (ids);
  ELSE
    OPEN cards FOR SELECT k.cardholder_id, k.id, k.card_number, k.issue_count FROM credential k
      WHERE k.cardholder_id = ANY (ids) AND NOT k.lost;
    OPEN permits FOR SELECT p.cardholder_id, p.gate_id, p.gate_group_id, p.pass_level, p.valid_from, p.valid_to FROM permit p
      WHERE p.cardholder_id = ANY (ids);
  END IF;
END $$;

-- One page of the list, see api.cardholders_page.
CREATE FUNCTION api.cardholders_csv(search jsonb, sort text, after_key text, after_id int4, most int4) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  terms text := kidoban.cardholder_search(search);
BEGIN
  IF after_key IS NOT NULL THEN
    terms := CASE sort WHEN 'kana' THEN format('(c.kana, c.id) > (%L, %L) AND ', after_key, after_id)
                       ELSE format('c.employee_number > %L AND ', after_key) END || terms;
  END IF;
  PERFORM kidoban.csv_cursors(terms, CASE sort WHEN 'kana' THEN 'c.kana, c.id' ELSE 'c.employee_number' END, most);
END $$;

-- Departments of people in scope, as the file names them.
CREATE OR REPLACE FUNCTION csv_departments() RETURNS TABLE (id int4, code text, path text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  everything bool := kidoban.sees_all_departments();
  scope      int4[] := CASE WHEN NOT everything THEN kidoban.current_department_scope() END;
BEGIN
  RETURN QUERY SELECT d.id, d.code, d.path FROM kidoban.department_paths() d WHERE everything OR d.id = ANY (scope) ORDER BY d.id;
END $$;

-- Gates and gate groups (with a negative id) as a permit names them, by #id where a name is not enough, and their order in a list of
-- permits. Those out of scope only where somebody in scope has a permit for them.
CREATE OR REPLACE FUNCTION csv_targets() RETURNS TABLE (id int4, word text, place int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  everything bool := kidoban.sees_all_gates();
  all_people bool := kidoban.sees_all_departments();
  scope      int4[] := kidoban.current_department_scope();
  mine       int4[];
BEGIN
  IF NOT everything THEN
    mine := ARRAY(SELECT DISTINCT coalesce(p.gate_id, -p.gate_group_id) FROM permit p JOIN cardholder c ON c.id = p.cardholder_id
                   WHERE all_people OR c.department_id = ANY (scope));
  END IF;
  RETURN QUERY
    WITH several AS (SELECT g.name FROM gate g GROUP BY g.name HAVING count(*) > 1),
    word AS (
      SELECT g.id, 'gate:' || CASE WHEN s.name IS NULL AND g.name NOT LIKE '#%' THEN kidoban.csv_permit_name(g.name) ELSE '#' || g.id END AS word
        FROM gate g LEFT JOIN several s ON s.name = g.name
      UNION ALL
      SELECT -y.id, 'group:' || CASE WHEN y.name NOT LIKE '#%' THEN kidoban.csv_permit_name(y.name) ELSE '#' || y.id END FROM gate_group y)
    SELECT w.id, w.word, (row_number() OVER (ORDER BY w.word))::int4 FROM word w WHERE everything OR w.id = ANY (mine) ORDER BY w.id;
END $$;

CREATE FUNCTION api.csv_departments() RETURNS TABLE (id int4, code text, path text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_view('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  RETURN QUERY SELECT * FROM kidoban.csv_departments();
END $$;

CREATE FUNCTION api.csv_targets() RETURNS TABLE (id int4, word text, place int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_view('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  RETURN QUERY SELECT * FROM kidoban.csv_targets();
END $$;

-- Departments in scope, parents first; the code of one above that is out of scope is shown as it is.
CREATE FUNCTION api.departments_csv() RETURNS TABLE (code text, name text, parent_code text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_view('departments') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  RETURN QUERY
    SELECT d.code, d.name, coalesce(p.code, '') FROM department d JOIN kidoban.department_paths() t ON t.id = d.id
      LEFT JOIN department p ON p.id = d.parent_id
     WHERE kidoban.sees_all_departments() OR d.id = ANY (kidoban.current_department_scope())
     ORDER BY t.path, d.code;
END $$;
