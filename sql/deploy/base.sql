-- Deploy kidoban:base to pg
-- The edition's limits, site settings, coded words, and the change sets that every configuration row belongs to.

BEGIN;
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

CREATE TABLE edition (
  only_row                bool PRIMARY KEY DEFAULT true CHECK (only_row),
  name                    text NOT NULL CHECK (name IN ('server', 'pc')),
  gates                   int4 NOT NULL CHECK (gates BETWEEN 1 AND 1000),
  gate_groups             int4 NOT NULL DEFAULT 2000 CHECK (gate_groups BETWEEN 1 AND 2000),
  gates_in_group          int4 NOT NULL DEFAULT 200 CHECK (gates_in_group BETWEEN 1 AND 200),
  cardholders             int4 NOT NULL CHECK (cardholders BETWEEN 1 AND 300000),
  departments             int4 NOT NULL DEFAULT 5000 CHECK (departments BETWEEN 1 AND 5000),
  department_levels       int4 NOT NULL DEFAULT 5 CHECK (department_levels BETWEEN 1 AND 5),
  operators               int4 NOT NULL DEFAULT 501 CHECK (operators BETWEEN 1 AND 501),
  sessions                int4 NOT NULL CHECK (sessions BETWEEN 1 AND 100),
  saved_searches          int4 NOT NULL DEFAULT 20 CHECK (saved_searches BETWEEN 1 AND 20),
  management_groups       int4 NOT NULL CHECK (management_groups BETWEEN 1 AND 500),
  slots                   int4 NOT NULL DEFAULT 50 CHECK (slots BETWEEN 1 AND 50),
  history_days            int4 NOT NULL DEFAULT 1100 CHECK (history_days BETWEEN 1 AND 1100),
  system_log_days         int4 NOT NULL DEFAULT 400 CHECK (system_log_days BETWEEN 1 AND 400)
);
COMMENT ON TABLE edition IS 'The limits of SPEC 2, in one place; a site may lower them';
INSERT INTO edition (name, gates, cardholders, sessions, management_groups) VALUES ('server', 1000, 300000, 100, 500);

CREATE TABLE setting (
  name  text PRIMARY KEY,
  value text NOT NULL
);
INSERT INTO setting VALUES
  ('time_zone', 'Asia/Tokyo'), ('language', 'ja'), ('idle_timeout_s', '1800'), ('session_max_s', '43200'),
  ('remote_user_login', 'off'), ('clock_drift_ms', '5000'), ('command_ttl_ms', '10000');

CREATE TABLE code (
  class  text NOT NULL,
  number int2 NOT NULL,
  code   text NOT NULL,
  ja     text NOT NULL,
  en     text NOT NULL,
  PRIMARY KEY (class, number),
  UNIQUE (class, code)
);
COMMENT ON TABLE code IS 'Coded words, filled from the one list of codes at each upgrade';

CREATE TABLE change_set (
  id          int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  revision    int8 UNIQUE,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  operator_id int4,
  origin      text NOT NULL CHECK (origin IN ('operator', 'import', 'hr', 'system', 'install')),
  kind        text NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
  comment     text NOT NULL DEFAULT '',
  touched     text[] NOT NULL DEFAULT '{}',
  revokes     bool NOT NULL DEFAULT false
);
COMMENT ON TABLE change_set IS 'One committed act. revision and at are set last, by change_set_commit: revision order is commit order';
COMMENT ON COLUMN change_set.touched IS 'Versioned tables that the act wrote';
COMMENT ON COLUMN change_set.revokes IS 'The act may have taken a passage from somebody: revocation lists are looked at';
CREATE INDEX change_set_revokes ON change_set (revision) WHERE revokes;
CREATE SEQUENCE revision_seq AS int8;

-- Errors the programs tell apart: KD001 not the open version (412), KD002 a limit, named by the constraint field (409),
-- KD003 not there or out of scope (404), KD004 not allowed (403), KD005 no or a finished change set (our bug),
-- KD006 conflict (409), KD007 value refused (422).

CREATE FUNCTION current_change() RETURNS int8 LANGUAGE plpgsql STABLE SET search_path = kidoban, pg_temp AS $$
DECLARE
  setting text := current_setting('kidoban.change_set', true);
BEGIN
  IF coalesce(setting, '') = '' THEN
    RAISE EXCEPTION 'no change set has been begun' USING ERRCODE = 'KD005';
  END IF;
  RETURN setting::int8;
END $$;

