-- Pictures (H-9). INVOKER: only what the caller may see is counted. Literal bounds, so only the partitions asked for are read.

-- Entries, exits and refusals in each hour from from_t to to_t (an hour without any has no row).
CREATE FUNCTION api.history_passages_per_hour(from_t timestamptz, to_t timestamptz, gates int4[], management_groups int4[])
RETURNS TABLE (t timestamptz, entry int8, exit int8, refused int8)
LANGUAGE plpgsql STABLE SET search_path = kidoban, pg_temp AS $$
DECLARE
  filter text := '';
BEGIN
  IF gates IS NOT NULL OR management_groups IS NOT NULL THEN
    filter := format(' AND e.gate = ANY (%L::int2[])', kidoban.gates_of(gates, management_groups));
  END IF;
  -- Hours are whole hours of UTC; a zone with a half hour is put together by whoever draws.
  RETURN QUERY EXECUTE format(
    'SELECT to_timestamp(h * 3600::float8), coalesce(sum(n) FILTER (WHERE code IN (101, 103)), 0)::int8, coalesce(sum(n) FILTER (WHERE code IN (102, 104)), 0)::int8,'
    ' coalesce(sum(n) FILTER (WHERE code BETWEEN 106 AND 118 AND code NOT IN (107, 108) OR code = 121), 0)::int8'
    ' FROM (SELECT e.bucket / 4 AS h, e.kind / 4 AS code, count(*) AS n FROM kidoban.access_event e'
    ' WHERE e.t >= %L AND e.t < %L AND e.bucket >= %s AND e.bucket <= %s%s GROUP BY 1, 2) x GROUP BY h ORDER BY h',
    from_t, to_t, floor(extract(epoch FROM from_t) / 900), floor(extract(epoch FROM to_t) / 900), filter);
END $$;

-- How often each alarm was raised at each gate; gate null: at a controller as a whole.
CREATE FUNCTION api.history_alarms_per_gate(from_t timestamptz, to_t timestamptz, gates int4[], management_groups int4[])
RETURNS TABLE (gate_id int4, gate_name text, kind int4, count int8)
LANGUAGE plpgsql STABLE SET search_path = kidoban, pg_temp AS $$
DECLARE
  filter text := '';
BEGIN
  IF gates IS NOT NULL OR management_groups IS NOT NULL THEN
    filter := format(' AND e.gate = ANY (%L::int2[])', kidoban.gates_of(gates, management_groups));
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH n AS MATERIALIZED (SELECT e.gate, e.kind / 4 AS kind, count(*) AS n FROM kidoban.alarm_event e'
    ' WHERE e.t >= %L AND e.t < %L AND e.bucket >= %s AND e.bucket <= %s AND e.raised%s GROUP BY 1, 2)'
    ' SELECT nullif(n.gate, 0)::int4, g.name, n.kind, n.n FROM n'
    ' LEFT JOIN kidoban.gate_names(ARRAY(SELECT DISTINCT gate FROM n WHERE gate <> 0)) g ON g.id = n.gate'
    ' ORDER BY sum(n.n) OVER (PARTITION BY n.gate) DESC, n.gate, n.kind',
    from_t, to_t, floor(extract(epoch FROM from_t) / 900), floor(extract(epoch FROM to_t) / 900), filter);
END $$;
