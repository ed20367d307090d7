-- Deploy kidoban:bulk to pg
-- Acts on hundreds of thousands of rows; validity in whole minutes, as controllers keep it.

BEGIN;

-- Only functions of the owner's that check the references of a whole import at once use it (doc/decisions.md).
GRANT SET ON PARAMETER session_replication_role TO kidoban_owner;

SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

-- A row that carries its act already is not stamped again; the others are, as before. What keeps versions always fires.
CREATE FUNCTION version_triggers(x text) RETURNS void LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  unstamped text := 'NEW.from_cs IS NULL OR NEW.from_cs::text IS DISTINCT FROM current_setting(''kidoban.change_set'', true)';
  t         text;
BEGIN
  EXECUTE format('DROP TRIGGER IF EXISTS a_version_stamp ON kidoban.%I', x);
  EXECUTE format('CREATE TRIGGER a_version_stamp BEFORE INSERT ON kidoban.%I FOR EACH ROW WHEN (%s) EXECUTE FUNCTION kidoban.version_stamp()',
                 x, unstamped);
  EXECUTE format('CREATE TRIGGER a_version_restamp BEFORE UPDATE ON kidoban.%I FOR EACH ROW WHEN (%s OR NEW.id <> OLD.id)'
                 ' EXECUTE FUNCTION kidoban.version_stamp()', x, unstamped);
  FOREACH t IN ARRAY '{a_version_stamp,a_version_restamp,b_version_insert,b_version_update,b_version_delete}'::text[] LOOP
    EXECUTE format('ALTER TABLE kidoban.%I ENABLE ALWAYS TRIGGER %I', x, t);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION make_versioned(x text) RETURNS void LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  columns text;
BEGIN
  IF to_regclass(format('kidoban.%I', x || '_past')) IS NULL THEN
    EXECUTE format('CREATE TABLE kidoban.%I (LIKE kidoban.%I INCLUDING GENERATED, to_cs int8 NOT NULL)', x || '_past', x);
    EXECUTE format('ALTER TABLE kidoban.%I ADD PRIMARY KEY (id, from_cs)', x || '_past');
    EXECUTE format('CREATE INDEX ON kidoban.%I (from_cs)', x || '_past');
    EXECUTE format('CREATE INDEX ON kidoban.%I (to_cs)', x || '_past');
    EXECUTE format('CREATE INDEX ON kidoban.%I (from_cs)', x);
    EXECUTE format('CREATE TRIGGER b_version_insert AFTER INSERT ON kidoban.%I FOR EACH STATEMENT EXECUTE FUNCTION kidoban.version_keep()', x);
    EXECUTE format('CREATE TRIGGER b_version_update AFTER UPDATE ON kidoban.%I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION kidoban.version_keep()', x);
    EXECUTE format('CREATE TRIGGER b_version_delete AFTER DELETE ON kidoban.%I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION kidoban.version_keep()', x);
    PERFORM kidoban.version_triggers(x);
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

-- Seconds never reached a controller: it was told the minute that they lie in. So they are cut off here as well, in an act of
-- its own; a stretch within one minute keeps that minute, and of two permits that become one the first stays.
DO $$
DECLARE
  lo     text := 'date_bin(''1 minute'', %1$s.valid_from, ''2000-01-01T00:00Z'')';
  hi     text := 'CASE WHEN %1$s.valid_to IS NOT NULL THEN greatest(date_bin(''1 minute'', %1$s.valid_to, ''2000-01-01T00:00Z''),'
                 ' date_bin(''1 minute'', %1$s.valid_from, ''2000-01-01T00:00Z'') + interval ''1 minute'') END';
  uneven text := '(extract(epoch FROM x.valid_from) % 60 <> 0 OR extract(epoch FROM x.valid_to) % 60 <> 0)';
  found  bool;
BEGIN
  EXECUTE 'SELECT EXISTS (SELECT FROM cardholder x WHERE ' || uneven || ') OR EXISTS (SELECT FROM permit x WHERE ' || uneven || ')' INTO found;
  IF found THEN
    PERFORM api.change_begin('validity.minutes', '');
    EXECUTE 'UPDATE cardholder x SET valid_from = ' || format(lo, 'x') || ', valid_to = ' || format(hi, 'x') || ' WHERE ' || uneven;
    EXECUTE 'DELETE FROM permit x USING permit y WHERE ' || uneven || ' AND y.cardholder_id = x.cardholder_id AND y.id <> x.id'
            ' AND (y.id < x.id OR extract(epoch FROM y.valid_from) % 60 IS NOT DISTINCT FROM 0 AND extract(epoch FROM y.valid_to) % 60 IS NOT DISTINCT FROM 0)'
            ' AND (y.gate_id, y.gate_group_id) IS NOT DISTINCT FROM (x.gate_id, x.gate_group_id)'
            ' AND ' || format(lo, 'y') || ' IS NOT DISTINCT FROM ' || format(lo, 'x') || ' AND ' || format(hi, 'y') || ' IS NOT DISTINCT FROM ' || format(hi, 'x');
    EXECUTE 'UPDATE permit x SET valid_from = ' || format(lo, 'x') || ', valid_to = ' || format(hi, 'x') || ' WHERE ' || uneven;
    PERFORM api.change_end();
  END IF;
END $$;
DO $$
DECLARE
  x text;
BEGIN
  FOR x IN SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'a_version_stamp' LOOP
    PERFORM kidoban.version_triggers(x);
  END LOOP;
END $$;
ALTER TABLE cardholder
  ADD CONSTRAINT cardholder_valid_from_minute CHECK (date_bin('1 minute', valid_from, '2000-01-01T00:00Z') = valid_from),
  ADD CONSTRAINT cardholder_valid_to_minute CHECK (date_bin('1 minute', valid_to, '2000-01-01T00:00Z') = valid_to);
ALTER TABLE permit
  ADD CONSTRAINT permit_valid_from_minute CHECK (date_bin('1 minute', valid_from, '2000-01-01T00:00Z') = valid_from),
  ADD CONSTRAINT permit_valid_to_minute CHECK (date_bin('1 minute', valid_to, '2000-01-01T00:00Z') = valid_to);

COMMIT;
