-- Departments from a file. A row may name a department of the same file as the one above it. A parent_code '' means the top.

CREATE OR REPLACE FUNCTION import_check_departments(i import) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  everyone bool := kidoban.sees_all_departments();
  scope    int4[] := kidoban.current_department_scope();
  levels   int4 := (SELECT department_levels FROM edition);
  refused  int4;
BEGIN
  EXECUTE format($q$
    CREATE UNLOGGED TABLE stage.%1$I AS
    WITH twice AS (SELECT key FROM stage.%2$I WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1),
    j AS (SELECT s.*, d.id AS old_id, d.name AS old_name, d.parent_id AS old_parent, (%3$L::bool OR d.id = ANY (%4$L::int4[])) AS mine,
                 twice.key IS NOT NULL AS is_twice, p.id AS parent_id, f.n IS NOT NULL AS parent_in_file
            FROM stage.%2$I s LEFT JOIN twice ON twice.key = s.key
            LEFT JOIN kidoban.department d ON d.code = s.key
            LEFT JOIN kidoban.department p ON p.code = s.parent_code AND (%3$L::bool OR p.id = ANY (%4$L::int4[]))
            LEFT JOIN (SELECT key, min(n) AS n FROM stage.%2$I GROUP BY key) f ON f.key = s.parent_code),
    judged AS (
      SELECT j.*, CASE
        WHEN j.code IS NOT NULL THEN j.code
        WHEN is_twice THEN 'duplicate'
        WHEN %5$L = 'delete' THEN CASE WHEN old_id IS NULL OR NOT mine THEN 'not_found' END
        WHEN old_id IS NOT NULL AND NOT mine THEN CASE %5$L WHEN 'upsert' THEN 'taken' ELSE 'not_found' END
        WHEN old_id IS NULL AND %5$L = 'update' THEN 'not_found'
        WHEN parent_code <> '' AND parent_id IS NULL AND NOT parent_in_file THEN 'parent_not_found'
        WHEN NOT %3$L::bool AND (parent_code = '' AND old_parent IS NOT NULL OR old_id IS NULL AND coalesce(parent_code, '') = '') THEN 'top_out_of_scope'
        WHEN old_id IS NULL AND name IS NULL THEN 'required'
        END AS refused FROM j)
    SELECT n, key, refused AS code,
           CASE WHEN code IS NOT NULL THEN field WHEN refused IN ('parent_not_found', 'top_out_of_scope') THEN 'parent_code'
                WHEN refused = 'required' THEN 'name' WHEN refused IS NOT NULL THEN 'code' END AS field,
           CASE WHEN refused IS NOT NULL THEN 'error' WHEN %5$L = 'delete' THEN 'delete' WHEN old_id IS NULL THEN 'add'
                WHEN name <> old_name OR (parent_code = '' AND old_parent IS NOT NULL)
                  OR (parent_code <> '' AND parent_id IS DISTINCT FROM old_parent) THEN 'change' ELSE 'unchanged' END AS action,
           CASE WHEN refused IS NULL THEN coalesce(old_id, nextval(pg_get_serial_sequence('kidoban.department', 'id'))::int4) END AS id,
           CASE WHEN parent_code IS NULL THEN old_parent WHEN parent_code <> '' THEN parent_id END AS parent_id, old_parent,
           parent_code, name, old_name
      FROM judged$q$, 'result_' || i.id, 'row_' || i.id, everyone, scope, i.mode);
  -- Parents that are new in this file, now that they have ids.
  EXECUTE format('UPDATE stage.%1$I r SET parent_id = p.id FROM stage.%1$I p WHERE r.parent_id IS NULL AND p.key = r.parent_code AND p.action <> ''error'' AND r.action IN (''add'', ''change'')',
                 'result_' || i.id);
  LOOP    -- what hangs on a refused row is refused as well
    IF i.mode = 'delete' THEN
      EXECUTE format($q$
        UPDATE stage.%1$I r SET action = 'error', code = 'in_use', field = 'code'
         WHERE r.action = 'delete'
           AND (EXISTS (SELECT FROM kidoban.cardholder c WHERE c.department_id = r.id)
                OR EXISTS (SELECT FROM kidoban.department d LEFT JOIN stage.%1$I o ON o.id = d.id AND o.action = 'delete'
                            WHERE d.parent_id = r.id AND o.id IS NULL))$q$, 'result_' || i.id);
    ELSE
      EXECUTE format($q$
        WITH RECURSIVE future AS MATERIALIZED (
          SELECT d.id, coalesce(r.id IS NOT NULL, false) AS written, CASE WHEN r.id IS NOT NULL THEN r.parent_id ELSE d.parent_id END AS parent_id
            FROM kidoban.department d LEFT JOIN stage.%1$I r ON r.id = d.id AND r.action = 'change'
          UNION ALL SELECT r.id, true, r.parent_id FROM stage.%1$I r WHERE r.action = 'add' AND (r.parent_id IS NOT NULL OR coalesce(r.parent_code, '') = '')),
        tree AS (SELECT id, 1 AS level FROM future WHERE parent_id IS NULL
                 UNION ALL SELECT f.id, t.level + 1 FROM future f JOIN tree t ON f.parent_id = t.id WHERE t.level < %2$s)
        UPDATE stage.%1$I r SET action = 'error', field = 'parent_code',
               code = CASE WHEN r.parent_code <> '' AND r.parent_id IS NULL THEN 'parent_not_found' ELSE 'too_deep' END
         WHERE r.action IN ('add', 'change') AND NOT EXISTS (SELECT FROM tree t WHERE t.id = r.id)$q$, 'result_' || i.id, levels);
    END IF;
    GET DIAGNOSTICS refused = ROW_COUNT;
    EXIT WHEN refused = 0;
  END LOOP;
  EXECUTE format('CREATE INDEX ON stage.%I (n)', 'result_' || i.id);
END $$;

CREATE OR REPLACE FUNCTION import_write_departments(i import, step int4) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  r text := 'result_' || i.id;
BEGIN
  EXECUTE format('DELETE FROM department d USING stage.%I r WHERE r.action = ''delete'' AND d.id = r.id', r);
  EXECUTE format('INSERT INTO department (id, parent_id, code, name) SELECT r.id, r.parent_id, r.key, r.name FROM stage.%I r WHERE r.action = ''add''', r);
  EXECUTE format('UPDATE department d SET parent_id = r.parent_id, name = coalesce(r.name, d.name) FROM stage.%I r WHERE r.action = ''change'' AND d.id = r.id', r);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION import_department_rows() RETURNS text
LANGUAGE sql IMMUTABLE AS $$
SELECT $q$
  SELECT r.n, r.key, r.action, r.code, r.field,
         CASE WHEN r.action IN ('change', 'delete') THEN
           json_build_object('name', r.old_name, 'parent_code', (SELECT d.code FROM kidoban.department d WHERE d.id = r.old_parent)) END,
         CASE WHEN r.action IN ('add', 'change') THEN
           json_build_object('name', coalesce(r.name, r.old_name),
                             'parent_code', CASE WHEN r.parent_code IS NULL THEN (SELECT d.code FROM kidoban.department d WHERE d.id = r.old_parent)
                                                 ELSE nullif(r.parent_code, '') END) END
    FROM stage.%2$I r JOIN stage.%1$I s ON s.n = r.n
   WHERE ($1 IS NULL OR r.action = $1) AND r.n > $2 AND $4 >= 0 ORDER BY r.n LIMIT $3$q$
$$;
