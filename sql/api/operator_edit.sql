-- Adding, changing and deleting operators. After operator.sql.

CREATE OR REPLACE FUNCTION operator_rights_write(operator int4, rights jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  wrong text := (SELECT min(k.key) FROM jsonb_each_text(rights) k
                   JOIN operator o ON o.id = operator_rights_write.operator
                   LEFT JOIN role_right r ON r.role = o.role AND r.function = k.key
                  WHERE r.function IS NULL OR kidoban.level_number(k.value) IS NULL OR (r.fixed AND r.level <> k.value));
BEGIN
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'the role fixes this right' USING ERRCODE = 'KD007', COLUMN = 'rights/' || wrong, HINT = 'fixed_right';
  END IF;
  DELETE FROM operator_right g WHERE g.operator_id = operator_rights_write.operator AND rights ? g.function;
  INSERT INTO operator_right (operator_id, function, level)
  SELECT o.id, k.key, k.value
    FROM jsonb_each_text(rights) k JOIN operator o ON o.id = operator_rights_write.operator
    JOIN role_right r ON r.role = o.role AND r.function = k.key
   WHERE r.level <> k.value;
END $$;

-- groups, departments: what may be given, null for everything there is.
CREATE OR REPLACE FUNCTION operator_scope_write(operator int4, scope jsonb, groups int4[], departments int4[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  new_groups int4[] := CASE WHEN scope ? 'management_groups' THEN ARRAY(SELECT DISTINCT x::int4 FROM jsonb_array_elements_text(scope -> 'management_groups') x) END;
  new_parts  int4[] := CASE WHEN scope ? 'departments' THEN ARRAY(SELECT DISTINCT x::int4 FROM jsonb_array_elements_text(scope -> 'departments') x) END;
BEGIN
  IF EXISTS (SELECT FROM unnest(new_groups) x WHERE x <> ALL (groups) OR NOT EXISTS (SELECT FROM management_group g WHERE g.id = x)) THEN
    RAISE EXCEPTION 'a management group is not there' USING ERRCODE = 'KD007', COLUMN = 'scope/management_groups', HINT = 'not_found';
  END IF;
  IF EXISTS (SELECT FROM unnest(new_parts) x WHERE x <> ALL (departments) OR NOT EXISTS (SELECT FROM department d WHERE d.id = x)) THEN
    RAISE EXCEPTION 'a department is not there' USING ERRCODE = 'KD007', COLUMN = 'scope/departments', HINT = 'not_found';
  END IF;
  UPDATE operator o
     SET all_management_groups = coalesce((scope ->> 'all_management_groups')::bool, o.all_management_groups),
         all_departments = coalesce((scope ->> 'all_departments')::bool, o.all_departments)
   WHERE o.id = operator_scope_write.operator;
  DELETE FROM operator_management_group x USING operator o
   WHERE x.operator_id = operator_scope_write.operator AND o.id = x.operator_id AND (new_groups IS NOT NULL OR o.all_management_groups);
  INSERT INTO operator_management_group
  SELECT o.id, x FROM operator o, unnest(new_groups) x WHERE o.id = operator_scope_write.operator AND NOT o.all_management_groups;
  DELETE FROM operator_department x USING operator o
   WHERE x.operator_id = operator_scope_write.operator AND o.id = x.operator_id AND (new_parts IS NOT NULL OR o.all_departments);
  INSERT INTO operator_department
  SELECT o.id, x FROM operator o, unnest(new_parts) x WHERE o.id = operator_scope_write.operator AND NOT o.all_departments;
END $$;

CREATE OR REPLACE FUNCTION operator_name_check(name text) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF name ~ '^[ 　]|[ 　]$' THEN
    RAISE EXCEPTION 'a name has no space at its ends' USING ERRCODE = 'KD007', COLUMN = 'name', HINT = 'malformed';
  END IF;
END $$;

-- Writes the given members: those of the API, with password_hash for the password.
CREATE OR REPLACE FUNCTION operator_write(operator int4, change jsonb, groups int4[], departments int4[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  another bool := (SELECT o.role <> change ->> 'role' FROM operator o WHERE o.id = operator_write.operator);
BEGIN
  PERFORM kidoban.operator_name_check(change ->> 'name');
  UPDATE operator o
     SET name = coalesce(change ->> 'name', o.name),
         display_name = coalesce(change ->> 'display_name', o.display_name),
         role = coalesce(change ->> 'role', o.role),
         disabled = coalesce((change ->> 'disabled')::bool, o.disabled),
         remote_user = CASE WHEN change ? 'remote_user' THEN change ->> 'remote_user' ELSE o.remote_user END,
         password_hash = CASE WHEN change ? 'password_hash' THEN change ->> 'password_hash' ELSE o.password_hash END
   WHERE o.id = operator_write.operator;
  IF another THEN
    DELETE FROM operator_right g WHERE g.operator_id = operator_write.operator;
  END IF;
  PERFORM kidoban.operator_rights_write(operator, coalesce(change -> 'rights', '{}'));
  PERFORM kidoban.operator_scope_write(operator, coalesce(change -> 'scope', '{}'), groups, departments);
END $$;

-- A new one with nothing but name and role; operator_write is to follow.
CREATE OR REPLACE FUNCTION operator_add(change jsonb) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  fresh int4;
BEGIN
  INSERT INTO operator (name, role) VALUES (change ->> 'name', change ->> 'role') RETURNING id INTO fresh;
  RETURN fresh;
END $$;

-- Ends sessions of an operator: all, or all but one.
CREATE OR REPLACE FUNCTION operator_sessions_end(operator int4, but int8) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  ended int8[];
BEGIN
  WITH gone AS (UPDATE session s SET ended_at = clock_timestamp()
                 WHERE s.operator_id = operator AND s.ended_at IS NULL AND s.id IS DISTINCT FROM but RETURNING s.id)
  SELECT array_agg(id) INTO ended FROM gone;
  PERFORM pg_notify('kidoban_session', id::text) FROM unnest(ended) AS id;
  RETURN coalesce(cardinality(ended), 0);
END $$;

-- The operator is there and has nothing that the caller has not; locked. The lock of sessions comes first, since ending some may follow.
CREATE OR REPLACE FUNCTION operator_lock(operator int4, if_match int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  seen int8;
BEGIN
  IF NOT kidoban.may_edit('operators') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM pg_advisory_xact_lock(7003);
  SELECT o.revision INTO seen FROM operator o WHERE o.id = operator_lock.operator AND o.deleted_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the operator is not there' USING ERRCODE = 'KD003';
  END IF;
  IF kidoban.operator_beyond(operator, kidoban.own_levels(), kidoban.own_groups(), kidoban.own_departments()) IS NOT NULL THEN
    RAISE EXCEPTION 'this operator has rights or a scope that you have not: ask an administrator who has' USING ERRCODE = 'KD004';
  END IF;
  IF if_match IS NOT NULL AND seen <> if_match THEN
    RAISE EXCEPTION 'the operator was changed since' USING ERRCODE = 'KD001';
  END IF;
END $$;

-- Writes, and refuses what comes to more than the caller has: has, not will have, since it may be oneself that is written.
CREATE OR REPLACE FUNCTION operator_write_bounded(operator int4, change jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  levels      jsonb := kidoban.own_levels();
  groups      int4[] := kidoban.own_groups();
  departments int4[] := kidoban.own_departments();
  field       text;
BEGIN
  PERFORM kidoban.operator_write(operator, change, groups, departments);
  field := kidoban.operator_beyond(operator, levels, groups, departments);
  IF field IS NOT NULL THEN
    RAISE EXCEPTION 'nobody gives more than they have' USING ERRCODE = 'KD007', COLUMN = field, HINT = 'beyond_own';
  END IF;
END $$;

CREATE FUNCTION api.operator_create(change jsonb) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  fresh int4;
BEGIN
  IF NOT kidoban.may_edit('operators') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM pg_advisory_xact_lock(7003);
  fresh := kidoban.operator_add(change);
  PERFORM kidoban.operator_write_bounded(fresh, change);
  RETURN fresh;
END $$;

CREATE FUNCTION api.operator_update(operator int4, if_match int8, change jsonb) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.operator_lock(operator, if_match);
  IF operator = kidoban.current_operator() AND change ? 'password_hash' THEN
    RAISE EXCEPTION 'change your own password by PUT /session/password' USING ERRCODE = 'KD007', COLUMN = 'password', HINT = 'own_password';
  END IF;
  PERFORM kidoban.operator_write_bounded(operator, change);
  IF change ? 'password_hash' THEN
    PERFORM kidoban.operator_sessions_end(operator, NULL);
  END IF;
  RETURN (SELECT o.revision FROM kidoban.operator o WHERE o.id = operator_update.operator);
END $$;

CREATE FUNCTION api.operator_delete(operator int4, if_match int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.operator_lock(operator, if_match);
  UPDATE operator o
     SET deleted_at = clock_timestamp(), disabled = true, password_hash = NULL, remote_user = NULL,
         all_management_groups = false, all_departments = false
   WHERE o.id = operator_delete.operator;
  DELETE FROM operator_right x WHERE x.operator_id = operator_delete.operator;
  DELETE FROM operator_management_group x WHERE x.operator_id = operator_delete.operator;
  DELETE FROM operator_department x WHERE x.operator_id = operator_delete.operator;
  DELETE FROM saved_search x WHERE x.operator_id = operator_delete.operator;
END $$;

-- Forced log-out (A-4); answers how many sessions ended.
CREATE FUNCTION api.operator_log_out(operator int4) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.operator_lock(operator, NULL);
  RETURN kidoban.operator_sessions_end(operator, NULL);
END $$;

-- Ends one session; answers whose it was.
CREATE FUNCTION api.operator_session_end(session int8) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  whose int4 := (SELECT w.operator_id FROM kidoban.open_sessions() w WHERE w.session_id = session);
BEGIN
  PERFORM kidoban.operator_lock(whose, NULL);
  UPDATE session s SET ended_at = clock_timestamp() WHERE s.id = operator_session_end.session AND s.ended_at IS NULL;
  PERFORM pg_notify('kidoban_session', session::text);
  RETURN whose;
END $$;

-- For kidoban-operator(8), which runs as the database's owner and has no session. The operator of that name; null when there is none.
CREATE OR REPLACE FUNCTION operator_named(name text) RETURNS int4
LANGUAGE sql STABLE SET search_path = kidoban, pg_temp AS $$
  SELECT o.id FROM operator o WHERE o.name = operator_named.name AND o.deleted_at IS NULL
$$;

-- A system administrator with everything, whoever the name was before, or nobody: how a site that is locked out gets in again.
CREATE OR REPLACE FUNCTION operator_recover(name text, hash text) RETURNS int4
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  who int4;
BEGIN
  PERFORM pg_advisory_xact_lock(7003);
  who := coalesce(kidoban.operator_named(name), kidoban.operator_add(jsonb_build_object('name', name, 'role', 'system')));
  PERFORM kidoban.operator_write(who, jsonb_build_object('name', name, 'role', 'system', 'disabled', false, 'password_hash', hash,
    'rights', (SELECT jsonb_object_agg(r.function, r.level) FROM role_right r WHERE r.role = 'system'),
    'scope', jsonb_build_object('all_management_groups', true, 'all_departments', true)), NULL, NULL);
  PERFORM kidoban.operator_sessions_end(who, NULL);
  DELETE FROM login_failure f WHERE f.name = kidoban.login_digest(operator_recover.name);
  RETURN who;
END $$;
