-- Commands to gates (G-3, G-9). A request makes one command for each gate; the poller that has the controller's lease sends it.

-- Queues a command for gates; one lockdown or command request. The same idempotency key answers the same request again.
-- Gates out of scope or unknown: KD003, and nothing is queued.
CREATE FUNCTION api.command_request_create(gates int4[], command text, value text, ttl_ms int4, idempotency_key text,
                                           kind text, comment text) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  operator int4 := kidoban.current_operator();
  what     int2 := (SELECT c.number FROM code c WHERE c.class = 'command' AND c.code = command_request_create.command);
  setting  int2 := 0;
  request  int8;
  batch    int8;
  wanted   int4[] := ARRAY(SELECT DISTINCT g FROM unnest(gates) g);
BEGIN
  IF NOT kidoban.may_edit('gates') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  IF what IS NULL THEN
    RAISE EXCEPTION 'no such command' USING ERRCODE = 'KD007', COLUMN = 'command';
  END IF;
  IF command_request_create.command IN ('set_verification_mode', 'set_unlock_mode') THEN
    SELECT c.number INTO setting FROM code c
     WHERE c.class = substr(command_request_create.command, 5) AND c.code = value AND c.number > 0;
    IF setting IS NULL THEN
      RAISE EXCEPTION 'no such mode' USING ERRCODE = 'KD007', COLUMN = 'value';
    END IF;
  ELSIF value IS NOT NULL THEN
    RAISE EXCEPTION 'this command takes no value' USING ERRCODE = 'KD007', COLUMN = 'value';
  END IF;
  -- The operator's row orders two requests with the same key.
  PERFORM FROM operator o WHERE o.id = operator FOR UPDATE;
  SELECT r.id INTO request FROM command_request r
   WHERE r.operator_id = operator AND r.idempotency_key = command_request_create.idempotency_key;
  IF FOUND THEN
    RETURN request;
  END IF;
  IF cardinality(wanted) = 0 OR cardinality(wanted) <> (
       SELECT count(*) FROM gate g WHERE g.id = ANY (wanted)
          AND (kidoban.sees_all_gates() OR g.management_group_id = ANY (kidoban.current_gate_scope()))) THEN
    RAISE EXCEPTION 'a gate is not there' USING ERRCODE = 'KD003', COLUMN = 'gates';
  END IF;
  INSERT INTO command_request (operator_id, kind, command, value, comment, idempotency_key)
  VALUES (operator, command_request_create.kind, what, setting, coalesce(command_request_create.comment, ''),
          command_request_create.idempotency_key)
  RETURNING id INTO request;
  batch := kidoban.live_begin('command');
  INSERT INTO command (request_id, gate_id, controller_id, door, command, value, operator_id, expires_at, batch)
  SELECT request, g.id, g.controller_id, g.door, what, setting, operator,
         clock_timestamp() + make_interval(secs => coalesce(ttl_ms,
           (SELECT s.value::int4 FROM setting s WHERE s.name = 'command_ttl_ms')) / 1000.0), batch
    FROM gate g WHERE g.id = ANY (wanted);
  PERFORM pg_notify('kidoban_command', '');
  RETURN request;
END $$;
