-- Cardholders: searched, listed, counted (C-2). LIKE is not leakproof and so no index condition nor a cheap filter under a
-- policy (DESIGN 3); and nobody but the owner reads a sealed PIN. So these few run as their owner and ask for right and scope
-- themselves, all of them in cardholder_search.

-- A search as the condition on cardholder c, right and scope included: lists, counts, anchors and bulk edits all use it.
-- search: {"department": [ids, with all below them], "q": part of name, kana, employee or card number, "card": a whole number,
-- "enabled", "lost" (the person or any card): bool, "valid_at": time, "gate": id that they have a permit for}
CREATE OR REPLACE FUNCTION cardholder_search(search jsonb) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  terms text[] := '{true}';
  scope int4[];
  below int4[];
BEGIN
  IF NOT kidoban.may_view('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  IF NOT kidoban.sees_all_departments() THEN
    scope := kidoban.current_department_scope();
    terms := terms || format('c.department_id = ANY (%L::int4[])', scope);
  END IF;
  IF search ? 'department' THEN
    below := kidoban.department_subtrees(ARRAY(SELECT jsonb_array_elements_text(search -> 'department')::int4));
    terms := terms || format('c.department_id = ANY (%L::int4[])', below);
  END IF;
  IF search ? 'q' THEN
    terms := terms || kidoban.cardholder_text(search ->> 'q');
  END IF;
  IF search ? 'card' THEN
    terms := terms || format('c.id IN (SELECT k.cardholder_id FROM kidoban.credential k WHERE k.card_number = %L)', search ->> 'card');
  END IF;
  IF search ? 'enabled' THEN
    terms := terms || format('c.enabled = %L', (search ->> 'enabled')::bool);
  END IF;
  IF search ? 'lost' THEN
    terms := terms || CASE WHEN (search ->> 'lost')::bool
      THEN 'c.id IN (SELECT x.id FROM kidoban.cardholder x WHERE x.lost UNION SELECT k.cardholder_id FROM kidoban.credential k WHERE k.lost)'
      ELSE 'NOT c.lost AND NOT EXISTS (SELECT FROM kidoban.credential k WHERE k.cardholder_id = c.id AND k.lost)' END;
  END IF;
  IF search ? 'valid_at' THEN
    terms := terms || format('(c.valid_from IS NULL OR c.valid_from <= %1$L) AND (c.valid_to IS NULL OR c.valid_to > %1$L)',
                             (search ->> 'valid_at')::timestamptz);
  END IF;
  IF search ? 'gate' THEN
    terms := terms || kidoban.cardholder_gate((search ->> 'gate')::int4);
  END IF;
  RETURN array_to_string(terms, ' AND ');
END $$;

-- Part of a text, % and _ taken for what they are. Upper and lower case are alike, which costs nothing where there is no case.
-- Ids united, not OR: an IN below OR is looked through for each row as soon as it does not fit into work_mem.
CREATE OR REPLACE FUNCTION cardholder_text(q text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  part  text := '%' || replace(replace(replace(lower(q), '\', '\\'), '%', '\%'), '_', '\_') || '%';
  cased bool := lower(q) <> upper(q);
  found text;
BEGIN
  SELECT string_agg(format(CASE WHEN cased THEN 'lower(%s) LIKE %L' ELSE '%s LIKE %L' END, x, part), ' OR ') INTO found
    FROM unnest('{x.name,"x.kana COLLATE \"default\"",x.employee_number}'::text[]) x;
  found := 'SELECT x.id FROM kidoban.cardholder x WHERE ' || found;
  IF q ~ '^[0-9A-Za-z]{1,16}$' THEN
    found := found || format(' UNION SELECT k.cardholder_id FROM kidoban.credential k WHERE %s LIKE %L',
                             CASE WHEN cased THEN 'lower(k.card_number)' ELSE 'k.card_number' END, part);
  END IF;
  RETURN 'c.id IN (' || found || ')';
END $$;

-- Holders of a permit for a gate in scope, be it by a group.
CREATE OR REPLACE FUNCTION cardholder_gate(gate int4) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT gate = ANY (kidoban.current_gates()) THEN
    RETURN 'false';
  END IF;
  RETURN format('c.id IN (SELECT p.cardholder_id FROM kidoban.permit p WHERE p.gate_id = %L OR p.gate_group_id = ANY (%L::int4[]))',
                gate, ARRAY(SELECT m.gate_group_id FROM gate_group_member m WHERE m.gate_id = gate));
END $$;

-- Largest revision of the person and their cards, taken away ones included: the ETag.
CREATE OR REPLACE FUNCTION cardholder_revision(cardholder int4) RETURNS int8
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT max(s.revision) FROM change_set s
   WHERE s.id = ANY (ARRAY(SELECT c.from_cs FROM cardholder c WHERE c.id = cardholder
                           UNION ALL SELECT k.from_cs FROM credential k WHERE k.cardholder_id = cardholder
                           UNION ALL SELECT k.to_cs FROM credential_past k WHERE k.cardholder_id = cardholder))
$$;

-- What is shown of cardholders. chosen: SELECT of their id and the total of the list.
CREATE OR REPLACE FUNCTION cardholder_rows(chosen text, shown_order text)
RETURNS TABLE (id int4, employee_number text, name text, kana text, department_id int4, department text, cards json,
               valid_from timestamptz, valid_to timestamptz, enabled bool, lost bool, lost_at timestamptz, has_pin bool,
               extended_unlock bool, apb_exempt bool, vein_count int2, note text, revision int8, total int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE format($q$
    SELECT c.id, c.employee_number, c.name, c.kana::text, c.department_id, d.name,
           coalesce((SELECT json_agg(json_build_object('id', k.id, 'card_number', k.card_number, 'issue_count', k.issue_count,
                                                       'lost', k.lost) ORDER BY k.lost, k.issue_count DESC, k.id)
                       FROM kidoban.credential k WHERE k.cardholder_id = c.id), '[]'),
           c.valid_from, c.valid_to, c.enabled, c.lost, c.lost_at, c.pin_sealed IS NOT NULL, c.extended_unlock, c.apb_exempt,
           c.vein_count, c.note,
           -- as cardholder_revision, without the cost of a call a row
           (SELECT max(s.revision) FROM kidoban.change_set s
             WHERE s.id = ANY (ARRAY(SELECT c.from_cs
                                     UNION ALL SELECT k.from_cs FROM kidoban.credential k WHERE k.cardholder_id = c.id
                                     UNION ALL SELECT k.to_cs FROM kidoban.credential_past k WHERE k.cardholder_id = c.id))),
           x.total
      FROM (%s) x JOIN kidoban.cardholder c ON c.id = x.id JOIN kidoban.department d ON d.id = c.department_id ORDER BY %s$q$,
    chosen, shown_order);
END $$;

-- One page in the order of sort ('employee_number' or 'kana'), from after the key (and, with kana, id) on; null: from the top.
-- total: of the whole search, in each row.
CREATE FUNCTION api.cardholders_page(search jsonb, sort text, after_key text, after_id int4, most int4)
RETURNS TABLE (id int4, employee_number text, name text, kana text, department_id int4, department text, cards json,
               valid_from timestamptz, valid_to timestamptz, enabled bool, lost bool, lost_at timestamptz, has_pin bool,
               extended_unlock bool, apb_exempt bool, vein_count int2, note text, revision int8, total int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  terms     text := kidoban.cardholder_search(search);
  key_order text := CASE sort WHEN 'kana' THEN 'c.kana, c.id' ELSE 'c.employee_number' END;
  later     text := 'true';
  chosen    text;
BEGIN
  IF after_key IS NOT NULL THEN
    later := CASE sort WHEN 'kana' THEN format('(c.kana, c.id) > (%L, %L)', after_key, after_id)
                       ELSE format('c.employee_number > %L', after_key) END;
  END IF;
  IF search - 'department' = '{}' THEN
    -- Much is found: walk the index of the order.
    chosen := format('SELECT c.id, (SELECT count(*) FROM kidoban.cardholder c WHERE %1$s) AS total FROM kidoban.cardholder c'
                     ' WHERE %2$s AND %1$s ORDER BY %3$s LIMIT %4$s', terms, later, key_order, most);
  ELSE
    -- Little may be found, and how little nobody can estimate: look at each row once, then sort what was found.
    chosen := format('WITH found AS MATERIALIZED (SELECT c.id, c.employee_number, c.kana FROM kidoban.cardholder c WHERE %1$s)'
                     ' SELECT c.id, (SELECT count(*) FROM found) AS total FROM found c WHERE %2$s ORDER BY %3$s LIMIT %4$s',
                     terms, later, key_order, most);
  END IF;
  RETURN QUERY SELECT * FROM kidoban.cardholder_rows(chosen, key_order);
END $$;

-- One cardholder in scope, or no row.
CREATE FUNCTION api.cardholder_find(cardholder int4)
RETURNS TABLE (id int4, employee_number text, name text, kana text, department_id int4, department text, cards json,
               valid_from timestamptz, valid_to timestamptz, enabled bool, lost bool, lost_at timestamptz, has_pin bool,
               extended_unlock bool, apb_exempt bool, vein_count int2, note text, revision int8, total int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT * FROM kidoban.cardholder_rows(
    format('SELECT c.id, 1::int8 AS total FROM kidoban.cardholder c WHERE c.id = %L AND %s', cardholder, kidoban.cardholder_search('{}')), 'c.id');
END $$;

CREATE FUNCTION api.cardholders_count(search jsonb) RETURNS int4
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  found int4;
BEGIN
  EXECUTE format('SELECT count(*) FROM kidoban.cardholder c WHERE %s', kidoban.cardholder_search(search)) INTO found;
  RETURN found;
END $$;

-- The key of every step-th cardholder: what the page that begins with row step, 2 * step, … comes after. So a scrollbar of
-- 300,000 rows jumps anywhere.
CREATE FUNCTION api.cardholder_anchors(search jsonb, sort text, step int4) RETURNS TABLE (key text, id int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  -- Without the id, which only the order of kana needs, the walk stays within the index.
  RETURN QUERY EXECUTE format(
    'SELECT y.key::text, y.id FROM (SELECT x.key, x.id, row_number() OVER () AS n'
    '   FROM (SELECT %1$s, %2$s AS id FROM kidoban.cardholder c WHERE %3$s ORDER BY %4$s) x(key)) y WHERE y.n %% %5$s = 0',
    CASE sort WHEN 'kana' THEN 'c.kana' ELSE 'c.employee_number' END, CASE sort WHEN 'kana' THEN 'c.id' ELSE '0' END,
    kidoban.cardholder_search(search), CASE sort WHEN 'kana' THEN 'c.kana, c.id' ELSE 'c.employee_number' END, step);
END $$;

-- Those that a bulk edit is about: by ids or by a search, in scope.
CREATE OR REPLACE FUNCTION cardholder_ids(search jsonb, ids int4[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  found int4[];
BEGIN
  EXECUTE format('SELECT coalesce(array_agg(c.id), ''{}'') FROM kidoban.cardholder c WHERE %s %s',
                 kidoban.cardholder_search(coalesce(search, '{}')), CASE WHEN ids IS NULL THEN '' ELSE 'AND c.id = ANY ($1)' END)
    INTO found USING ids;
  RETURN found;
END $$;

-- A fresh id, so that a PIN can be sealed for its holder before the row is there. Ids are never used again anyway.
CREATE FUNCTION api.cardholder_id() RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_edit('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  RETURN nextval(pg_get_serial_sequence('kidoban.cardholder', 'id'));
END $$;
