-- Change sets (DESIGN 1): begun by the writer, numbered at commit.

-- Begins the transaction's change set and answers its id. Everything written to versioned tables after it belongs to it.
CREATE FUNCTION api.change_begin(kind text, comment text DEFAULT '', origin text DEFAULT NULL) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  operator int4 := kidoban.current_operator();
  cs       int8;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'a change set needs READ COMMITTED' USING ERRCODE = 'KD005';
  END IF;
  IF operator IS NULL AND pg_has_role(session_user, 'kidoban_web', 'MEMBER')
     AND NOT pg_has_role(session_user, 'kidoban_owner', 'MEMBER') THEN
    RAISE EXCEPTION 'no session' USING ERRCODE = 'KD004';
  END IF;
  PERFORM set_config('lock_timeout', '2s', true);
  INSERT INTO change_set (operator_id, origin, kind, comment)
  VALUES (operator, CASE WHEN operator IS NOT NULL THEN coalesce(change_begin.origin, 'operator')
                         WHEN pg_has_role(session_user, 'kidoban_owner', 'MEMBER') THEN 'install'
                         ELSE 'system' END, change_begin.kind, coalesce(change_begin.comment, ''))
  RETURNING id INTO cs;
  PERFORM set_config('kidoban.change_set', cs::text, true);
  RETURN cs;
END $$;

-- Ends the change set now instead of at COMMIT, so that its revision can be told; nothing can be added to it after.
CREATE FUNCTION api.change_end() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  cs int8 := kidoban.current_change();
BEGIN
  SET CONSTRAINTS kidoban.change_set_commit IMMEDIATE;
  SET CONSTRAINTS kidoban.change_set_commit DEFERRED;
  PERFORM set_config('kidoban.change_set', '', true);
  RETURN (SELECT revision FROM change_set WHERE id = cs);
END $$;

