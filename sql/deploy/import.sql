-- Deploy kidoban:import to pg
-- CSV files on their way in: what was uploaded, what became of it. Rows are staged in tables of their own, one set an import.

BEGIN;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kidoban_imports') THEN
    CREATE ROLE kidoban_imports LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
  EXECUTE format('ALTER ROLE kidoban_imports IN DATABASE %I SET search_path = api, kidoban', current_database());
  EXECUTE format('ALTER ROLE kidoban_imports IN DATABASE %I SET timezone = %L', current_database(), 'UTC');
END $$;
GRANT kidoban_web TO kidoban_imports;
CREATE SCHEMA stage AUTHORIZATION kidoban_owner;
COMMENT ON SCHEMA stage IS 'Rows of imports under way, unlogged: made, filled and dropped by functions only';

SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

CREATE TABLE import (
  id              int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('cardholders', 'departments')),
  mode            text NOT NULL CHECK (mode IN ('upsert', 'update', 'delete')),
  encoding        text NOT NULL CHECK (encoding IN ('auto', 'cp932', 'utf-8')),
  blank           text NOT NULL CHECK (blank IN ('keep', 'clear')),
  state           text NOT NULL DEFAULT 'reading' CHECK (state IN ('reading', 'previewed', 'applying', 'done', 'failed', 'cancelled')),
  file_name       text NOT NULL DEFAULT '' CHECK (length(file_name) <= 200),
  bytes           int8 NOT NULL DEFAULT 0,
  rows            int4 NOT NULL DEFAULT 0,
  counts          jsonb NOT NULL DEFAULT '{"add": 0, "change": 0, "unchanged": 0, "delete": 0, "error": 0}',
  progress        int4 NOT NULL DEFAULT 0,
  total           int4 NOT NULL DEFAULT 0,
  reason          text NOT NULL DEFAULT '',
  fault           jsonb,
  change_set_id   int8 REFERENCES change_set,
  deletion_share  real NOT NULL DEFAULT 0,
  deletion_cap    bool NOT NULL DEFAULT false,
  deletion_agreed bool NOT NULL DEFAULT false,
  basis           int8 NOT NULL DEFAULT 0,
  staged          bool NOT NULL DEFAULT false,
  cancel          bool NOT NULL DEFAULT false,
  operator_id     int4 NOT NULL REFERENCES operator,
  at              timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at     timestamptz,
  idempotency_key text,
  CONSTRAINT import_key UNIQUE (operator_id, idempotency_key)
);
COMMENT ON COLUMN import.fault IS 'why the file as a whole was refused: code, row, byte';
COMMENT ON COLUMN import.basis IS 'the newest revision that the preview knew: when nothing came after it, it still holds';
COMMENT ON COLUMN import.deletion_cap IS 'more would be deleted than the setting import_deletion_percent allows without a person''s word';

CREATE TABLE import_chunk (
  import_id int8 NOT NULL REFERENCES import ON DELETE CASCADE,
  n         int4 NOT NULL,
  data      bytea NOT NULL,
  PRIMARY KEY (import_id, n)
);
ALTER TABLE import_chunk ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON TABLE import_chunk IS 'The file in pieces, each sealed with the master key: it may hold PINs. Gone when the import ends';

INSERT INTO setting VALUES ('import_deletion_percent', '10'), ('import_max_bytes', '268435456'), ('import_keep_days', '30');

ALTER TABLE import ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE import_chunk ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

COMMIT;
