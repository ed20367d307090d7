-- Keys of controllers (P-3), wrapped by the poller. At every step at least one key is common to both sides: a new one is
-- staged before the controller gets it, made active when a handshake with it succeeded, and only then the old one retires.

CREATE FUNCTION api.poller_key_stage(controller int4, token int8, epoch int4, wrapped bytea) RETURNS bool
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF cardinality(kidoban.lease_check(ARRAY[controller], ARRAY[token])) = 0 THEN
    RETURN false;
  END IF;
  INSERT INTO controller_key AS k (controller_id, epoch, wrapped, state)
  VALUES (controller, poller_key_stage.epoch, poller_key_stage.wrapped, 'staged')
  ON CONFLICT ON CONSTRAINT controller_key_pkey DO UPDATE SET wrapped = excluded.wrapped, created_at = clock_timestamp()
   WHERE k.state = 'staged';
  RETURN FOUND;
END $$;

CREATE FUNCTION api.poller_key_activate(controller int4, token int8, epoch int4) RETURNS bool
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF cardinality(kidoban.lease_check(ARRAY[controller], ARRAY[token])) = 0
     OR NOT EXISTS (SELECT FROM controller_key k WHERE k.controller_id = controller AND k.epoch = poller_key_activate.epoch
                                                   AND k.state IN ('staged', 'active')) THEN
    RETURN false;
  END IF;
  UPDATE controller_key k SET state = 'retired' WHERE k.controller_id = controller AND k.state = 'active'
     AND k.epoch <> poller_key_activate.epoch;
  UPDATE controller_key k SET state = 'active' WHERE k.controller_id = controller AND k.epoch = poller_key_activate.epoch;
  RETURN true;
END $$;

-- The controller has forgotten the key: so do we.
CREATE FUNCTION api.poller_key_retire(controller int4, token int8, epoch int4) RETURNS bool
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF cardinality(kidoban.lease_check(ARRAY[controller], ARRAY[token])) = 0 THEN
    RETURN false;
  END IF;
  DELETE FROM controller_key k WHERE k.controller_id = controller AND k.epoch = poller_key_retire.epoch AND k.state = 'retired';
  RETURN true;
END $$;