-- Limits of the edition; only what the act touched is counted. Runs under the commit lock, so it counts everybody's.
CREATE OR REPLACE FUNCTION change_check_limits(touched text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  e edition;
BEGIN
  SELECT * INTO e FROM edition;
  IF touched @> '{gate}' AND (SELECT count(*) FROM gate) > e.gates THEN
    RAISE EXCEPTION 'L-1: this edition allows at most % gates', e.gates USING ERRCODE = 'KD002', CONSTRAINT = 'L-1';
  END IF;
  IF touched @> '{gate_group}' AND (SELECT count(*) FROM gate_group) > e.gate_groups THEN
    RAISE EXCEPTION 'L-2: at most % gate groups', e.gate_groups USING ERRCODE = 'KD002', CONSTRAINT = 'L-2';
  END IF;
  IF touched @> '{gate_group_member}'
     AND EXISTS (SELECT FROM gate_group_member GROUP BY gate_group_id HAVING count(*) > e.gates_in_group) THEN
    RAISE EXCEPTION 'L-2: at most % gates in one gate group', e.gates_in_group USING ERRCODE = 'KD002', CONSTRAINT = 'L-2';
  END IF;
  IF touched @> '{cardholder}' AND (SELECT count(*) FROM cardholder) > e.cardholders THEN
    RAISE EXCEPTION 'L-4: this edition allows at most % cardholders', e.cardholders USING ERRCODE = 'KD002', CONSTRAINT = 'L-4';
  END IF;
  IF touched @> '{department}' AND (SELECT count(*) FROM department) > e.departments THEN
    RAISE EXCEPTION 'L-5: at most % departments', e.departments USING ERRCODE = 'KD002', CONSTRAINT = 'L-5';
  END IF;
  IF touched @> '{management_group}' AND (SELECT count(*) FROM management_group) > e.management_groups THEN
    RAISE EXCEPTION 'L-13: this edition allows at most % management groups', e.management_groups
      USING ERRCODE = 'KD002', CONSTRAINT = 'L-13';
  END IF;
END $$;

-- The whole tree is looked at: a move of one branch and a move of another may only together make a ring.
CREATE OR REPLACE FUNCTION change_check_departments() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  most    int4;
  deepest int4;
  reached int8;
BEGIN
  SELECT department_levels INTO most FROM edition;
  WITH RECURSIVE tree AS (
    SELECT id, 1 AS level FROM department WHERE parent_id IS NULL
    UNION ALL
    SELECT d.id, t.level + 1 FROM department d JOIN tree t ON d.parent_id = t.id WHERE t.level <= most)
  SELECT max(level), count(*) INTO deepest, reached FROM tree;
  IF deepest > most THEN
    RAISE EXCEPTION 'L-5: departments have at most % levels', most USING ERRCODE = 'KD002', CONSTRAINT = 'L-5';
  END IF;
  IF reached < (SELECT count(*) FROM department) THEN
    RAISE EXCEPTION 'a department can not be below itself' USING ERRCODE = 'KD007', COLUMN = 'parent_id';
  END IF;
END $$;

-- What history rows point to: a new line whenever a card, its holder or the holder's name or department became another.
-- Planned for each act: statistics may be from before it, and it may be the one that fills the table. So a small act goes by
-- indexes whatever they say, a large one by whole tables.
CREATE OR REPLACE FUNCTION change_write_dictionaries(cs int8, touched text[], stamp timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp SET enable_seqscan = off
  SET enable_nestloop = on SET work_mem = '16MB' AS $$
DECLARE
  written text := 'k.id IN (SELECT x.id FROM credential x WHERE x.from_cs = $1'
                  ' UNION SELECT x.id FROM cardholder y JOIN credential x ON x.cardholder_id = y.id WHERE y.from_cs = $1)';
BEGIN
  IF touched && '{cardholder,credential}' THEN
    IF (SELECT count(*) FROM cardholder c WHERE c.from_cs = cs) + (SELECT count(*) FROM credential k WHERE k.from_cs = cs) > 10000 THEN
      PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true);
      written := '(k.from_cs = $1 OR c.from_cs = $1)';    -- the same in one pass
    END IF;
    -- No line can have this stamp yet: it is later than every act's before.
    EXECUTE format($q$
      WITH touched_now AS MATERIALIZED (
        SELECT k.id, k.card_number, c.id AS cardholder_id, c.department_id, c.employee_number, c.name, c.kana::text COLLATE "default" AS kana
          FROM credential k JOIN cardholder c ON c.id = k.cardholder_id WHERE %s),
      last AS (SELECT DISTINCT ON (x.credential_id) x.* FROM touched_now t JOIN cred x ON x.credential_id = t.id ORDER BY x.credential_id, x.since DESC)
      INSERT INTO cred (credential_id, cardholder_id, department_id, card_number, employee_number, name, kana, since)
      SELECT t.id, t.cardholder_id, t.department_id, t.card_number, t.employee_number, t.name, t.kana, $2
        FROM touched_now t LEFT JOIN last ON last.credential_id = t.id
       WHERE (last.cardholder_id, last.department_id, last.card_number, last.employee_number, last.name, last.kana)
             IS DISTINCT FROM (t.cardholder_id, t.department_id, t.card_number, t.employee_number, t.name, t.kana)
       ORDER BY t.id    -- so that most indexes grow at their end$q$, written) USING cs, stamp;
  END IF;
  IF touched @> '{department}' THEN
    INSERT INTO dept (department_id, name, since)
    SELECT d.id, d.name, stamp
      FROM department d
      LEFT JOIN LATERAL (SELECT * FROM dept x WHERE x.department_id = d.id ORDER BY x.since DESC LIMIT 1) last ON true
     WHERE d.from_cs = cs AND last.name IS DISTINCT FROM d.name
    ON CONFLICT (department_id, since) DO NOTHING;
  END IF;
END $$;

-- Runs last in the transaction: whoever holds the lock sees everything committed before, and nobody commits in between.
CREATE OR REPLACE FUNCTION change_set_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  mine  change_set;
  stamp timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(7001);
  SELECT * INTO STRICT mine FROM change_set WHERE id = NEW.id;
  IF mine.revision IS NOT NULL THEN
    RETURN NULL;
  END IF;
  PERFORM kidoban.change_check_limits(mine.touched);
  IF mine.touched @> '{department}' THEN
    PERFORM kidoban.change_check_departments();
  END IF;
  PERFORM kidoban.uhppote_check(mine.id, mine.touched);
  -- A microsecond later than the last, so that dictionaries can tell two acts of the same instant apart.
  SELECT greatest(clock_timestamp(), max(at) + interval '1 microsecond') INTO stamp
    FROM (SELECT at FROM change_set WHERE revision IS NOT NULL ORDER BY revision DESC LIMIT 1) last;
  PERFORM kidoban.change_write_dictionaries(mine.id, mine.touched, stamp);
  UPDATE change_set
     SET revision = nextval('kidoban.revision_seq'), at = stamp,
         revokes = touched && '{cardholder,credential,permit,gate_group_member}'
                   AND (EXISTS (SELECT FROM cardholder_past WHERE to_cs = mine.id)
                        OR EXISTS (SELECT FROM credential_past WHERE to_cs = mine.id)
                        OR EXISTS (SELECT FROM permit_past WHERE to_cs = mine.id)
                        OR EXISTS (SELECT FROM gate_group_member_past WHERE to_cs = mine.id))
   WHERE id = mine.id RETURNING revision, revokes INTO mine.revision, mine.revokes;
  PERFORM pg_notify('kidoban_change', mine.revision::text);
  IF mine.revokes OR (mine.touched && '{cardholder,credential,permit,gate,gate_group_member}'
                      AND EXISTS (SELECT FROM controller WHERE driver = 'uhppote')) THEN
    PERFORM pg_notify('kidoban_transfer', '');
  END IF;
  IF mine.touched && '{controller,gate}' THEN
    PERFORM pg_notify('kidoban_controllers', '');
  END IF;
  RETURN NULL;
END $$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'change_set_commit' AND tgrelid = 'kidoban.change_set'::regclass) THEN
    CREATE CONSTRAINT TRIGGER change_set_commit AFTER INSERT ON kidoban.change_set
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kidoban.change_set_commit();
  END IF;
END $$;
