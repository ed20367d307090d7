-- Imports as the web sees them (C-3, O-2): uploaded, looked at, applied, cancelled. Run as owner: nobody else reads the rows that
-- are staged. An operator sees their own imports; who sees every department sees everybody's.

CREATE OR REPLACE FUNCTION import_right(kind text, wanted text) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF kidoban.current_right(CASE kind WHEN 'cardholders' THEN 'cardholder_import' ELSE 'departments' END)
     NOT IN (wanted, 'edit') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION import_seen(i import) RETURNS bool
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN (i.operator_id = kidoban.current_operator() OR kidoban.sees_all_departments())
     AND kidoban.may_view(CASE i.kind WHEN 'cardholders' THEN 'cardholder_import' ELSE 'departments' END);
END $$;

-- Its rows are gone: a crash of PostgreSQL empties what is staged, until the import is done and they are kept (import_keep).
-- Volatile, as everything that reads what is staged: its tables are dropped and written anew by whoever ends the import, and in the
-- snapshot of a caller who waited for that they would be empty, or not there although the import still seemed to be.
CREATE OR REPLACE FUNCTION import_rows_lost(i import) RETURNS bool
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  found bool := false;
BEGIN
  IF i.rows = 0 OR i.state NOT IN ('previewed', 'applying', 'done') THEN
    RETURN false;
  END IF;
  BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM stage.%I)', 'result_' || i.id) INTO found;
  EXCEPTION WHEN undefined_table THEN
    NULL;
  END;
  RETURN NOT found AND EXISTS (SELECT FROM import x WHERE x.id = i.id AND x.state = i.state);
END $$;

