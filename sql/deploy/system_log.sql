-- Deploy kidoban:system_log to pg
-- What operators did and what the system told (M-1): entries, their chain, its signed checkpoints; alarms of the system itself.

BEGIN;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kidoban_system') THEN
    CREATE ROLE kidoban_system LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
  EXECUTE format('ALTER ROLE kidoban_system IN DATABASE %I SET search_path = api, kidoban', current_database());
  EXECUTE format('ALTER ROLE kidoban_system IN DATABASE %I SET timezone = %L', current_database(), 'UTC');
  EXECUTE format('ALTER ROLE kidoban_system IN DATABASE %I SET jit = off', current_database());
END $$;
GRANT kidoban_web TO kidoban_system;

SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

-- Entries are born here, in the transaction of the act, and stay until the sealer moves them into the chain. So a transaction that
-- commits late is sealed late, and no order of commits can leave one out.
CREATE TABLE system_log_unsealed (
  id          int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  operator_id int4 NOT NULL,
  operator    text NOT NULL CHECK (length(operator) <= 256),
  origin      text NOT NULL CHECK (origin IN ('screen', 'api', 'cli', 'system')),
  remote_addr text NOT NULL CHECK (length(remote_addr) <= 64),
  action      text NOT NULL CHECK (action ~ '^[a-z0-9_]{1,64}$'),
  method      text NOT NULL CHECK (length(method) <= 10),
  path        text NOT NULL CHECK (length(path) <= 300),
  outcome     text NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
  status      int4 NOT NULL,
  object      text NOT NULL CHECK (length(object) <= 300),
  details     text NOT NULL CHECK (length(details) <= 4000 AND (details = '' OR jsonb_typeof(details::jsonb) = 'object'))
);
COMMENT ON TABLE system_log_unsealed IS 'Entries of the system log that the sealer has not put into the chain yet, for a second or so';
COMMENT ON COLUMN system_log_unsealed.operator_id IS '0: nobody was logged in, or it was not an operator';
COMMENT ON COLUMN system_log_unsealed.operator IS 'the name of then';
COMMENT ON COLUMN system_log_unsealed.details IS 'JSON object, or empty; text, because the very bytes are hashed';

CREATE TABLE system_log (
  number      int8 NOT NULL,
  sealed_at   timestamptz NOT NULL,
  id          int8 NOT NULL,
  at          timestamptz NOT NULL,
  operator_id int4 NOT NULL,
  operator    text NOT NULL,
  origin      text NOT NULL,
  remote_addr text NOT NULL,
  action      text NOT NULL,
  method      text NOT NULL,
  path        text NOT NULL,
  outcome     text NOT NULL,
  status      int4 NOT NULL,
  object      text NOT NULL,
  details     text NOT NULL,
  hash        bytea NOT NULL
) PARTITION BY RANGE (sealed_at);
COMMENT ON TABLE system_log IS 'The system log (M-1), one partition a UTC month by the time of sealing, which goes up with the number';
COMMENT ON COLUMN system_log.hash IS 'SHA-256(hash of number - 1 || this entry''s canonical encoding), see doc/system-log.md';
CREATE UNIQUE INDEX system_log_number ON system_log (number, sealed_at);
CREATE INDEX system_log_at ON system_log (at, id);
CREATE INDEX system_log_operator ON system_log (operator_id, at);
CREATE INDEX system_log_action ON system_log (action, at);
CREATE INDEX system_log_refused ON system_log (at, id) WHERE outcome <> 'done';

CREATE TABLE system_log_head (
  one       bool PRIMARY KEY DEFAULT true CHECK (one),
  log       uuid NOT NULL DEFAULT gen_random_uuid(),
  number    int8 NOT NULL DEFAULT 0,
  hash      bytea NOT NULL,
  sealed_at timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE system_log_head IS 'The newest link of the chain; who seals holds this row';
COMMENT ON COLUMN system_log_head.log IS 'name of this log; the hash before the first entry is SHA-256 of its text';
WITH made AS (SELECT gen_random_uuid() AS log)
INSERT INTO system_log_head (log, hash) SELECT log, sha256(convert_to(log::text, 'UTF8')) FROM made;

CREATE TABLE system_log_key (
  key        text PRIMARY KEY CHECK (key ~ '^[0-9a-f]{16}$'),
  public_key bytea NOT NULL CHECK (length(public_key) = 32),
  wrapped    bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE system_log_key IS 'Ed25519 keys of checkpoints; the private half is sealed with the master key. The newest signs';

CREATE TABLE system_log_checkpoint (
  number    int8 NOT NULL CHECK (number >= 0),
  at        timestamptz NOT NULL,
  hash      bytea NOT NULL CHECK (length(hash) = 32),
  first     int8 NOT NULL CHECK (first BETWEEN 1 AND number + 1),
  key       text NOT NULL REFERENCES system_log_key,
  signature bytea NOT NULL CHECK (length(signature) = 64),
  PRIMARY KEY (number, first)
);
COMMENT ON TABLE system_log_checkpoint IS 'Signed: entry number has this hash, and entries from first on are there';

-- Refusals of nobody in particular are written up to a number a minute and address, and counted beyond.
CREATE UNLOGGED TABLE system_log_quiet (
  remote_addr text PRIMARY KEY,
  since       timestamptz NOT NULL,
  entries     int4 NOT NULL,
  left_out    int8 NOT NULL
);

CREATE FUNCTION system_log_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the system log is only ever added to' USING ERRCODE = 'KD004';
END $$;
GRANT EXECUTE ON FUNCTION system_log_keep() TO kidoban_partition;
CREATE TRIGGER system_log_keep BEFORE UPDATE OR DELETE ON system_log FOR EACH ROW EXECUTE FUNCTION system_log_keep();
CREATE TRIGGER system_log_keep_all BEFORE TRUNCATE ON system_log FOR EACH STATEMENT EXECUTE FUNCTION system_log_keep();

CREATE TABLE system_alarm (
  id         int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
  subject    text NOT NULL DEFAULT '' CHECK (length(subject) <= 200),
  severity   text NOT NULL CHECK (severity IN ('warn', 'alarm')),
  detail     text NOT NULL DEFAULT '' CHECK (length(detail) <= 500),
  raised_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  cleared_at timestamptz
);
COMMENT ON TABLE system_alarm IS 'Alarms of the system itself: raised and cleared by the keeper';
CREATE UNIQUE INDEX system_alarm_open ON system_alarm (kind, subject) WHERE cleared_at IS NULL;
CREATE INDEX system_alarm_raised ON system_alarm (raised_at);

INSERT INTO event_category VALUES (5, 'system', 'system_log', 'month');

ALTER TABLE system_log_unsealed ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE system_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE system_log_head ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE system_log_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE system_log_checkpoint ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE system_log_quiet ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE system_alarm ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

RESET ROLE;
ALTER TABLE system_log OWNER TO kidoban_partition;

COMMIT;
