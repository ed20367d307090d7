-- Small things about the history.

-- The JSON object of an event's details; an event without any has an empty one.
CREATE FUNCTION api.history_details(details text) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE details WHEN '' THEN '{}' ELSE details END::json $$;

-- Names for rows of history that the caller was shown. Names are no secret to who sees the event; ids to follow are given
-- only within scope, so that what is out of scope appears without a link (DESIGN 6).

CREATE OR REPLACE FUNCTION log_controllers(logs int4[]) RETURNS TABLE (log int4, controller_id int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT l.id, l.controller_id FROM event_log l WHERE l.id = ANY (logs);
END $$;

CREATE OR REPLACE FUNCTION controller_names(ids int4[]) RETURNS TABLE (id int4, name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT w.id, coalesce(c.name, (SELECT p.name FROM controller_past p WHERE p.id = w.id ORDER BY p.to_cs DESC LIMIT 1))
      FROM unnest(ids) AS w(id) LEFT JOIN controller c ON c.id = w.id;
END $$;

CREATE OR REPLACE FUNCTION operator_names(ids int4[]) RETURNS TABLE (id int4, name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT o.id, coalesce(nullif(o.display_name, ''), o.name) FROM operator o WHERE o.id = ANY (ids);
END $$;

CREATE OR REPLACE FUNCTION cardholders_in_scope(ids int4[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF kidoban.sees_all_departments() THEN
    RETURN ARRAY(SELECT c.id FROM cardholder c WHERE c.id = ANY (ids));
  END IF;
  RETURN ARRAY(SELECT c.id FROM cardholder c
                WHERE c.id = ANY (ids) AND c.department_id IN (SELECT unnest(kidoban.current_department_scope())));
END $$;

CREATE OR REPLACE FUNCTION departments_in_scope(ids int4[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF kidoban.sees_all_departments() THEN
    RETURN ARRAY(SELECT d.id FROM department d WHERE d.id = ANY (ids));
  END IF;
  RETURN ARRAY(SELECT i FROM unnest(ids) i INTERSECT SELECT unnest(kidoban.current_department_scope()));
END $$;
