-- Who asks, what they may do, what they may see: the one place (A-2, A-3). Policies call these as (SELECT f()), which
-- PostgreSQL evaluates once a statement, and lists as IN (SELECT unnest((SELECT f()))): without the inner SELECT the planner calls them
-- too, to learn how long the list is, though a page of history plans several statements and may need none of the lists. SECURITY DEFINER because the answer must not depend on what the caller may read.

-- The operator of the session whose token the transaction carries, or of the import at work: no row when there is none, or
-- it ended, expired or idled, or the operator is disabled. Functions below read it in one statement each: they are asked many times in every
-- request. So it is one join without branches, the token is looked at without a regular expression, which would take as long as the rest, and
-- (SELECT …) hashes it once, not for each session when there are few enough for a sequential scan.
DROP VIEW IF EXISTS me_right, me;
CREATE VIEW me WITH (security_invoker = true) AS
SELECT s.id AS session_id, coalesce(s.last_seen_at, statement_timestamp()) AS last_seen_at, o.id, o.role, o.all_management_groups, o.all_departments,
       o.name, o.display_name, o.remote_user, s.expires_at, s.origin
  FROM (SELECT) AS always
  LEFT JOIN session s
    ON s.token_hash = (SELECT CASE WHEN length(current_setting('kidoban.session', true)) = 64
                                    AND translate(current_setting('kidoban.session', true), '0123456789abcdef', '') = ''
                                   THEN sha256(decode(current_setting('kidoban.session', true), 'hex')) END)
   AND s.ended_at IS NULL AND s.expires_at > statement_timestamp()
   AND s.last_seen_at > statement_timestamp()
       - (SELECT make_interval(secs => value::int4) FROM setting WHERE name = 'idle_timeout_s')
-- The transfer daemon acts for whoever uploaded the import that it works on, as long as that is under way and no session is named.
-- session_user can not be set, so nobody else gets here.
  LEFT JOIN import i
    ON i.id = (SELECT CASE WHEN coalesce(current_setting('kidoban.session', true), '') = ''
                            AND current_setting('kidoban.import', true) ~ '^[0-9]{1,18}$' AND pg_has_role(session_user, 'kidoban_transfer', 'MEMBER')
                           THEN current_setting('kidoban.import', true)::int8 END)
   AND i.state IN ('reading', 'applying')
  JOIN operator o ON o.id = coalesce(s.operator_id, i.operator_id) AND NOT o.disabled;

CREATE VIEW me_right WITH (security_invoker = true) AS
SELECT m.id, m.all_management_groups, m.all_departments, r.function, coalesce(g.level, r.level) AS level
  FROM me m
  JOIN role_right r ON r.role = m.role
  LEFT JOIN operator_right g ON g.operator_id = m.id AND g.function = r.function AND NOT r.fixed;

CREATE OR REPLACE FUNCTION current_operator() RETURNS int4
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN (SELECT m.id FROM me m);
END $$;

CREATE OR REPLACE FUNCTION idle_timeout() RETURNS interval
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN (SELECT make_interval(secs => value::int4) FROM setting WHERE name = 'idle_timeout_s');
END $$;

CREATE OR REPLACE FUNCTION right_of(operator int4, wanted text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT coalesce(g.level, r.level)
                     FROM operator o
                     JOIN role_right r ON r.role = o.role AND r.function = wanted
                     LEFT JOIN operator_right g ON g.operator_id = o.id AND g.function = wanted AND NOT r.fixed
                    WHERE o.id = operator), 'none');
END $$;

-- 'none', 'view' or 'edit'
CREATE OR REPLACE FUNCTION current_right(wanted text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT r.level FROM me_right r WHERE r.function = wanted), 'none');
END $$;

CREATE OR REPLACE FUNCTION may_view(VARIADIC wanted text[]) RETURNS bool
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM me_right r WHERE r.function = ANY (wanted) AND r.level <> 'none');
END $$;

CREATE OR REPLACE FUNCTION may_edit(wanted text) RETURNS bool
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM me_right r WHERE r.function = wanted AND r.level = 'edit');
END $$;

CREATE OR REPLACE FUNCTION sees_all_gates() RETURNS bool
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT m.all_management_groups FROM me m), false);
END $$;

CREATE OR REPLACE FUNCTION sees_all_departments() RETURNS bool
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT m.all_departments FROM me m), false);
END $$;

-- Right and scope in one question: has any of these rights, and sees all gates (departments). Most policies ask this
-- first, and only when it is not so what exactly is in scope (…_for below: nothing without the right).
CREATE OR REPLACE FUNCTION views_all_gates(VARIADIC wanted text[]) RETURNS bool
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM me_right r WHERE r.all_management_groups AND r.function = ANY (wanted) AND r.level <> 'none');
END $$;

CREATE OR REPLACE FUNCTION views_all_departments(VARIADIC wanted text[]) RETURNS bool
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM me_right r WHERE r.all_departments AND r.function = ANY (wanted) AND r.level <> 'none');
END $$;

