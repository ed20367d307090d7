-- Log-in, and the session of a request (A-4, L-11). The token is 32 random bytes that only the browser keeps; here its
-- SHA-256 is stored. A request carries the token as 64 hex digits in the transaction-local setting kidoban.session.

-- What the log-in needs to check a password; no row when there is no such operator, or passwords are not taken here (A-4).
CREATE FUNCTION api.session_open(name text) RETURNS TABLE (operator_id int4, password_hash text, disabled bool)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT o.id, o.password_hash, o.disabled FROM operator o
   WHERE o.name = session_open.name AND o.deleted_at IS NULL
     AND (SELECT value FROM setting WHERE setting.name = 'remote_user_login') <> 'only'
$$;

CREATE OR REPLACE FUNCTION session_end_idle() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  ended int8[];
BEGIN
  WITH gone AS (
    UPDATE session SET ended_at = clock_timestamp()
     WHERE ended_at IS NULL
       AND (expires_at <= clock_timestamp() OR last_seen_at <= clock_timestamp() - kidoban.idle_timeout())
    RETURNING id)
  SELECT array_agg(id) INTO ended FROM gone;
  PERFORM pg_notify('kidoban_session', id::text) FROM unnest(ended) AS id;
END $$;

-- Makes the session and answers its id. L-11 is counted under a lock, after ending what has been idle.
CREATE FUNCTION api.session_create(operator int4, token_hash bytea, origin text, addr inet) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  most   int4;
  fresh  int8;
  moment timestamptz;
BEGIN
  IF session_create.origin = 'password'
     AND kidoban.login_turn((SELECT o.name FROM operator o WHERE o.id = session_create.operator)) >= kidoban.login_tries_most() THEN
    RAISE EXCEPTION 'too many failed log-ins' USING ERRCODE = 'KD008';
  END IF;
  PERFORM pg_advisory_xact_lock(7003);
  PERFORM kidoban.session_end_idle();
  SELECT sessions INTO most FROM edition;
  IF (SELECT count(*) FROM session WHERE ended_at IS NULL) >= most THEN
    RAISE EXCEPTION 'L-11: at most % operators can be logged in at once', most USING ERRCODE = 'KD002', CONSTRAINT = 'L-11';
  END IF;
  INSERT INTO session (operator_id, token_hash, expires_at, origin, remote_addr, previous_login_at)
  SELECT o.id, session_create.token_hash, clock_timestamp() + make_interval(secs => s.value::int4), session_create.origin, addr, o.last_login_at
    FROM operator o, setting s
   WHERE o.id = session_create.operator AND NOT o.disabled AND s.name = 'session_max_s'
  RETURNING id, created_at INTO fresh, moment;
  IF fresh IS NULL THEN
    RAISE EXCEPTION 'no such operator' USING ERRCODE = 'KD004';
  END IF;
  UPDATE operator o SET last_login_at = moment WHERE o.id = session_create.operator;
  DELETE FROM login_failure WHERE name = kidoban.login_digest((SELECT o.name FROM operator o WHERE o.id = session_create.operator));
  RETURN fresh;
END $$;

-- The operator whom Apache knows as remote_user gets a session; null when nobody here is mapped to that name.
CREATE FUNCTION api.session_remote(remote_user text, token_hash bytea, addr inet) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  who int4;
BEGIN
  IF (SELECT value FROM setting WHERE name = 'remote_user_login') = 'off' THEN
    RETURN NULL;
  END IF;
  SELECT id INTO who FROM operator o WHERE o.remote_user = session_remote.remote_user AND NOT o.disabled;
  IF who IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN api.session_create(who, session_remote.token_hash, 'remote_user', addr);
END $$;

-- After set_config('kidoban.session', …): the session, or no row. Seen again at most once a minute, so reading writes rarely. Every request
-- asks this, so it is one statement, and the JSON of the rights is put together from words that need no escape.
CREATE FUNCTION api.session_context()
RETURNS TABLE (session_id int8, operator_id int4, name text, display_name text, role text, rights json,
               all_management_groups bool, all_departments bool, management_groups int4[], departments int4[],
               expires_at timestamptz, idle_timeout_s int4, origin text, revision int8, remote_user text)
