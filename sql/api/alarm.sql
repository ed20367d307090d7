-- Alarms: raised and cleared by what controllers say, acknowledged by operators (G-8).

-- Kinds that a controller raises but never clears: something happened and is over. They wait for an operator.
CREATE OR REPLACE FUNCTION alarm_is_momentary(kind int4) RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT kind IN (201, 202, 215, 217)
$$;

-- Acknowledges alarms in scope that are not acknowledged yet; answers them all. An id out of scope: KD003.
CREATE FUNCTION api.alarm_acknowledge(ids int8[], note text) RETURNS SETOF int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  operator int4 := kidoban.current_operator();
  wanted   int8[] := ARRAY(SELECT DISTINCT i FROM unnest(ids) i);
  fresh    int8;
BEGIN
  IF NOT kidoban.may_edit('history') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  IF cardinality(wanted) = 0 OR cardinality(wanted) <> (
       SELECT count(*) FROM alarm a
        WHERE a.id = ANY (wanted)
          AND (kidoban.sees_all_gates() OR a.gate_id = ANY (kidoban.current_gates())
               OR (a.gate_id IS NULL AND a.controller_id = ANY (kidoban.current_controllers())))) THEN
    RAISE EXCEPTION 'an alarm is not there' USING ERRCODE = 'KD003', COLUMN = 'alarms';
  END IF;
  PERFORM FROM alarm a WHERE a.id = ANY (wanted) ORDER BY a.id FOR UPDATE;
  IF EXISTS (SELECT FROM alarm a WHERE a.id = ANY (wanted) AND a.acknowledged_at IS NULL) THEN
    fresh := kidoban.live_begin('acknowledge');
    UPDATE alarm a
       SET acknowledged_at = clock_timestamp(), acknowledged_by = operator, comment = coalesce(note, ''),
           batch = fresh
     WHERE a.id = ANY (wanted) AND a.acknowledged_at IS NULL;
  END IF;
  RETURN QUERY SELECT unnest(wanted);
END $$;
