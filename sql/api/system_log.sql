-- The system log (M-1): writing entries, sealing them into the chain, what the keeper signs. Reading is in system_log_page.sql.

-- What is hashed. Each field as its length in four bytes, most significant first, and its UTF-8; doc/system-log.md.
CREATE OR REPLACE FUNCTION system_log_field(field text) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT int4send(octet_length(field)) || convert_to(field, 'UTF8')
$$;

CREATE OR REPLACE FUNCTION system_log_time(moment timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

CREATE OR REPLACE FUNCTION system_log_encode(e system_log) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
DECLARE
  field text;
  out   bytea := '';
BEGIN
  FOREACH field IN ARRAY ARRAY[e.number::text, kidoban.system_log_time(e.sealed_at), e.id::text, kidoban.system_log_time(e.at), e.operator_id::text,
      e.operator, e.origin, e.remote_addr, e.action, e.method, e.path, e.outcome, e.status::text, e.object, e.details] LOOP
    out := out || int4send(octet_length(field)) || convert_to(field, 'UTF8');
  END LOOP;
  RETURN out;
END $$;

-- Not more than 60 refusals a minute and address are written one by one, so that nobody without a session can fill the disk.
CREATE OR REPLACE FUNCTION system_log_hush(addr text) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  so_far int4;
BEGIN
  INSERT INTO system_log_quiet AS q (remote_addr, since, entries, left_out) VALUES (addr, clock_timestamp(), 1, 0)
  ON CONFLICT (remote_addr) DO UPDATE SET entries = q.entries + 1, left_out = q.left_out + (q.entries >= 60)::int4
  RETURNING q.entries INTO so_far;
  RETURN so_far > 60;
END $$;

-- One entry, in the transaction of the act. Who it was is told by the session's token, whether it is alive or (as after a log-out) not; without
-- one by who, an operator's id, or who_name, when there is such an operator. Names that nobody has are not kept: people type passwords there.
CREATE OR REPLACE FUNCTION system_log_put(origin text, remote_addr text, action text, method text, path text, outcome text, status int4,
                                          object text, details text, who int4, who_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  token text := coalesce(current_setting('kidoban.session', true), '');
  actor int4;
  name  text;
  alive bool;
BEGIN
  IF origin NOT IN ('screen', 'api') THEN
    RAISE EXCEPTION 'programs write for screens and the API only' USING ERRCODE = 'KD007';
  END IF;
  IF token ~ '^[0-9a-f]{64}$' THEN
    SELECT o.id, o.name, s.ended_at IS NULL INTO actor, name, alive
      FROM session s JOIN operator o ON o.id = s.operator_id WHERE s.token_hash = sha256(decode(token, 'hex'));
  END IF;
  IF actor IS NULL AND (who <> 0 OR who_name <> '') THEN
    SELECT o.id, o.name INTO actor, name FROM operator o 
     WHERE o.id = who OR (o.deleted_at IS NULL AND ((who = 0 AND o.name = who_name) OR (who = -1 AND o.remote_user = who_name)));
  END IF;
  IF outcome <> 'done' AND NOT coalesce(alive, false) AND kidoban.system_log_hush(remote_addr) THEN
    RETURN;
  END IF;
  INSERT INTO system_log_unsealed (operator_id, operator, origin, remote_addr, action, method, path, outcome, status, object, details)
  VALUES (coalesce(actor, 0), coalesce(name, ''), origin, remote_addr, action, method, path, outcome, status, object, details);
END $$;

CREATE FUNCTION api.system_log_write(origin text, remote_addr text, action text, method text, path text, outcome text, status int4,
                                     object text, details text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.system_log_put(origin, remote_addr, action, method, path, outcome, status, object, details, 0, '');
END $$;

-- For log-ins, where the session is still to be made: only the session program may say who it is.
CREATE FUNCTION api.system_log_write_as(origin text, remote_addr text, action text, method text, path text, outcome text, status int4,
                                        object text, details text, who int4, who_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.system_log_put(origin, remote_addr, action, method, path, outcome, status, object, details, who, who_name);
END $$;

-- What the system itself says, and tools on the command line (whose operator is the account that ran them).
CREATE OR REPLACE FUNCTION system_log_add(origin text, operator text, action text, object text, outcome text, details text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  INSERT INTO system_log_unsealed (operator_id, operator, origin, remote_addr, action, method, path, outcome, status, object, details)
  VALUES (0, left(system_log_add.operator, 256), system_log_add.origin, '', system_log_add.action, '', '', system_log_add.outcome, 0,
          left(system_log_add.object, 300), system_log_add.details);
END $$;

CREATE OR REPLACE FUNCTION system_log_add_cli(action text, object text, outcome text, details text) RETURNS void
LANGUAGE sql SET search_path = kidoban, pg_temp AS $$
  SELECT kidoban.system_log_add('cli', session_user::text, action, object, outcome, details)
$$;

-- Moves up to `most` entries that are committed into the chain, in the order in which they were begun, and answers how many. All or
-- nothing, under the head's lock: whenever the sealer dies, the chain is whole and nothing is lost.
CREATE FUNCTION api.keeper_seal(most int4) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  head   system_log_head;
  e      system_log;
  fresh  record;
  moment timestamptz;
  bound  int8;
  sealed int4 := 0;
BEGIN
  IF NOT EXISTS (SELECT FROM system_log_unsealed) OR NOT pg_try_advisory_xact_lock(7007) THEN
    RETURN 0;
  END IF;
  SELECT * INTO STRICT head FROM system_log_head FOR UPDATE;
  -- Never back, whatever the clock does: partitions go by this time and must end the chain where they end.
  moment := greatest(clock_timestamp(), head.sealed_at);
  IF NOT EXISTS (SELECT FROM history_part h WHERE h.parent = 'system_log' AND h.from_t <= moment AND h.to_t > moment AND NOT h.detached) THEN
    PERFORM kidoban.history_ensure('system_log', moment);
  END IF;
  -- By a bound and not by a list of ids, which the planner, who knows nothing of a table that is empty most of the time, would compare one by one.
  SELECT max(x.id) INTO bound FROM (SELECT u.id FROM system_log_unsealed u ORDER BY u.id LIMIT most) x;
  FOR fresh IN
    WITH gone AS (DELETE FROM system_log_unsealed u WHERE u.id <= bound RETURNING u.*)
    SELECT * FROM gone ORDER BY id
  LOOP
    e := ROW(head.number + 1, moment, fresh.id, fresh.at, fresh.operator_id, fresh.operator, fresh.origin, fresh.remote_addr, fresh.action,
             fresh.method, fresh.path, fresh.outcome, fresh.status, fresh.object, fresh.details, NULL);
    e.hash := sha256(head.hash || kidoban.system_log_encode(e));
    INSERT INTO system_log SELECT e.*;
    head.number := e.number;
    head.hash := e.hash;
    sealed := sealed + 1;
  END LOOP;
  UPDATE system_log_head SET number = head.number, hash = head.hash, sealed_at = moment;
  RETURN sealed;
END $$;

-- What a checkpoint is about: the head, or (first) the last entry of a partition that is due to go and has no checkpoint yet. No row: nothing new.
CREATE FUNCTION api.keeper_log_to_sign()
RETURNS TABLE (log text, number int8, hash bytea, first int8, at text, from_number int8, from_hash bytea, from_first int8, from_key text, from_at text,
               from_signature bytea, drops bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  head   system_log_head;
  ending record;
  last   system_log_checkpoint;
BEGIN
  SELECT * INTO STRICT head FROM system_log_head;
  log := head.log::text;
  number := head.number;
  hash := head.hash;
  drops := false;
  SELECT c.first INTO first FROM system_log_checkpoint c ORDER BY c.first DESC LIMIT 1;
  first := coalesce(first, 1);
  FOR ending IN
    SELECT x.number, x.hash FROM history_part h,
      LATERAL (SELECT l.number, l.hash FROM system_log l WHERE l.sealed_at >= h.from_t AND l.sealed_at < h.to_t ORDER BY l.number DESC LIMIT 1) x
     WHERE h.parent = 'system_log' AND NOT h.detached
       AND h.to_t <= clock_timestamp() - make_interval(days => (SELECT system_log_days FROM edition))
     ORDER BY x.number DESC LIMIT 1
  LOOP
    IF ending.number >= first THEN
      number := ending.number;
      hash := ending.hash;
      first := ending.number + 1;
      drops := true;
    END IF;
  END LOOP;
  SELECT * INTO last FROM system_log_checkpoint c WHERE c.number <= keeper_log_to_sign.number ORDER BY c.number DESC, c.first DESC LIMIT 1;
  IF last.number = number AND last.first = first THEN
    RETURN;
  END IF;
  from_number := coalesce(last.number, 0);
  from_hash := coalesce(last.hash, sha256(convert_to(log, 'UTF8')));
  from_first := coalesce(last.first, 0);
  from_key := coalesce(last.key, '');
  from_at := coalesce(kidoban.system_log_time(last.at), '');
  from_signature := last.signature;
  at := kidoban.system_log_time(clock_timestamp());
  RETURN NEXT;
END $$;

-- Entries of the chain after a number, in its order, as the texts that are hashed.
CREATE FUNCTION api.keeper_log_entries(after int8, most int4)
RETURNS TABLE (number text, sealed_at text, id text, at text, operator_id text, operator text, origin text, remote_addr text, action text, method text, path text,
               outcome text, status text, object text, details text, hash text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT l.number::text, kidoban.system_log_time(l.sealed_at), l.id::text, kidoban.system_log_time(l.at), l.operator_id::text, l.operator, l.origin,
           l.remote_addr, l.action, l.method, l.path, l.outcome, l.status::text, l.object, l.details, encode(l.hash, 'hex')
      FROM system_log l WHERE l.number > after ORDER BY l.number LIMIT most;
END $$;

CREATE FUNCTION api.keeper_log_signed(number int8, at text, hash bytea, first int8, key text, signature bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  INSERT INTO system_log_checkpoint (number, at, hash, first, key, signature)
  VALUES (keeper_log_signed.number, keeper_log_signed.at::timestamptz, keeper_log_signed.hash, keeper_log_signed.first, keeper_log_signed.key, keeper_log_signed.signature)
  ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION api.keeper_log_keys() RETURNS TABLE (key text, public_key bytea, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT k.key, k.public_key, k.wrapped FROM system_log_key k ORDER BY k.created_at DESC, k.key
$$;

CREATE FUNCTION api.keeper_log_key_add(key text, public_key bytea, wrapped bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  INSERT INTO system_log_key (key, public_key, wrapped)
  VALUES (keeper_log_key_add.key, keeper_log_key_add.public_key, keeper_log_key_add.wrapped);
  PERFORM kidoban.system_log_add('system', '', 'system_key_created', keeper_log_key_add.key, 'done', '');
END $$;

-- Says how many refusals of an address were left out in the minute that is over.
CREATE FUNCTION api.keeper_log_quiet() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  q record;
BEGIN
  FOR q IN DELETE FROM system_log_quiet x WHERE x.since < clock_timestamp() - interval '1 minute' RETURNING * LOOP
    IF q.left_out > 0 THEN
      PERFORM kidoban.system_log_add('system', '', 'system_refusals_left_out', q.remote_addr, 'done',
                                     jsonb_build_object('left_out', q.left_out)::text);
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION api.keeper_log_say(action text, object text, outcome text, details text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT kidoban.system_log_add('system', '', action, object, outcome, details)
$$;

-- Raises or clears an alarm of the system; each time with an entry. Answers whether anything changed. An open alarm's text is kept up to date.
CREATE FUNCTION api.keeper_alarm(kind text, subject text, severity text, detail text, raised bool) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  known int8;
BEGIN
  SELECT a.id INTO known FROM system_alarm a WHERE a.kind = kind AND a.subject = subject AND a.cleared_at IS NULL FOR UPDATE;
  IF raised AND known IS NOT NULL THEN
    UPDATE system_alarm a SET detail = left(keeper_alarm.detail, 500), severity = keeper_alarm.severity WHERE a.id = known
       AND (a.detail, a.severity) IS DISTINCT FROM (left(keeper_alarm.detail, 500), keeper_alarm.severity);
    RETURN false;
  ELSIF NOT raised AND known IS NULL THEN
    RETURN false;
  ELSIF raised THEN
    INSERT INTO system_alarm (kind, subject, severity, detail) VALUES (kind, left(subject, 200), severity, left(detail, 500));
  ELSE
    UPDATE system_alarm a SET cleared_at = clock_timestamp() WHERE a.id = known;
  END IF;
  PERFORM kidoban.system_log_add('system', '', CASE WHEN raised THEN 'system_alarm_raised' ELSE 'system_alarm_cleared' END,
                                 concat_ws(' ', kind, nullif(subject, '')), 'done',
                                 jsonb_strip_nulls(jsonb_build_object('kind', kind, 'subject', nullif(subject, ''), 'detail', nullif(left(detail, 500), '')))::text);
  PERFORM kidoban.live_begin('system');
  RETURN true;
END $$;

-- What the keeper judges alarms by; subjects of open alarms of a kind, so that what is gone can be cleared.
CREATE FUNCTION api.keeper_alarms_open(kind text) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT a.subject FROM system_alarm a WHERE a.kind = keeper_alarms_open.kind AND a.cleared_at IS NULL
$$;

-- The last entry sealed in a stretch of time has a checkpoint from which the chain can begin, or there is none.
CREATE OR REPLACE FUNCTION system_log_may_go(from_t timestamptz, to_t timestamptz) RETURNS bool
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  ending int8;
BEGIN
  EXECUTE format('SELECT max(l.number) FROM kidoban.system_log l WHERE l.sealed_at >= %L AND l.sealed_at < %L', from_t, to_t) INTO ending;
  RETURN ending IS NULL OR EXISTS (SELECT FROM system_log_checkpoint c WHERE c.first > ending);
END $$;

-- What the keeper judges alarms of the system by: programs that keep a connection, with the age of their last sign of life in seconds (null: none).
CREATE FUNCTION api.keeper_daemons() RETURNS TABLE (name text, age_s int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT 'gate-poller', (SELECT extract(epoch FROM clock_timestamp() - max(p.heartbeat))::int4 FROM poller p WHERE p.stopped_at IS NULL)
    UNION ALL
    SELECT 'transfer', CASE WHEN EXISTS (SELECT FROM pg_stat_activity a WHERE a.usename = 'kidoban_transfer' AND a.datname = current_database()) THEN 0 END;
END $$;

-- Work that waits longer than it should: the kind of alarm, how much, and the age of the oldest in seconds (0: nothing waits).
CREATE FUNCTION api.keeper_backlogs() RETURNS TABLE (kind text, waiting int8, age_s int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT b.kind, count(j.id), coalesce(extract(epoch FROM clock_timestamp() - min(j.created_at)), 0)::int4
      FROM (VALUES ('import_backlog', true), ('transfer_backlog', false)) AS b(kind, import)
      LEFT JOIN job j ON (j.kind LIKE 'import%') = b.import AND j.state IN ('queued', 'running')
           -- What waits for a controller that does not answer is that controller's alarm.
           AND NOT EXISTS (SELECT FROM controller_state s WHERE s.controller_id = j.controller_id AND s.communication <> 2)
     GROUP BY b.kind
    UNION ALL
    SELECT 'ingest_backlog', count(*), coalesce(extract(epoch FROM max(clock_timestamp() - s.since)), 0)::int4
      FROM controller_state s JOIN event_log l ON l.id = s.log_id
     WHERE s.communication = 2 AND s.newest_seq > l.mark + 1000 AND s.since < clock_timestamp() - interval '10 minutes'
    UNION ALL
    SELECT 'seal_backlog', count(*), coalesce(extract(epoch FROM clock_timestamp() - min(u.at)), 0)::int4 FROM system_log_unsealed u;
END $$;

CREATE FUNCTION api.keeper_now() RETURNS int8
LANGUAGE sql VOLATILE SET search_path = kidoban, pg_temp AS $$
  SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8
$$;