-- One pattern for every versioned table X: X holds the open versions (so keys, references and uniqueness among open
-- versions are ordinary constraints), X_past those that ended. from_cs and to_cs are the change sets between which a
-- version was true. Writers use plain INSERT, UPDATE and DELETE; the triggers here stamp from_cs and keep what ends.

-- from_cs has no foreign key: this stamps it and version_keep checks it, once a statement instead of once a row.
CREATE FUNCTION version_stamp() RETURNS trigger LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  setting text := current_setting('kidoban.change_set', true);
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
    RAISE EXCEPTION 'an id never changes' USING ERRCODE = 'KD007';
  END IF;
  NEW.from_cs := CASE WHEN coalesce(setting, '') = '' THEN kidoban.current_change() ELSE setting::int8 END;
  RETURN NEW;
END $$;

CREATE FUNCTION version_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  cs      int8 := kidoban.current_change();
  columns text;
BEGIN
  -- Only this transaction can see the row without a revision, so nobody can write into a finished or foreign act.
  UPDATE change_set SET touched = touched || TG_TABLE_NAME::text
   WHERE id = cs AND revision IS NULL AND NOT touched @> ARRAY[TG_TABLE_NAME::text];
  IF NOT FOUND AND NOT EXISTS (SELECT FROM change_set WHERE id = cs AND revision IS NULL) THEN
    RAISE EXCEPTION 'change set % is not open in this transaction', cs USING ERRCODE = 'KD005';
  END IF;
  IF TG_OP = 'INSERT' THEN
    RETURN NULL;
  END IF;
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped;
  -- A version that began in this very act was never true for anybody: it leaves no trace.
  EXECUTE format('INSERT INTO kidoban.%I (%s, to_cs) SELECT %s, $1 FROM old_rows WHERE from_cs <> $1',
                 TG_TABLE_NAME || '_past', columns, columns) USING cs;
  RETURN NULL;
END $$;

-- Makes table X versioned: X_past, its keys, the triggers, and the views X_current (open) and X_version (all).
-- Called by migrations only; call it again after adding a column to X and X_past, to refresh the views.
CREATE FUNCTION make_versioned(x text) RETURNS void LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  columns text;
BEGIN
  IF to_regclass(format('kidoban.%I', x || '_past')) IS NULL THEN
    EXECUTE format('CREATE TABLE kidoban.%I (LIKE kidoban.%I INCLUDING GENERATED, to_cs int8 NOT NULL)', x || '_past', x);
    EXECUTE format('ALTER TABLE kidoban.%I ADD PRIMARY KEY (id, from_cs)', x || '_past');
    EXECUTE format('CREATE INDEX ON kidoban.%I (from_cs)', x || '_past');
    EXECUTE format('CREATE INDEX ON kidoban.%I (to_cs)', x || '_past');
    EXECUTE format('CREATE INDEX ON kidoban.%I (from_cs)', x);
    EXECUTE format('CREATE TRIGGER a_version_stamp BEFORE INSERT OR UPDATE ON kidoban.%I FOR EACH ROW EXECUTE FUNCTION kidoban.version_stamp()', x);
    EXECUTE format('CREATE TRIGGER b_version_insert AFTER INSERT ON kidoban.%I FOR EACH STATEMENT EXECUTE FUNCTION kidoban.version_keep()', x);
    EXECUTE format('CREATE TRIGGER b_version_update AFTER UPDATE ON kidoban.%I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION kidoban.version_keep()', x);
    EXECUTE format('CREATE TRIGGER b_version_delete AFTER DELETE ON kidoban.%I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION kidoban.version_keep()', x);
    EXECUTE format('ALTER TABLE kidoban.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', x || '_past');
    EXECUTE format('ALTER TABLE kidoban.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', x);
  END IF;
  SELECT string_agg('x.' || quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute WHERE attrelid = format('kidoban.%I', x)::regclass AND attnum > 0 AND NOT attisdropped;
  EXECUTE format('CREATE OR REPLACE VIEW kidoban.%I WITH (security_invoker = true) AS SELECT %s, c.revision '
                 'FROM kidoban.%I x JOIN kidoban.change_set c ON c.id = x.from_cs', x || '_current', columns, x);
  EXECUTE format('CREATE OR REPLACE VIEW kidoban.%I WITH (security_invoker = true) AS '
                 'SELECT %s, NULL::int8 AS to_cs FROM kidoban.%I x UNION ALL SELECT %s, x.to_cs FROM kidoban.%I x',
                 x || '_version', columns, x, columns, x || '_past');
END $$;

COMMIT;
