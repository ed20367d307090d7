-- Commands on their way to controllers. Taken once by the poller that holds the lease; the outcome is the gate's own.

-- Takes what is queued for the poller's controllers; ttl_ms is what is left of its life. Taken commands count as sent.
CREATE FUNCTION api.poller_commands(poller int4)
RETURNS TABLE (command uuid, controller_id int4, token int8, door int2, what int2, value int2, ttl_ms int4, operator_id int4)
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  taken uuid[];
  fresh int8;
BEGIN
  -- Commands are locked before the batch begins, as everywhere.
  taken := ARRAY(SELECT c.id FROM command c JOIN controller_lease l ON l.controller_id = c.controller_id
                  WHERE l.poller_id = poller_commands.poller AND c.outcome = 1 AND c.expires_at > clock_timestamp()
                  ORDER BY c.queued_at, c.id LIMIT 1000 FOR UPDATE OF c SKIP LOCKED);
  IF cardinality(taken) = 0 THEN
    RETURN;
  END IF;
  fresh := kidoban.live_begin('command');
  RETURN QUERY
    UPDATE command c SET outcome = 2, sent_at = clock_timestamp(), batch = fresh
      FROM controller_lease l
     WHERE c.id = ANY (taken) AND l.controller_id = c.controller_id
    RETURNING c.id, c.controller_id, l.token, c.door, c.command, c.value,
              greatest(1, (extract(epoch FROM c.expires_at - clock_timestamp()) * 1000)::int4), c.operator_id;
END $$;

-- Writes what came of taken commands; a stale token or a finished command changes nothing. Answers the commands written.
CREATE FUNCTION api.poller_command_outcome(id uuid[], token int8[], outcome int2[], reason text[]) RETURNS SETOF uuid
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine  uuid[];
  fresh int8;
BEGIN
  mine := ARRAY(SELECT c.id FROM unnest(poller_command_outcome.id, poller_command_outcome.token) AS x(id, token)
                  JOIN command c ON c.id = x.id AND c.finished_at IS NULL
                  JOIN controller_lease l ON l.controller_id = c.controller_id AND l.token = x.token
                 ORDER BY c.id FOR UPDATE OF c);
  IF cardinality(mine) = 0 THEN
    RETURN;
  END IF;
  fresh := kidoban.live_begin('command');
  RETURN QUERY
    UPDATE command c
       SET outcome = x.outcome, reason = left(coalesce(x.reason, ''), 255), batch = fresh,
           finished_at = CASE WHEN x.outcome >= 3 THEN clock_timestamp() END
      FROM unnest(poller_command_outcome.id, poller_command_outcome.outcome, poller_command_outcome.reason) AS x(id, outcome, reason)
     WHERE c.id = x.id AND c.id = ANY (mine)
    RETURNING c.id;
END $$;
