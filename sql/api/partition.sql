-- Partitions of the history: made before they are needed, or when an old event arrives; found when they are due to go.

-- Makes the partition of parent that holds instant at, when there is none. Runs as the partitions' owner.
CREATE OR REPLACE FUNCTION history_ensure(wanted text, at timestamptz) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  c     record;
  lo    timestamptz;
  hi    timestamptz;
  child text;
BEGIN
  IF at < now() - interval '1102 days' OR at > now() + interval '62 days' THEN
    RAISE EXCEPTION 'no history is kept for %', at USING ERRCODE = 'KD007';
  END IF;
  SELECT * INTO STRICT c FROM event_category e WHERE e.parent = wanted;
  lo := date_trunc(c.span, at, 'UTC');
  IF EXISTS (SELECT FROM history_part h WHERE h.parent = wanted AND h.from_t = lo AND NOT h.detached) THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(7004);
  IF EXISTS (SELECT FROM history_part h WHERE h.parent = wanted AND h.from_t = lo AND NOT h.detached) THEN
    RETURN false;
  END IF;
  hi := (lo AT TIME ZONE 'UTC' + ('1 ' || c.span)::interval) AT TIME ZONE 'UTC';
  child := wanted || '_' || to_char(lo AT TIME ZONE 'UTC', CASE c.span WHEN 'day' THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
  -- Created apart and attached: CREATE … PARTITION OF would lock the parent against readers.
  EXECUTE format('CREATE TABLE part.%I (LIKE kidoban.%I)', child, wanted);
  EXECUTE format('ALTER TABLE part.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', child);
  EXECUTE format('ALTER TABLE kidoban.%I ATTACH PARTITION part.%I FOR VALUES FROM (%L) TO (%L)', wanted, child, lo, hi);
  INSERT INTO history_part (name, parent, from_t, to_t) VALUES (child, wanted, lo, hi);
  RETURN true;
END $$;
RESET ROLE;
ALTER FUNCTION kidoban.history_ensure(text, timestamptz) OWNER TO kidoban_partition;
SET LOCAL ROLE kidoban_owner;
