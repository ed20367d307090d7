-- Lists as files (C-4, O-2): exactly what the list's filter shows, in the words that an import reads. Texts only.

-- Local time as an import reads it: a day alone where it is a whole one. last: an end, which is shown as the last day that counts.
CREATE OR REPLACE FUNCTION csv_time(t timestamptz, zone text, last bool) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN date_trunc('day', t AT TIME ZONE zone) = t AT TIME ZONE zone
              THEN to_char(t AT TIME ZONE zone - CASE WHEN last THEN interval '1 day' ELSE interval '0' END, 'YYYY/MM/DD')
              ELSE to_char(t AT TIME ZONE zone, 'YYYY/MM/DD HH24:MI') END
$$;

CREATE OR REPLACE FUNCTION csv_permit_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(name, '([\\;@])', '\\\1', 'g')
$$;

-- One page of the list, see api.cardholders_page. Ended lines are not sent; the key of the last row is its first column.
CREATE FUNCTION api.cardholders_csv(search jsonb, sort text, after_key text, after_id int4, most int4)
RETURNS TABLE (id int4, employee_number text, name text, kana text, department_code text, department text, card_number text, issue_count text,
               valid_from text, valid_to text, enabled text, lost text, extended_unlock text, apb_exempt text, note text, permits text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp SET work_mem = '32MB' AS $$
DECLARE
  key_order text := CASE sort WHEN 'kana' THEN 'c.kana, c.id' ELSE 'c.employee_number' END;
  later     text := 'true';
  zone      text := (SELECT value FROM setting WHERE setting.name = 'time_zone');
BEGIN
  IF after_key IS NOT NULL THEN
    later := CASE sort WHEN 'kana' THEN format('(c.kana, c.id) > (%L, %L)', after_key, after_id)
                       ELSE format('c.employee_number > %L', after_key) END;
  END IF;
  RETURN QUERY EXECUTE format($q$
    WITH chosen AS MATERIALIZED (SELECT * FROM kidoban.cardholder c WHERE %1$s AND %2$s ORDER BY %3$s LIMIT %4$s),
    day AS MATERIALIZED (    -- few times, many who have them
      SELECT t, kidoban.csv_time(t, %5$L, false) AS first, kidoban.csv_time(t, %5$L, true) AS last
        FROM (SELECT x.valid_from AS t FROM chosen x UNION SELECT x.valid_to FROM chosen x) x),
    card AS (SELECT DISTINCT ON (k.cardholder_id) k.cardholder_id, k.card_number, k.issue_count
               FROM kidoban.credential k WHERE k.cardholder_id = ANY (ARRAY(SELECT x.id FROM chosen x)) AND NOT k.lost ORDER BY k.cardholder_id, k.id),
    several AS MATERIALIZED (SELECT g.name FROM kidoban.gate g GROUP BY g.name HAVING count(*) > 1),
    target AS MATERIALIZED (
      SELECT g.id AS gate_id, NULL::int4 AS gate_group_id, 'gate:' || CASE WHEN s.name IS NULL AND g.name NOT LIKE '#%%' THEN kidoban.csv_permit_name(g.name) ELSE '#' || g.id END AS word
        FROM kidoban.gate g LEFT JOIN several s ON s.name = g.name
      UNION ALL SELECT NULL, y.id, 'group:' || CASE WHEN y.name NOT LIKE '#%%' THEN kidoban.csv_permit_name(y.name) ELSE '#' || y.id END FROM kidoban.gate_group y),
    permit AS (SELECT p.cardholder_id, string_agg(t.word || '@' || p.pass_level
                      || CASE WHEN p.valid_from IS NULL AND p.valid_to IS NULL THEN ''
                              ELSE ' ' || coalesce(kidoban.csv_time(p.valid_from, %5$L, false), '') || '~' || coalesce(kidoban.csv_time(p.valid_to, %5$L, true), '') END,
                      ';' ORDER BY t.word, p.valid_from, p.valid_to) AS text
                 FROM kidoban.permit p
                 JOIN target t ON coalesce(t.gate_id, -t.gate_group_id) = coalesce(p.gate_id, -p.gate_group_id)
                WHERE p.cardholder_id = ANY (ARRAY(SELECT x.id FROM chosen x)) GROUP BY p.cardholder_id)
    SELECT c.id, c.employee_number, c.name, c.kana::text, d.code, d.path, coalesce(k.card_number, ''), coalesce(k.issue_count::text, ''),
           coalesce(a.first, ''), coalesce(z.last, ''),
           CASE WHEN c.enabled THEN '1' ELSE '0' END, CASE WHEN c.lost THEN '1' ELSE '0' END,
           CASE WHEN c.extended_unlock THEN '1' ELSE '0' END, CASE WHEN c.apb_exempt THEN '1' ELSE '0' END, c.note, coalesce(p.text, '')
      FROM chosen c JOIN kidoban.department_paths() d ON d.id = c.department_id
      LEFT JOIN card k ON k.cardholder_id = c.id LEFT JOIN permit p ON p.cardholder_id = c.id
      LEFT JOIN day a ON a.t = c.valid_from LEFT JOIN day z ON z.t = c.valid_to
     ORDER BY %3$s$q$, later, kidoban.cardholder_search(search), key_order, most, zone);
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