CREATE OR REPLACE FUNCTION groups_for(VARIADIC wanted text[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN CASE WHEN kidoban.may_view(VARIADIC wanted) THEN kidoban.current_gate_scope() ELSE '{}' END;
END $$;

CREATE OR REPLACE FUNCTION gates_for(VARIADIC wanted text[]) RETURNS int2[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN CASE WHEN kidoban.may_view(VARIADIC wanted) THEN kidoban.current_gates() ELSE '{}' END;
END $$;

CREATE OR REPLACE FUNCTION controllers_for(VARIADIC wanted text[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN CASE WHEN kidoban.may_view(VARIADIC wanted) THEN kidoban.current_controllers() ELSE '{}' END;
END $$;

CREATE OR REPLACE FUNCTION departments_for(VARIADIC wanted text[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN CASE WHEN kidoban.may_view(VARIADIC wanted) THEN kidoban.current_department_scope() ELSE '{}' END;
END $$;

-- Management groups in scope.
CREATE OR REPLACE FUNCTION current_gate_scope() RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  mine me;
BEGIN
  SELECT * INTO mine FROM me;
  IF mine.all_management_groups THEN
    RETURN ARRAY(SELECT id FROM management_group);
  END IF;
  RETURN ARRAY(SELECT x.management_group_id FROM operator_management_group x WHERE x.operator_id = mine.id);
END $$;

-- Departments in scope, their subtrees included.
CREATE OR REPLACE FUNCTION current_department_scope() RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF kidoban.sees_all_departments() THEN
    RETURN ARRAY(SELECT id FROM department);
  END IF;
  RETURN kidoban.department_subtrees(ARRAY(SELECT x.department_id FROM me m JOIN operator_department x ON x.operator_id = m.id));
END $$;

CREATE OR REPLACE FUNCTION department_subtrees(roots int4[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN ARRAY(WITH RECURSIVE tree AS (
                 SELECT unnest(roots) AS id
                 UNION
                 SELECT d.id FROM department d JOIN tree t ON d.parent_id = t.id)
               SELECT id FROM tree);
END $$;

-- Gates in scope, deleted ones by their last version, so that their history stays readable (G-1).
CREATE OR REPLACE FUNCTION current_gates() RETURNS int2[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  scope int4[] := kidoban.current_gate_scope();
BEGIN
  RETURN ARRAY(SELECT id::int2 FROM gate WHERE management_group_id = ANY (scope)
               UNION ALL
               SELECT p.id::int2
                 FROM (SELECT DISTINCT ON (id) id, management_group_id FROM gate_past
                        WHERE NOT EXISTS (SELECT FROM gate g WHERE g.id = gate_past.id) ORDER BY id, to_cs DESC) p
                WHERE p.management_group_id = ANY (scope));
END $$;

-- Controllers of which at least one gate is in scope; one without any gate belongs to those who see everything.
CREATE OR REPLACE FUNCTION current_controllers() RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  scope int4[];
BEGIN
  IF kidoban.sees_all_gates() THEN
    RETURN ARRAY(SELECT id FROM controller);
  END IF;
  scope := kidoban.current_gate_scope();
  RETURN ARRAY(SELECT DISTINCT controller_id FROM gate WHERE management_group_id = ANY (scope));
END $$;

CREATE OR REPLACE FUNCTION current_logs() RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  scope int4[] := kidoban.current_controllers();
BEGIN
  RETURN ARRAY(SELECT id FROM event_log WHERE controller_id = ANY (scope));
END $$;

-- Name, management group and controller that a gate has or, when it is deleted, last had. For the names in history.
CREATE OR REPLACE FUNCTION gate_names(wanted int2[])
RETURNS TABLE (id int2, name text, management_group_id int4, management_group_name text, controller_id int4, deleted bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT w.id, coalesce(g.name, p.name), coalesce(g.management_group_id, p.management_group_id),
           m.name, coalesce(g.controller_id, p.controller_id), g.id IS NULL
      FROM unnest(wanted) AS w(id)
      LEFT JOIN gate g ON g.id = w.id
      LEFT JOIN LATERAL (SELECT * FROM gate_past x WHERE x.id = w.id AND g.id IS NULL ORDER BY x.to_cs DESC LIMIT 1) p ON true
      LEFT JOIN management_group m ON m.id = coalesce(g.management_group_id, p.management_group_id)
     WHERE (SELECT kidoban.sees_all_gates()) OR w.id IN (SELECT unnest((SELECT kidoban.current_gates())));
END $$;

-- Gate groups of which some gate (or, when all_of, every gate) is in scope; a group without gates belongs to everybody.
CREATE OR REPLACE FUNCTION current_gate_groups(all_of bool) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  gates int2[] := kidoban.current_gates();
BEGIN
  RETURN ARRAY(SELECT g.id FROM gate_group g LEFT JOIN gate_group_member m ON m.gate_group_id = g.id
                GROUP BY g.id
               HAVING CASE WHEN all_of THEN coalesce(bool_and(m.gate_id = ANY (gates) OR m.gate_id IS NULL), true)
                           ELSE count(m.gate_id) = 0 OR coalesce(bool_or(m.gate_id = ANY (gates)), false) END);
END $$;
