-- Reading the system log. The pages are INVOKER: the policies of the tables ask for the right system_log. What belongs to no row
-- (the head of the chain, checkpoints, keys, alarms) is answered by functions of the owner, which ask for it themselves.

CREATE OR REPLACE FUNCTION system_log_asked() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_view('system_log') THEN
    RAISE EXCEPTION 'the system log is not for this operator' USING ERRCODE = 'KD004';
  END IF;
END $$;

-- The conditions of a list as literal SQL.
CREATE OR REPLACE FUNCTION system_log_filter(operator int4, actions text[], outcomes text[], origins text[], q text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT concat(
    CASE WHEN operator IS NOT NULL THEN format(' AND e.operator_id = %s', operator) END,
    CASE WHEN actions IS NOT NULL THEN format(' AND e.action = ANY (%L::text[])', actions) END,
    CASE WHEN outcomes IS NOT NULL THEN format(' AND e.outcome = ANY (%L::text[])', outcomes) END,
    CASE WHEN origins IS NOT NULL THEN format(' AND e.origin = ANY (%L::text[])', origins) END,
    CASE WHEN NOT 'done' = ANY (outcomes) THEN ' AND e.outcome <> ''done''' END,
    CASE WHEN q IS NOT NULL THEN format(' AND position(%L IN lower(concat_ws('' '', e.operator, e.object, e.path, e.remote_addr, e.details))) > 0', lower(q)) END)
$$;

-- One stretch of one partition, newest first; with what is not sealed yet when that is where it will be.
CREATE OR REPLACE FUNCTION system_log_stretch(from_t timestamptz, to_t timestamptz, lower_at timestamptz, upper_at timestamptz, conditions text,
                                              unsealed bool, most int4)
RETURNS TABLE (number int8, hash bytea, sealed_at timestamptz, id int8, at timestamptz, operator_id int4, operator text, origin text, remote_addr text,
               action text, method text, path text, outcome text, status int4, object text, details text)
LANGUAGE plpgsql STABLE ROWS 50 SET search_path = kidoban, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  fields text := 'e.id, e.at, e.operator_id, e.operator, e.origin, e.remote_addr, e.action, e.method, e.path, e.outcome, e.status, e.object, e.details';
  bounds text := format('e.at >= %L AND e.at < %L%s ORDER BY e.at DESC, e.id DESC LIMIT %s', lower_at, upper_at, conditions, most);
BEGIN
  RETURN QUERY EXECUTE format('(SELECT e.number, e.hash, e.sealed_at, %s FROM kidoban.system_log e WHERE e.sealed_at >= %L AND e.sealed_at < %L AND %s)',
                              fields, from_t, to_t, bounds)
    || CASE WHEN unsealed THEN format(' UNION ALL (SELECT NULL, NULL, NULL, %s FROM kidoban.system_log_unsealed e WHERE %s)'
                                      ' ORDER BY at DESC, id DESC LIMIT %s', fields, bounds, most) ELSE '' END;
END $$;

-- A page, newest first. The cursor is the month of the partition, time and id of the last entry. A search stops after about 250 ms; then
-- the last row has id 0 and says at `at` how far it came.
CREATE FUNCTION api.system_log_page(from_t timestamptz, to_t timestamptz, operator int4, actions text[], outcomes text[], origins text[], q text,
                                    after_part date, after_at timestamptz, after_id int8, most int4)
RETURNS TABLE (number int8, hash bytea, sealed_at timestamptz, id int8, at timestamptz, operator_id int4, operator_name text, origin text, remote_addr text,
               action text, method text, path text, outcome text, status int4, object text, details text, part text)
LANGUAGE plpgsql STABLE ROWS 50 SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  started    timestamptz := clock_timestamp();
  conditions text := kidoban.system_log_filter(operator, actions, outcomes, origins, q);
  month      record;
  here       bool;
  lower_at   timestamptz;
  upper_at   timestamptz;
  oldest     timestamptz;
  found      int4 := 0;
  got        int4;
BEGIN
  PERFORM kidoban.system_log_asked();
  FOR month IN
    SELECT h.from_t, h.to_t FROM history_part h WHERE h.parent = 'system_log' AND NOT h.detached
       AND (after_part IS NULL OR h.from_t <= after_part::timestamp AT TIME ZONE 'UTC')
       AND (system_log_page.from_t IS NULL OR h.to_t > system_log_page.from_t) ORDER BY h.from_t DESC
  LOOP
    here := month.from_t <= clock_timestamp() AND month.to_t > clock_timestamp();
    part := to_char(month.from_t AT TIME ZONE 'UTC', 'YYYYMM');
    EXECUTE format('SELECT max(e.at), min(e.at) FROM kidoban.system_log e WHERE e.sealed_at >= %L AND e.sealed_at < %L', month.from_t, month.to_t)
       INTO upper_at, oldest;
    IF here THEN
      SELECT greatest(upper_at, max(u.at)), least(oldest, min(u.at)) INTO upper_at, oldest FROM system_log_unsealed u;
    END IF;
    upper_at := least(upper_at + interval '1 microsecond', to_t);
    oldest := greatest(oldest, system_log_page.from_t);
    IF month.from_t = after_part::timestamp AT TIME ZONE 'UTC' THEN
      upper_at := least(upper_at, after_at + interval '1 microsecond');
    END IF;
    WHILE upper_at > oldest LOOP
      lower_at := greatest(oldest, upper_at - interval '1 day');
      RETURN QUERY
        SELECT s.*, part FROM kidoban.system_log_stretch(month.from_t, month.to_t, lower_at, upper_at,
            conditions || CASE WHEN month.from_t = after_part::timestamp AT TIME ZONE 'UTC' THEN format(' AND (e.at, e.id) < (%L, %s)', after_at, after_id) ELSE '' END,
            here, most - found) s;
      GET DIAGNOSTICS got = ROW_COUNT;
      found := found + got;
      IF found >= most THEN
        RETURN;
      END IF;
      upper_at := lower_at;
      IF clock_timestamp() > started + interval '250 milliseconds' THEN
        RETURN QUERY SELECT NULL::int8, NULL::bytea, NULL::timestamptz, 0::int8, upper_at, 0, '', '', '', '', '', '', '', 0, '', '', part;
        RETURN;
      END IF;
    END LOOP;
  END LOOP;
END $$;

CREATE FUNCTION api.system_log_sealed() RETURNS TABLE (number int8, hash bytea, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.system_log_asked();
  RETURN QUERY SELECT h.number, h.hash, h.sealed_at FROM system_log_head h WHERE h.number > 0;
END $$;

CREATE FUNCTION api.system_log_checkpoints(since int8, after_number int8, after_first int8, most int4)
RETURNS TABLE (log text, number int8, hash bytea, first int8, at text, key text, signature bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.system_log_asked();
  RETURN QUERY
    SELECT (SELECT h.log::text FROM system_log_head h), c.number, c.hash, c.first, kidoban.system_log_time(c.at), c.key, c.signature
      FROM system_log_checkpoint c
     WHERE c.number >= since AND (c.number, c.first) > (after_number, after_first) ORDER BY c.number, c.first LIMIT most;
END $$;

CREATE FUNCTION api.system_log_keys() RETURNS TABLE (key text, public_key bytea, created_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.system_log_asked();
  RETURN QUERY SELECT k.key, k.public_key, k.created_at FROM system_log_key k ORDER BY k.created_at DESC, k.key;
END $$;

-- What the keeper has raised; and that the keeper is away, which it can not tell itself: since when, the oldest entry of the system log
-- tells that nobody sealed.
CREATE FUNCTION api.system_alarms(only_open bool)
RETURNS TABLE (id int8, kind text, subject text, severity text, detail text, raised_at timestamptz, cleared_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_view('system_log', 'system_administration') THEN
    RAISE EXCEPTION 'alarms of the system are not for this operator' USING ERRCODE = 'KD004';
  END IF;
  RETURN QUERY
    SELECT 0::int8, 'daemon_down', 'keeper', 'alarm', 'keeper is not running, so nothing else is watched: start it (systemctl start kidoban-keeper)',
           coalesce((SELECT min(u.at) FROM system_log_unsealed u), clock_timestamp()), NULL::timestamptz
     WHERE NOT EXISTS (SELECT FROM pg_stat_activity s WHERE s.usename = 'kidoban_keeper' AND s.datname = current_database());
  RETURN QUERY
    SELECT a.id, a.kind, a.subject, a.severity, a.detail, a.raised_at, a.cleared_at FROM system_alarm a
     WHERE a.cleared_at IS NULL OR NOT only_open ORDER BY a.raised_at DESC, a.id DESC LIMIT 200;
END $$;
