-- A first file of people: the indexes of what it fills are dropped and made anew from the whole, which takes far less than to grow them
-- row by row. Nobody can read these tables meanwhile, so only where hardly anybody is in them, and only when they are free at once.

CREATE OR REPLACE FUNCTION import_indexes_drop(i import) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  tables oid[] := '{kidoban.cardholder,kidoban.credential,kidoban.permit,kidoban.cred}'::regclass[];
  tries  int4 := 40;
  kept   json;
  act    text;
BEGIN
  IF (i.counts ->> 'add')::int4 < 20000 OR (i.counts ->> 'change')::int4 > 0
     OR (SELECT count(*) FROM (SELECT FROM cred LIMIT 1001) x) + (SELECT count(*) FROM (SELECT FROM permit LIMIT 1001) x) > 1000 THEN
    RETURN;
  END IF;
  LOOP
    BEGIN    -- who waits for a second lock while holding the first may meet somebody who does the same the other way round
      LOCK TABLE cardholder, credential, permit, cred IN ACCESS EXCLUSIVE MODE NOWAIT;
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      tries := tries - 1;
      IF tries = 0 THEN
        RETURN;
      END IF;
    END;
    PERFORM pg_sleep(0.05);
  END LOOP;
  -- Not what foreign keys stand on.
  SELECT json_agg(json_build_object('table', c.relname,
           'drop', CASE WHEN k.oid IS NULL THEN format('DROP INDEX kidoban.%I', n.relname)
                        ELSE format('ALTER TABLE kidoban.%I DROP CONSTRAINT %I', c.relname, k.conname) END,
           'make', CASE WHEN k.oid IS NULL THEN pg_get_indexdef(x.indexrelid)
                        ELSE format('ALTER TABLE kidoban.%I ADD CONSTRAINT %I %s', c.relname, k.conname, pg_get_constraintdef(k.oid)) END))
    INTO kept
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class n ON n.oid = x.indexrelid
    LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.contype = 'u'
   WHERE x.indrelid = ANY (tables) AND x.indisvalid AND NOT x.indisprimary
     AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conindid = x.indexrelid AND f.contype NOT IN ('u'));
  FOR act IN SELECT a ->> 'drop' FROM json_array_elements(kept) a LOOP
    EXECUTE act;
  END LOOP;
  PERFORM set_config('kidoban.import_indexes', kept::text, true);
END $$;

-- Makes again what was dropped of these tables in this transaction.
CREATE OR REPLACE FUNCTION import_indexes_make(tables text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp SET maintenance_work_mem = '128MB' AS $$
DECLARE
  act text;
BEGIN
  FOR act IN SELECT a ->> 'make' FROM json_array_elements(coalesce(nullif(current_setting('kidoban.import_indexes', true), ''), '[]')::json) a
              WHERE a ->> 'table' = ANY (tables) LOOP
    EXECUTE act;
  END LOOP;
END $$;