LANGUAGE plpgsql SECURITY DEFINER ROWS 1 SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  seen timestamptz;
BEGIN
  SELECT m.session_id, m.id, m.name, m.display_name, m.role,
         (SELECT '{' || string_agg('"' || r.function || '": "' || coalesce(g.level, r.level) || '"', ', ') || '}'
            FROM role_right r
            LEFT JOIN operator_right g ON g.operator_id = m.id AND g.function = r.function AND NOT r.fixed
           WHERE r.role = m.role),
         m.all_management_groups, m.all_departments,
         ARRAY(SELECT x.management_group_id FROM operator_management_group x WHERE x.operator_id = m.id ORDER BY 1),
         ARRAY(SELECT d.department_id FROM operator_department d WHERE d.operator_id = m.id ORDER BY 1),
         m.expires_at, (SELECT value::int4 FROM setting WHERE setting.name = 'idle_timeout_s'), m.origin,
         coalesce((SELECT max(c.revision) FROM change_set c), 0), m.remote_user, m.last_seen_at
    INTO session_id, operator_id, name, display_name, role, rights, all_management_groups, all_departments, management_groups, departments,
         expires_at, idle_timeout_s, origin, revision, remote_user, seen
    FROM me m WHERE m.session_id IS NOT NULL;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF seen < clock_timestamp() - interval '1 minute' THEN
    UPDATE session s SET last_seen_at = clock_timestamp() WHERE s.id = session_context.session_id AND s.ended_at IS NULL;
  END IF;
  RETURN NEXT;
END $$;

-- Seen now, whatever was seen before; false when the session is over.
CREATE FUNCTION api.session_touch() RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF kidoban.current_operator() IS NULL THEN
    RETURN false;
  END IF;
  UPDATE session SET last_seen_at = clock_timestamp()
   WHERE token_hash = sha256(decode(current_setting('kidoban.session'), 'hex')) AND ended_at IS NULL;
  RETURN FOUND;
END $$;

-- Logs the own session out.
CREATE FUNCTION api.session_end() RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  mine int8;
BEGIN
  IF kidoban.current_operator() IS NULL THEN
    RETURN false;
  END IF;
  UPDATE session SET ended_at = clock_timestamp()
   WHERE token_hash = sha256(decode(current_setting('kidoban.session'), 'hex')) AND ended_at IS NULL
  RETURNING id INTO mine;
  PERFORM pg_notify('kidoban_session', mine::text);
  RETURN mine IS NOT NULL;
END $$;