-- Newest first, before that id; wanted null: all.
CREATE FUNCTION api.imports(wanted int8, before int8, most int4)
RETURNS TABLE (id int8, kind text, mode text, encoding text, blank text, state text, file_name text, bytes int8, rows int4, counts json,
               progress int4, total int4, reason text, fault json, change_set int8, deletion_share real, deletion_cap bool,
               deletion_agreed bool, operator_id int4, operator_name text, at timestamptz, finished_at timestamptz, rows_lost bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  me  int4 := kidoban.current_operator();
  all_of bool := kidoban.sees_all_departments();
  may text[] := ARRAY(SELECT k FROM unnest('{cardholders,departments}'::text[]) k
                       WHERE kidoban.may_view(CASE k WHEN 'cardholders' THEN 'cardholder_import' ELSE 'departments' END));
BEGIN
  RETURN QUERY
    SELECT i.id, i.kind, i.mode, i.encoding, i.blank, i.state, i.file_name, i.bytes, i.rows, i.counts::json, i.progress, i.total, i.reason,
           i.fault::json, c.revision, i.deletion_share, i.deletion_cap, i.deletion_agreed, i.operator_id, o.name, i.at, i.finished_at,
           i.state <> 'applying' AND kidoban.import_rows_lost(i)    -- who applies it has them, and looks by itself
      FROM import i JOIN operator o ON o.id = i.operator_id LEFT JOIN change_set c ON c.id = i.change_set_id
     WHERE (wanted IS NULL OR i.id = wanted) AND (before IS NULL OR i.id < before)
       AND i.kind = ANY (may) AND (all_of OR i.operator_id = me)
     ORDER BY i.id DESC LIMIT most;
END $$;

-- A new import, its file still to come in the same transaction. The same key again: the import that it began (fresh false).
CREATE FUNCTION api.import_create(kind text, mode text, encoding text, blank text, file_name text, idempotency_key text)
RETURNS TABLE (id int8, fresh bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  me  int4 := kidoban.current_operator();
  old import;
BEGIN
  PERFORM kidoban.import_right(import_create.kind, 'edit');
  IF import_create.idempotency_key IS NOT NULL THEN
    SELECT * INTO old FROM import i WHERE i.operator_id = me AND i.idempotency_key = import_create.idempotency_key;
    IF FOUND THEN
      RETURN QUERY SELECT old.id, false;
      RETURN;
    END IF;
  END IF;
  RETURN QUERY
    INSERT INTO import AS i (kind, mode, encoding, blank, file_name, operator_id, idempotency_key)
    VALUES (import_create.kind, import_create.mode, import_create.encoding, import_create.blank, import_create.file_name, me,
            import_create.idempotency_key)
    RETURNING i.id, true;
END $$;

CREATE FUNCTION api.import_chunk(import_id int8, n int4, length int4, data bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  most int8 := (SELECT value::int8 FROM setting WHERE name = 'import_max_bytes');
  now_has int8;
BEGIN
  UPDATE import i SET bytes = i.bytes + length
   WHERE i.id = import_chunk.import_id AND i.operator_id = kidoban.current_operator() AND i.state = 'reading' AND i.total = 0
  RETURNING i.bytes INTO now_has;
  IF now_has IS NULL THEN
    RAISE EXCEPTION 'the import is not there' USING ERRCODE = 'KD003';
  END IF;
  IF now_has > most THEN
    RAISE EXCEPTION 'a file has at most % bytes', most USING ERRCODE = 'KD007', HINT = 'too_large';
  END IF;
  INSERT INTO import_chunk VALUES (import_chunk.import_id, import_chunk.n, import_chunk.data);
END $$;

CREATE OR REPLACE FUNCTION import_queue(i import) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  INSERT INTO job (kind, payload, created_by)
  VALUES ('import', jsonb_build_object('import', i.id, 'kind', i.kind, 'state', i.state), i.operator_id) ON CONFLICT DO NOTHING;
  PERFORM pg_notify('kidoban_import', i.id::text);
END $$;

-- The file is complete: reading may begin.
CREATE FUNCTION api.import_uploaded(import_id int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  i import;
BEGIN
  SELECT * INTO i FROM import x WHERE x.id = import_uploaded.import_id AND x.operator_id = kidoban.current_operator();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the import is not there' USING ERRCODE = 'KD003';
  END IF;
  PERFORM kidoban.import_queue(i);
END $$;

CREATE OR REPLACE FUNCTION import_lock(wanted int8, level text) RETURNS import
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  i import;
BEGIN
  SELECT * INTO i FROM import x WHERE x.id = wanted FOR UPDATE;
  IF NOT FOUND OR NOT kidoban.import_seen(i) THEN
    RAISE EXCEPTION 'the import is not there' USING ERRCODE = 'KD003';
  END IF;
  PERFORM kidoban.import_right(i.kind, level);
  RETURN i;
END $$;

-- Only who uploaded applies: what happens, happens with their rights and scope.
CREATE FUNCTION api.import_apply(import_id int8, agree_deletions bool) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  i import := kidoban.import_lock(import_apply.import_id, 'edit');
BEGIN
  IF i.operator_id <> kidoban.current_operator() THEN
    RAISE EXCEPTION 'somebody else''s import' USING ERRCODE = 'KD004';
  END IF;
  IF i.state <> 'previewed' THEN
    RAISE EXCEPTION 'the import is %', i.state USING ERRCODE = 'KD006', HINT = 'not_previewed';
  END IF;
  IF kidoban.import_rows_lost(i) THEN
    RAISE EXCEPTION 'the rows were lost when the database crashed: upload the file again' USING ERRCODE = 'KD006', HINT = 'rows_lost';
  END IF;
  IF i.deletion_cap AND NOT coalesce(agree_deletions, false) THEN
    RAISE EXCEPTION 'it deletes more than is usual: agree to that' USING ERRCODE = 'KD006', HINT = 'deletions_not_agreed';
  END IF;
  UPDATE import x SET state = 'applying', deletion_agreed = coalesce(agree_deletions, false), progress = 0, total = 0
   WHERE x.id = i.id RETURNING * INTO i;
  PERFORM kidoban.import_queue(i);
END $$;

CREATE OR REPLACE FUNCTION import_drop(wanted int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  EXECUTE format('DROP TABLE IF EXISTS stage.%I, stage.%I, stage.%I, stage.%I, stage.%I', 'row_' || wanted, 'result_' || wanted,
                 'pin_' || wanted, 'grant_' || wanted, 'set_' || wanted);
END $$;

-- What is read or waits ends at once; what is being applied, at the next step, and nothing is changed then.
CREATE FUNCTION api.import_cancel(import_id int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  i import := kidoban.import_lock(import_cancel.import_id, 'edit');
BEGIN
  IF i.state NOT IN ('reading', 'previewed', 'applying') THEN
    RAISE EXCEPTION 'the import is %', i.state USING ERRCODE = 'KD006', HINT = 'ended';
  END IF;
  UPDATE import x SET cancel = true WHERE x.id = i.id;
  IF NOT EXISTS (SELECT FROM job j WHERE j.kind = 'import' AND (j.payload ->> 'import')::int8 = i.id AND j.state = 'running') THEN
    UPDATE job j SET state = 'stopped', reason = 'cancelled', finished_at = clock_timestamp()
     WHERE j.kind = 'import' AND (j.payload ->> 'import')::int8 = i.id AND j.state = 'queued';
    UPDATE import x SET state = 'cancelled', finished_at = clock_timestamp() WHERE x.id = i.id;
    DELETE FROM import_chunk c WHERE c.import_id = i.id;
    PERFORM kidoban.import_drop(i.id);
  END IF;
  PERFORM pg_notify('kidoban_import', i.id::text);
END $$;

-- Rows of the file and what becomes of each, from after that one on. before and after: what changes, in the words of the API.
CREATE FUNCTION api.import_rows(import_id int8, wanted text, after int4, most int4)
RETURNS TABLE (n int4, key text, status text, code text, field text, before json, after_values json)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  i import;
BEGIN
  SELECT * INTO i FROM import x WHERE x.id = import_rows.import_id;
  IF NOT FOUND OR NOT kidoban.import_seen(i) THEN
    RAISE EXCEPTION 'the import is not there' USING ERRCODE = 'KD003';
  END IF;
  IF kidoban.import_rows_lost(i) THEN
    RAISE EXCEPTION 'the rows were lost when the database crashed' USING ERRCODE = 'KD006', HINT = 'rows_lost';
  END IF;
  RETURN QUERY EXECUTE format(
    CASE i.kind WHEN 'cardholders' THEN kidoban.import_cardholder_rows() ELSE kidoban.import_department_rows() END,
    'row_' || i.id, 'result_' || i.id) USING wanted, coalesce(import_rows.after, 0), most, coalesce(i.change_set_id, 0);
EXCEPTION WHEN undefined_table THEN
  IF import_rows.after > 0 THEN    -- the rows before these were read: a file of them must not seem whole
    RAISE EXCEPTION 'the rows are no longer there' USING ERRCODE = 'KD006', HINT = 'rows_lost';
  END IF;
END $$;
