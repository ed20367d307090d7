-- Operators (A-1 to A-3). Only who may edit operators gets here, by A-2 system administrators, and nobody gives more than
-- they have: no level above one's own, no gate or department outside one's scope; so nobody can raise themselves either. Functions
-- of the schema api ask that of the session; those below them are also what kidoban-operator(8) calls, as the database's owner.

CREATE OR REPLACE FUNCTION level_number(level text) RETURNS int4
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT array_position(ARRAY['none', 'view', 'edit'], level)
$$;

-- Every function's level, for one operator.
CREATE OR REPLACE FUNCTION operator_levels(operator int4) RETURNS TABLE (function text, level text, fixed bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 19 SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT r.function, coalesce(g.level, r.level), r.fixed
      FROM operator o JOIN role_right r ON r.role = o.role
      LEFT JOIN operator_right g ON g.operator_id = o.id AND g.function = r.function AND NOT r.fixed
     WHERE o.id = operator_levels.operator;
END $$;

-- What the operator has that is more than levels, groups and departments (null: all of them): the field that says so, or null. These are
-- what the caller has, taken before anything is written, since it may be oneself that is written. What no longer exists does not count.
CREATE OR REPLACE FUNCTION operator_beyond(operator int4, levels jsonb, groups int4[], departments int4[]) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  higher text := (SELECT min(l.function) FROM kidoban.operator_levels(operator_beyond.operator) l
                   WHERE kidoban.level_number(l.level) > kidoban.level_number(coalesce(levels ->> l.function, 'none')));
  their  kidoban.operator;
BEGIN
  IF higher IS NOT NULL THEN
    RETURN 'rights/' || higher;
  END IF;
  SELECT * INTO their FROM operator o WHERE o.id = operator_beyond.operator;
  RETURN CASE
    WHEN groups IS NOT NULL AND their.all_management_groups THEN 'scope/all_management_groups'
    WHEN groups IS NOT NULL AND EXISTS (
      SELECT FROM operator_management_group x JOIN management_group y ON y.id = x.management_group_id
       WHERE x.operator_id = their.id AND x.management_group_id <> ALL (groups)) THEN 'scope/management_groups'
    WHEN departments IS NOT NULL AND their.all_departments THEN 'scope/all_departments'
    WHEN departments IS NOT NULL AND EXISTS (
      SELECT FROM operator_department x JOIN department y ON y.id = x.department_id
       WHERE x.operator_id = their.id AND x.department_id <> ALL (departments)) THEN 'scope/departments' END;
END $$;

-- The caller's levels, and scope: null for all.
CREATE OR REPLACE FUNCTION own_levels() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(jsonb_object_agg(m.function, m.level), '{}') FROM me_right m);
END $$;

CREATE OR REPLACE FUNCTION own_groups() RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN CASE WHEN NOT kidoban.sees_all_gates() THEN kidoban.current_gate_scope() END;
END $$;

CREATE OR REPLACE FUNCTION own_departments() RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN CASE WHEN NOT kidoban.sees_all_departments() THEN kidoban.current_department_scope() END;
END $$;

-- Sessions that are open now.
CREATE OR REPLACE FUNCTION open_sessions() RETURNS TABLE (session_id int8, operator_id int4)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT s.id, s.operator_id FROM session s JOIN operator o ON o.id = s.operator_id
   WHERE s.ended_at IS NULL AND NOT o.disabled AND s.expires_at > statement_timestamp()
     AND s.last_seen_at > statement_timestamp() - kidoban.idle_timeout()
$$;

-- wanted: one of them, null for all that the filter selects, in order of name from the one after `after`. Scope shows what the caller sees of it.
CREATE FUNCTION api.operators(wanted int4, q text, of_role text, is_disabled bool, after text, most int4)
RETURNS TABLE (id int4, name text, display_name text, role text, disabled bool, remote_user text, has_password bool, rights text, fixed text,
               all_management_groups bool, all_departments bool, management_groups text, departments text, logged_in int4,
               last_login_at timestamptz, editable bool, revision int8, total int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  levels jsonb := kidoban.own_levels();
  groups int4[] := kidoban.own_groups();
  parts  int4[] := kidoban.own_departments();
BEGIN
  IF NOT kidoban.may_view('operators') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  RETURN QUERY
    WITH found AS (
      SELECT o.* FROM operator o
       WHERE o.deleted_at IS NULL AND (wanted IS NULL OR o.id = wanted)
         AND (of_role IS NULL OR o.role = of_role) AND (is_disabled IS NULL OR o.disabled = is_disabled)
         AND (q IS NULL OR strpos(lower(o.name), lower(q)) > 0 OR strpos(lower(o.display_name), lower(q)) > 0
              OR strpos(lower(coalesce(o.remote_user, '')), lower(q)) > 0)),
    page AS (SELECT * FROM found o WHERE operators.after IS NULL OR o.name > operators.after ORDER BY o.name LIMIT most),
    at_work AS (SELECT s.operator_id, count(*)::int4 AS sessions FROM kidoban.open_sessions() s GROUP BY 1)
    SELECT o.id, o.name, o.display_name, o.role, o.disabled, o.remote_user, o.password_hash IS NOT NULL,
           l.rights, l.fixed, o.all_management_groups, o.all_departments,
           (SELECT coalesce(json_agg(json_build_object('id', y.id, 'name', y.name) ORDER BY y.name, y.id), '[]')::text
              FROM operator_management_group x JOIN management_group y ON y.id = x.management_group_id
             WHERE x.operator_id = o.id AND (groups IS NULL OR y.id = ANY (groups))),
           (SELECT coalesce(json_agg(json_build_object('id', y.id, 'name', y.name) ORDER BY y.code, y.id), '[]')::text
              FROM operator_department x JOIN department y ON y.id = x.department_id
             WHERE x.operator_id = o.id AND (parts IS NULL OR y.id = ANY (parts))),
           coalesce(w.sessions, 0), o.last_login_at,
           kidoban.may_edit('operators') AND kidoban.operator_beyond(o.id, levels, groups, parts) IS NULL, o.revision,
           (SELECT count(*)::int4 FROM found)
      FROM page o
      CROSS JOIN LATERAL (SELECT json_object_agg(y.function, y.level)::text AS rights,
                                 coalesce(json_agg(y.function) FILTER (WHERE y.fixed), '[]')::text AS fixed
                            FROM kidoban.operator_levels(o.id) y) l
      LEFT JOIN at_work w ON w.operator_id = o.id
     ORDER BY o.name;
END $$;

CREATE FUNCTION api.operator_roles() RETURNS TABLE (role text, rights text, fixed text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 2 SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF NOT kidoban.may_view('operators') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  RETURN QUERY SELECT r.role, json_object_agg(r.function, r.level)::text, coalesce(json_agg(r.function) FILTER (WHERE r.fixed), '[]')::text
                 FROM role_right r GROUP BY r.role ORDER BY r.role;
END $$;

-- Who is logged in now.
CREATE FUNCTION api.operator_sessions()
RETURNS TABLE (id int8, operator_id int4, name text, origin text, remote_addr text, created_at timestamptz, last_seen_at timestamptz, own bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine int8 := (SELECT m.session_id FROM me m);
BEGIN
  IF NOT kidoban.may_view('operators') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  RETURN QUERY
    SELECT s.id, o.id, o.name, s.origin, host(s.remote_addr), s.created_at, s.last_seen_at, s.id = mine
      FROM kidoban.open_sessions() w JOIN session s ON s.id = w.session_id JOIN operator o ON o.id = s.operator_id
     ORDER BY s.created_at DESC, s.id DESC;
END $$;
