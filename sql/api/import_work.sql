-- What the transfer daemon calls to read and apply imports. Run as owner; whose import it is, the setting kidoban.import says, and
-- current_operator() answers: right and scope are those of the operator who uploaded.

-- The next import that waits, or whose worker died: its connection held an advisory lock (7008, import), so that is known at once;
-- the lease of five minutes is for one that hangs. What killed its worker five times is given up.
CREATE FUNCTION api.import_claim() RETURNS TABLE (id int8, kind text, mode text, encoding text, blank text, state text, token int8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  j job;
  n int8;
BEGIN
  FOR j IN SELECT * FROM job x WHERE x.kind = 'import' AND (x.state = 'queued' AND x.next_at <= clock_timestamp() OR x.state = 'running')
            ORDER BY x.next_at, x.id FOR UPDATE SKIP LOCKED LOOP
    n := (j.payload ->> 'import')::int8;
    CONTINUE WHEN NOT pg_try_advisory_lock(7008, n::int4) AND NOT (j.state = 'running' AND j.expires_at < clock_timestamp());
    IF j.attempts >= 5 THEN
      PERFORM api.import_end(n, j.token, 'failed', 'given_up', NULL);
      CONTINUE;
    END IF;
    UPDATE job x SET state = 'running', token = x.token + 1, attempts = x.attempts + 1, expires_at = clock_timestamp() + interval '300 s'
     WHERE x.id = j.id RETURNING * INTO j;
    RETURN QUERY SELECT i.id, i.kind, i.mode, i.encoding, i.blank, i.state, j.token FROM import i WHERE i.id = n;
    RETURN;
  END LOOP;
END $$;

-- How far it is, on a connection of its own; renews the lease. False: stop, it was cancelled or somebody else has it.
CREATE FUNCTION api.import_progress(import_id int8, token int8, progress int4, total int4) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  UPDATE job j SET expires_at = clock_timestamp() + interval '300 s', progress = import_progress.progress, total = import_progress.total
   WHERE j.kind = 'import' AND (j.payload ->> 'import')::int8 = import_id AND j.state = 'running' AND j.token = import_progress.token;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  RETURN (SELECT NOT i.cancel FROM import i WHERE i.id = import_id);
END $$;

-- Ends the job: state 'previewed', 'done', 'failed' or 'cancelled'; what was cancelled since the worker last asked is, unless it is done.
CREATE FUNCTION api.import_end(import_id int8, token int8, state text, reason text, fault jsonb) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF import_end.state <> 'done' AND (SELECT i.cancel FROM import i WHERE i.id = import_id FOR UPDATE) THEN
    import_end.state := 'cancelled';
    import_end.reason := 'cancelled';
    import_end.fault := NULL;
  END IF;
  UPDATE job j SET state = CASE import_end.state WHEN 'failed' THEN 'failed' WHEN 'cancelled' THEN 'stopped' ELSE 'done' END,
         reason = import_end.reason, finished_at = clock_timestamp(), expires_at = NULL
   WHERE j.kind = 'import' AND (j.payload ->> 'import')::int8 = import_id AND j.state = 'running' AND j.token = import_end.token;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_unlock(7008, import_id::int4);
  UPDATE import i SET state = import_end.state, reason = import_end.reason, fault = import_end.fault,
         finished_at = CASE WHEN import_end.state <> 'previewed' THEN clock_timestamp() END
   WHERE i.id = import_id;
  IF import_end.state <> 'previewed' THEN
    DELETE FROM import_chunk c WHERE c.import_id = import_end.import_id;
  END IF;
  IF import_end.state IN ('failed', 'cancelled') THEN
    PERFORM kidoban.import_drop(import_id);
  END IF;
  RETURN true;
END $$;

-- What was done stays readable, whatever happens to PostgreSQL later; PINs are not needed any more. Kept copies are made beside and then
-- put in place of what was staged: to turn that into logged tables would let everybody who looks at the import wait for it.
CREATE FUNCTION api.import_keep(import_id int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  result text := 'result_' || import_id;
  row_   text := 'row_' || import_id;
  name   text;
BEGIN
  IF NOT EXISTS (SELECT FROM import i WHERE i.id = import_id AND i.state = 'done') THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM import i WHERE i.id = import_id AND i.kind = 'cardholders') THEN
    EXECUTE format('UPDATE stage.%I SET pin = NULL WHERE pin IS NOT NULL', row_);
  END IF;
  FOREACH name IN ARRAY ARRAY[result, row_] LOOP
    EXECUTE format('CREATE TABLE stage.%I (LIKE stage.%I)', 'kept_' || name, name);
    EXECUTE format('INSERT INTO stage.%I SELECT * FROM stage.%I', 'kept_' || name, name);
    EXECUTE format('CREATE INDEX ON stage.%I (n)', 'kept_' || name);
  END LOOP;
  EXECUTE format('DROP TABLE IF EXISTS stage.%I, stage.%I, stage.%I', 'pin_' || import_id, 'grant_' || import_id, 'set_' || import_id);
  EXECUTE format('DROP TABLE stage.%I, stage.%I', result, row_);    -- in the order in which they are read
  FOREACH name IN ARRAY ARRAY[result, row_] LOOP
    EXECUTE format('ALTER TABLE stage.%I RENAME TO %I', 'kept_' || name, name);
  END LOOP;
END $$;

-- Room for the rows of this import, empty. Answers what the look at them stands on.
CREATE FUNCTION api.import_stage(import_id int8) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  k text := (SELECT kind FROM import WHERE id = import_id);
BEGIN
  PERFORM kidoban.import_drop(import_id);
  EXECUTE format(CASE k WHEN 'cardholders' THEN
    'CREATE UNLOGGED TABLE stage.%I (n int4 NOT NULL, code text, field text, key text, name text, kana text, department_code text,'
    ' department text, card_number text, issue_count int2, valid_from timestamptz, valid_to timestamptz, enabled bool, lost bool,'
    ' extended_unlock bool, apb_exempt bool, pin text, note text, permits text)'
    ELSE 'CREATE UNLOGGED TABLE stage.%I (n int4 NOT NULL, code text, field text, key text, name text, parent_code text)' END,
    'row_' || import_id);
  EXECUTE format('GRANT INSERT ON stage.%I TO kidoban_transfer', 'row_' || import_id);
  EXECUTE format('CREATE UNLOGGED TABLE stage.%I (n int4 NOT NULL, id int4 NOT NULL, sealed bytea, differs bool NOT NULL)', 'pin_' || import_id);
  EXECUTE format('GRANT INSERT ON stage.%I TO kidoban_transfer', 'pin_' || import_id);
  IF k = 'cardholders' THEN
    EXECUTE format('CREATE UNLOGGED TABLE stage.%I (n int4 NOT NULL, key text, code text, field text, action text NOT NULL, id int4, department_id int4,'
                   ' own_card int4, card text, person bool, permits bool, set int4)', 'result_' || import_id);
    EXECUTE format('GRANT INSERT (n, key, action) ON stage.%I TO kidoban_transfer', 'result_' || import_id);
  END IF;
  RETURN kidoban.import_basis();
END $$;

-- Those who are there already, page by page in the order of ids, as the file of cardholders would show them: most rows of a file say
-- nothing new, and to see that takes far less than to judge them. Nobody, where it is not worth it.
CREATE FUNCTION api.import_known(import_id int8, after int4, most int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  i     import := (SELECT x FROM import x WHERE x.id = import_id);
  there float4 := (SELECT greatest(c.reltuples, 0) FROM pg_class c WHERE c.oid = 'kidoban.cardholder'::regclass);
BEGIN
  PERFORM kidoban.import_right('cardholders', 'edit');
  IF i.kind <> 'cardholders' OR i.mode = 'delete' OR i.bytes < there * 16 THEN
    most := 0;
  END IF;
  PERFORM kidoban.csv_cursors(format('c.id > %L', after) || CASE WHEN kidoban.sees_all_departments() THEN ''
                                ELSE format(' AND c.department_id = ANY (%L::int4[])', kidoban.current_department_scope()) END, 'c.id', most);
END $$;

CREATE FUNCTION api.import_departments() RETURNS TABLE (id int4, code text, path text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.import_right('cardholders', 'edit');
  RETURN QUERY SELECT * FROM kidoban.csv_departments();
END $$;

CREATE FUNCTION api.import_targets() RETURNS TABLE (id int4, word text, place int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.import_right('cardholders', 'edit');
  RETURN QUERY SELECT * FROM kidoban.csv_targets();
END $$;

-- The file's pieces, in order.
CREATE FUNCTION api.import_piece(import_id int8, n int4) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT c.data FROM import_chunk c WHERE c.import_id = import_piece.import_id AND c.n = import_piece.n
$$;

-- Rows with a PIN, after that one: for whom it is (a fresh id when new) and what is sealed now. Only of those in scope.
CREATE FUNCTION api.import_pins(import_id int8, after int4, most int4) RETURNS TABLE (n int4, id int4, pin text, sealed bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  everyone bool := kidoban.sees_all_departments();
  scope    int4[] := kidoban.current_department_scope();
BEGIN
  PERFORM kidoban.import_right('cardholders', 'edit');
  RETURN QUERY EXECUTE format(
    'SELECT s.n, coalesce(c.id, nextval(pg_get_serial_sequence(''kidoban.cardholder'', ''id''))::int4), s.pin,'
    '       CASE WHEN $3 OR c.department_id = ANY ($4) THEN c.pin_sealed END'
    '  FROM (SELECT * FROM stage.%I WHERE pin IS NOT NULL AND code IS NULL AND n > $1 ORDER BY n LIMIT $2) s'
    '  LEFT JOIN kidoban.cardholder c ON c.employee_number = s.key', 'row_' || import_id)
    USING after, most, everyone, scope;
END $$;

-- The newest revision that touched what an import stands on.
CREATE OR REPLACE FUNCTION import_basis() RETURNS int8
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT coalesce(max(revision), 0) FROM (
    SELECT revision FROM change_set WHERE revision IS NOT NULL
       AND touched && '{department,cardholder,credential,permit,gate,gate_group,gate_group_member}' ORDER BY revision DESC LIMIT 1) x
$$;

-- Looks at every staged row against what is there, writes stage.result_<id>, and counts. Changes nothing else. since: from import_stage.
CREATE FUNCTION api.import_check(import_id int8, since int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  i       import := (SELECT x FROM import x WHERE x.id = import_id);
  in_file int4;
  counted jsonb;
  deleted int4;
  there   int4;
  most    int4;
  room    int4;
BEGIN
  IF i.operator_id IS DISTINCT FROM kidoban.current_operator() THEN
    RAISE EXCEPTION 'the operator of this import is no longer there' USING ERRCODE = 'KD004';
  END IF;
  PERFORM kidoban.import_right(i.kind, 'edit');
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON stage.%I (n)', 'row_' || i.id || '_n', 'row_' || i.id);
  EXECUTE format('ANALYZE stage.%I', 'row_' || i.id);
  IF i.kind = 'cardholders' THEN
    PERFORM kidoban.import_check_cardholders(i);
  ELSE
    PERFORM kidoban.import_check_departments(i);
  END IF;
  EXECUTE format('SELECT count(*), jsonb_build_object(''add'', count(*) FILTER (WHERE action = ''add''),'
    ' ''change'', count(*) FILTER (WHERE action = ''change''), ''unchanged'', count(*) FILTER (WHERE action = ''unchanged''),'
    ' ''delete'', count(*) FILTER (WHERE action = ''delete''), ''error'', count(*) FILTER (WHERE action = ''error''))'
    ' FROM stage.%I', 'result_' || i.id) INTO in_file, counted;
  deleted := (counted ->> 'delete')::int4;
  IF i.kind = 'cardholders' THEN
    SELECT count(*) INTO there FROM cardholder;
    SELECT cardholders INTO room FROM edition;
  ELSE
    SELECT count(*) INTO there FROM department;
    SELECT departments INTO room FROM edition;
  END IF;
  IF there + (counted ->> 'add')::int4 > room THEN
    RAISE EXCEPTION '%: at most % %', CASE i.kind WHEN 'cardholders' THEN 'L-4' ELSE 'L-5' END, room, i.kind
      USING ERRCODE = 'KD002', CONSTRAINT = CASE i.kind WHEN 'cardholders' THEN 'L-4' ELSE 'L-5' END;
  END IF;
  most := (SELECT value::int4 FROM setting WHERE name = 'import_deletion_percent');
  UPDATE import x
     SET rows = in_file, counts = counted, basis = since,
         deletion_share = CASE WHEN there = 0 THEN 0 ELSE deleted::real / there END,
         deletion_cap = there > 0 AND deleted::int8 * 100 > there::int8 * most
   WHERE x.id = i.id;
END $$;

-- Step 0 makes sure that the preview still holds (-1: it does not, the worker must look at the file once more, in this transaction) and
-- begins the change set; the following write; the last answers null.
-- All in one transaction of the caller. Others who write cardholders or departments meanwhile are told "busy".
CREATE FUNCTION api.import_step(import_id int8, step int4) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  i    import;
  goes int4;
BEGIN
  SELECT * INTO i FROM import x WHERE x.id = import_id;
  IF i.operator_id IS DISTINCT FROM kidoban.current_operator() THEN
    RAISE EXCEPTION 'the operator of this import is no longer there' USING ERRCODE = 'KD004';
  END IF;
  IF i.change_set_id IS NOT NULL THEN    -- done already, but the worker died before it could say so
    RETURN NULL;
  END IF;
  IF step > 0 THEN
    IF i.kind = 'departments' THEN
      goes := kidoban.import_write_departments(i, step);
    ELSIF i.mode = 'delete' THEN
      PERFORM kidoban.import_delete_cardholders(i);
    ELSE
      goes := kidoban.import_write_cardholders(i, step);
    END IF;
    IF goes IS NULL THEN
      i.change_set_id := kidoban.current_change();
      PERFORM api.change_end();
      PERFORM kidoban.import_indexes_make('{cred}');    -- written as the act ended
      UPDATE import x SET change_set_id = i.change_set_id WHERE x.id = i.id;
    END IF;
    RETURN goes;
  END IF;
  IF kidoban.import_rows_lost(i) THEN
    RAISE EXCEPTION 'the rows were lost when the database crashed' USING ERRCODE = 'KD006', HINT = 'rows_lost';
  END IF;
  PERFORM set_config('lock_timeout', '30s', true);
  LOCK TABLE department, cardholder, credential, permit IN SHARE ROW EXCLUSIVE MODE;
  PERFORM FROM gate FOR KEY SHARE;    -- nobody deletes what is granted meanwhile
  PERFORM FROM gate_group FOR KEY SHARE;
  IF kidoban.import_basis() <> i.basis THEN
    RETURN -1;
  END IF;
  IF i.deletion_cap AND NOT i.deletion_agreed THEN
    RAISE EXCEPTION 'since the preview it has come to delete more than is usual' USING ERRCODE = 'KD006', HINT = 'deletions_not_agreed';
  END IF;
  PERFORM api.change_begin(CASE i.kind WHEN 'cardholders' THEN 'cardholder.import' ELSE 'department.import' END, i.file_name, 'import');
  RETURN 1;
END $$;

-- Departments with paths of their names, for files. path: from the highest department in the caller's scope, since names above it are not theirs to read; whole: from the top.
DROP FUNCTION IF EXISTS department_paths();
CREATE FUNCTION department_paths() RETURNS TABLE (id int4, code text, path text, whole text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  everything bool := kidoban.sees_all_departments();
  scope      int4[] := CASE WHEN NOT everything THEN kidoban.current_department_scope() END;
BEGIN
  RETURN QUERY
    WITH RECURSIVE tree AS (
      SELECT d.id, d.code, d.name AS path, d.name AS whole, everything OR d.id = ANY (scope) AS seen FROM department d WHERE d.parent_id IS NULL
      UNION ALL
      SELECT d.id, d.code, CASE WHEN t.seen THEN t.path || '/' ELSE '' END || d.name, t.whole || '/' || d.name, t.seen OR d.id = ANY (scope)
        FROM department d JOIN tree t ON d.parent_id = t.id)
    SELECT id, code, path, whole FROM tree;
END $$;

-- Old imports and what is left of them; called by the daemon now and then.
CREATE FUNCTION api.import_tidy() RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  days int4 := (SELECT value::int4 FROM setting WHERE name = 'import_keep_days');
  old  int8;
  n    int4 := 0;
BEGIN
  FOR old IN SELECT x.id FROM import x WHERE x.at < clock_timestamp() - make_interval(days => days)
                AND NOT EXISTS (SELECT FROM job j WHERE j.kind = 'import' AND (j.payload ->> 'import')::int8 = x.id AND j.state IN ('queued', 'running')) LOOP
    PERFORM kidoban.import_drop(old);
    DELETE FROM import x WHERE x.id = old;
    n := n + 1;
  END LOOP;
  RETURN n;
END $$;
