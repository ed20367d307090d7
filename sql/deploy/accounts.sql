-- Deploy kidoban:accounts to pg
-- Operators are edited on a screen: the program's role, deletion that keeps the name of who did something, a revision for
-- If-Match, the last administrator, and what the site may set about log-in.

BEGIN;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kidoban_operators') THEN
    CREATE ROLE kidoban_operators LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
  EXECUTE format('ALTER ROLE kidoban_operators IN DATABASE %I SET search_path = api, kidoban', current_database());
  EXECUTE format('ALTER ROLE kidoban_operators IN DATABASE %I SET timezone = %L', current_database(), 'UTC');
END $$;
GRANT kidoban_web TO kidoban_operators;

SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

ALTER TABLE operator
  ADD COLUMN deleted_at timestamptz,
  ADD COLUMN last_login_at timestamptz,
  ADD COLUMN revision int8 NOT NULL DEFAULT 1,
  DROP CONSTRAINT operator_name_key,
  ADD CONSTRAINT operator_deleted CHECK (deleted_at IS NULL OR (disabled AND password_hash IS NULL AND remote_user IS NULL));
CREATE UNIQUE INDEX operator_name ON operator (name) WHERE deleted_at IS NULL;
COMMENT ON COLUMN operator.deleted_at IS 'The row stays, so that what the operator did keeps a name; the name may be given to another';
COMMENT ON COLUMN operator.revision IS 'Counts what was changed of this operator, rights and scope included';
ALTER TABLE session ADD COLUMN previous_login_at timestamptz;
COMMENT ON COLUMN session.previous_login_at IS 'The operator''s log-in before this one';

INSERT INTO setting VALUES ('password_min_length', '15'), ('live_keeps_session', 'off');
ALTER TABLE setting ADD CONSTRAINT setting_login CHECK (
  CASE name
    WHEN 'idle_timeout_s' THEN value ~ '^[1-9][0-9]{0,5}$'
    WHEN 'session_max_s' THEN value ~ '^[1-9][0-9]{0,6}$'
    WHEN 'remote_user_login' THEN value IN ('off', 'on', 'only')
    WHEN 'live_keeps_session' THEN value IN ('off', 'on')
    -- Fewer than 15 is for sites whose Apache asks for a second factor.
    WHEN 'password_min_length' THEN value ~ '^([89]|[1-5][0-9]|6[0-4])$'
    ELSE true END);

CREATE OR REPLACE FUNCTION operator_limit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  most int4;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('kidoban.operators'));
  SELECT operators INTO most FROM edition;
  IF (SELECT count(*) FROM operator WHERE deleted_at IS NULL) > most THEN
    RAISE EXCEPTION 'L-11: this edition allows at most % operators', most USING ERRCODE = 'KD002', CONSTRAINT = 'L-11';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION operator_stamp() RETURNS trigger LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER a_operator_stamp BEFORE UPDATE OF name, display_name, role, password_hash, remote_user, disabled, all_management_groups,
  all_departments, deleted_at, revision ON operator FOR EACH ROW EXECUTE FUNCTION operator_stamp();

-- Who is out is out at once, and does not come back with an old session when let in again. A session that Apache vouched for
-- ends with the name that it was for.
CREATE FUNCTION operator_out() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  ended int8[];
BEGIN
  WITH gone AS (
    UPDATE session SET ended_at = clock_timestamp()
     WHERE operator_id = NEW.id AND ended_at IS NULL AND (NEW.disabled OR origin = 'remote_user') RETURNING id)
  SELECT array_agg(id) INTO ended FROM gone;
  PERFORM pg_notify('kidoban_session', id::text) FROM unnest(ended) AS id;
  RETURN NULL;
END $$;
CREATE TRIGGER b_operator_out AFTER UPDATE OF disabled, remote_user ON operator FOR EACH ROW
  WHEN ((NEW.disabled AND NOT OLD.disabled) OR OLD.remote_user IS DISTINCT FROM NEW.remote_user) EXECUTE FUNCTION operator_out();

-- Nobody can remove, disable, demote or lock out the last system administrator who can log in, whatever program or hand it is.
-- The lock makes two who remove each other wait for one another.
CREATE FUNCTION operator_last_administrator() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  by_apache bool := (SELECT value <> 'off' FROM setting WHERE name = 'remote_user_login');
  by_us     bool := (SELECT value <> 'only' FROM setting WHERE name = 'remote_user_login');
BEGIN
  IF NOT ((OLD.password_hash IS NOT NULL AND by_us) OR (OLD.remote_user IS NOT NULL AND by_apache)) THEN
    RETURN NULL;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('kidoban.operators'));
  IF NOT EXISTS (SELECT FROM operator o
                  WHERE o.role = 'system' AND NOT o.disabled
                    AND ((o.password_hash IS NOT NULL AND by_us) OR (o.remote_user IS NOT NULL AND by_apache))) THEN
    RAISE EXCEPTION 'this is the last system administrator who can log in: make another one first'
      USING ERRCODE = 'KD006', HINT = 'last_administrator';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER c_operator_last_administrator_update AFTER UPDATE OF role, disabled, password_hash, remote_user ON operator FOR EACH ROW
  WHEN (OLD.role = 'system' AND NOT OLD.disabled) EXECUTE FUNCTION operator_last_administrator();
CREATE TRIGGER c_operator_last_administrator_delete AFTER DELETE ON operator FOR EACH ROW
  WHEN (OLD.role = 'system' AND NOT OLD.disabled) EXECUTE FUNCTION operator_last_administrator();

-- api/session.sql makes it again, without the column of the last log-in.
SET LOCAL client_min_messages = warning;
DROP TRIGGER IF EXISTS z_told ON operator;

COMMIT;