-- What GET /session says besides, of the own session.
CREATE FUNCTION api.session_times() RETURNS TABLE (created_at timestamptz, previous_login_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = kidoban, pg_temp AS $$
  SELECT s.created_at, s.previous_login_at FROM session s JOIN me m ON m.session_id = s.id
$$;

-- The own password. Answers how many other sessions ended; the own one goes on under another token, so that a stolen one ends as well. The
-- rest of the transaction is under the new one.
CREATE FUNCTION api.session_password_change(present text, password_hash text, token text) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  mine me;
BEGIN
  SELECT * INTO mine FROM me;
  IF mine.session_id IS NULL THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM pg_advisory_xact_lock(7003);
  UPDATE operator o SET password_hash = session_password_change.password_hash WHERE o.id = mine.id AND o.password_hash = present;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the password was changed meanwhile' USING ERRCODE = 'KD006';
  END IF;
  UPDATE session s SET token_hash = sha256(decode(session_password_change.token, 'hex')) WHERE s.id = mine.session_id;
  PERFORM set_config('kidoban.session', token, true);
  DELETE FROM login_failure f WHERE f.name = kidoban.login_digest((SELECT o.name FROM operator o WHERE o.id = mine.id));
  RETURN kidoban.operator_sessions_end(mine.id, mine.session_id);
END $$;

-- Failures are counted by a digest of what was typed: people type passwords into the field of the name.
CREATE OR REPLACE FUNCTION login_digest(name text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT encode(sha256(convert_to(name, 'UTF8')), 'hex')
$$;

-- Failed log-ins under a name within the last 15 minutes; and one more of them.
CREATE FUNCTION api.login_tries(name text) RETURNS int4
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT count(*)::int4 FROM login_failure f
   WHERE f.name = kidoban.login_digest(login_tries.name) AND f.at > statement_timestamp() - interval '15 minutes'
$$;

-- Of whoever asks, what changing the own password needs.
CREATE FUNCTION api.session_password() RETURNS TABLE (name text, display_name text, remote_user text, password_hash text, tries int4)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = kidoban, pg_temp AS $$
  SELECT o.name, o.display_name, o.remote_user, o.password_hash, api.login_tries(o.name) FROM operator o JOIN me m ON m.id = o.id
$$;

-- So many failures within 15 minutes, and a name waits. As MAX_TRIES of the program.
CREATE OR REPLACE FUNCTION login_tries_most() RETURNS int4 LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$ SELECT 10 $$;

-- Failures of one name are counted one after the other: of many guesses at once, which all began when few had failed, no more than so
-- many are told whether they were right.
CREATE OR REPLACE FUNCTION login_turn(name text) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7009, hashtext(kidoban.login_digest(login_turn.name)));
  -- A statement of its own: it sees what whoever had the lock before has written.
  RETURN (SELECT count(*) FROM login_failure f WHERE f.name = kidoban.login_digest(login_turn.name) AND f.at > clock_timestamp() - interval '15 minutes');
END $$;

-- Answers which failure it is; one too many is not written, so that it does not make the wait longer, and must not be told from a right one.
CREATE FUNCTION api.login_failed(name text) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  before int4 := kidoban.login_turn(login_failed.name);
BEGIN
  DELETE FROM login_failure f WHERE f.at < clock_timestamp() - interval '15 minutes';
  IF before < kidoban.login_tries_most() THEN
    INSERT INTO login_failure (name) VALUES (kidoban.login_digest(login_failed.name));
  END IF;
  RETURN before + 1;
END $$;

-- For whoever keeps streams open: the sessions that are alive and whose operator may still see something of what a stream shows; a
-- stream whose session is not among them is closed at once. watching: sessions with a stream. By the site's setting such a one
-- counts as being at work, so that a guard's monitor does not log out (it still ends after session_max_s).
CREATE FUNCTION api.live_sessions(watching int8[] DEFAULT '{}') RETURNS TABLE (session_id int8, operator_id int4)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF cardinality(watching) > 0 AND (SELECT value FROM setting WHERE name = 'live_keeps_session') = 'on' THEN
    UPDATE session s SET last_seen_at = clock_timestamp()
     WHERE s.id = ANY (watching) AND s.id IN (SELECT w.session_id FROM kidoban.open_sessions() w)
       AND s.last_seen_at < clock_timestamp() - least(interval '1 minute', kidoban.idle_timeout() / 3);
  END IF;
  RETURN QUERY
    SELECT w.session_id, w.operator_id FROM kidoban.open_sessions() w
     WHERE EXISTS (SELECT FROM operator o
                     JOIN role_right r ON r.role = o.role AND r.function IN ('gates', 'history')
                     LEFT JOIN operator_right g ON g.operator_id = o.id AND g.function = r.function AND NOT r.fixed
                    WHERE o.id = w.operator_id AND coalesce(g.level, r.level) <> 'none');
END $$;

-- Whatever changes an operator's authority is told, so that open streams are judged anew.
CREATE OR REPLACE FUNCTION operator_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM pg_notify('kidoban_session', 'rights');
  RETURN NULL;
END $$;
DO $$
DECLARE
  x text;
BEGIN
  FOREACH x IN ARRAY '{operator,operator_right,operator_management_group,operator_department}'::text[] LOOP
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'z_told' AND tgrelid = format('kidoban.%I', x)::regclass) THEN
      EXECUTE format('CREATE TRIGGER z_told AFTER INSERT OR UPDATE %s OR DELETE ON kidoban.%I'
                     ' FOR EACH STATEMENT EXECUTE FUNCTION kidoban.operator_changed()',
                     CASE x WHEN 'operator' THEN 'OF role, disabled, all_management_groups, all_departments, remote_user' ELSE '' END, x);
    END IF;
  END LOOP;
END $$;
