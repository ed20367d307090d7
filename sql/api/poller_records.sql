-- What a controller shall hold (DESIGN 1). Records are worked out from the versions at a revision; the matrix of cardholders
-- and gates is stored nowhere. SECURITY DEFINER, so that the poller, which faces the network, can read no cardholder but as a
-- record for a controller.

-- A versioned table as it stood at a revision, as a piece of SQL; null revision: as it stands.
CREATE OR REPLACE FUNCTION version_source(x text, at_revision int8) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT CASE WHEN at_revision IS NULL THEN format('kidoban.%I', x)
         ELSE format('(SELECT v.* FROM kidoban.%1$I v JOIN kidoban.change_set f ON f.id = v.from_cs'
                     ' LEFT JOIN kidoban.change_set e ON e.id = v.to_cs'
                     ' WHERE f.revision <= %2$s AND (e.revision IS NULL OR e.revision > %2$s))', x || '_version', at_revision) END
$$;

CREATE OR REPLACE FUNCTION latest_revision() RETURNS int8
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT coalesce(max(revision), 0) FROM change_set
$$;

-- Up to how many people are looked up one by one: about 5 µs each, while all of a controller take 40 µs a record.
CREATE OR REPLACE FUNCTION few() RETURNS int4 LANGUAGE sql IMMUTABLE AS $$ SELECT 10000 $$;

-- Acts after a revision: what they began was not there then, what they ended was.
CREATE OR REPLACE FUNCTION acts_after(at_revision int8) RETURNS int8[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT ARRAY(SELECT id FROM change_set WHERE revision > at_revision)
$$;

-- records_at for a few people and some controllers, by indexes alone and planned once: asked of every controller that a small
-- act concerns. later: the acts after the revision, none for what is true now.
CREATE OR REPLACE FUNCTION records_of(controllers int4[], later int8[], people int4[])
RETURNS TABLE (credential_id int4, card_number text, valid_from timestamptz, valid_to timestamptz, levels int2[],
               pin_sealed bytea, extended_unlock bool, apb_exempt bool, cardholder_id int4, disabled bool, controller_id int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH door AS MATERIALIZED (
      SELECT g.id, g.controller_id, g.door FROM gate g WHERE g.controller_id = ANY (controllers) AND g.from_cs <> ALL (later)
      UNION ALL
      SELECT g.id, g.controller_id, g.door FROM gate_past g
       WHERE g.to_cs = ANY (later) AND g.controller_id = ANY (controllers) AND g.from_cs <> ALL (later)),
    way AS MATERIALIZED (
      SELECT m.gate_group_id, d.controller_id, d.door FROM door d JOIN gate_group_member m ON m.gate_id = d.id WHERE m.from_cs <> ALL (later)
      UNION ALL
      SELECT m.gate_group_id, d.controller_id, d.door FROM door d JOIN gate_group_member_past m ON m.gate_id = d.id
       WHERE m.to_cs = ANY (later) AND m.from_cs <> ALL (later)),
    granted AS MATERIALIZED (
      SELECT p.cardholder_id, p.gate_id, p.gate_group_id, p.pass_level, p.valid_from, p.valid_to
        FROM permit p WHERE p.cardholder_id = ANY (people) AND p.from_cs <> ALL (later)
      UNION ALL
      SELECT p.cardholder_id, p.gate_id, p.gate_group_id, p.pass_level, p.valid_from, p.valid_to
        FROM permit_past p WHERE p.cardholder_id = ANY (people) AND p.to_cs = ANY (later) AND p.from_cs <> ALL (later)),
    there AS MATERIALIZED (
      SELECT n.cardholder_id, d.controller_id, d.door, n.pass_level, n.valid_from, n.valid_to FROM granted n JOIN door d ON d.id = n.gate_id
      UNION ALL
      SELECT n.cardholder_id, w.controller_id, w.door, n.pass_level, n.valid_from, n.valid_to
        FROM granted n JOIN way w ON w.gate_group_id = n.gate_group_id),
    here AS MATERIALIZED (SELECT DISTINCT n.cardholder_id AS id FROM there n),
    who AS MATERIALIZED (
      SELECT c.id, c.valid_from, c.valid_to, c.enabled, c.lost, c.pin_sealed, c.extended_unlock, c.apb_exempt
        FROM here JOIN cardholder c ON c.id = here.id AND c.from_cs <> ALL (later)
      UNION ALL
      SELECT c.id, c.valid_from, c.valid_to, c.enabled, c.lost, c.pin_sealed, c.extended_unlock, c.apb_exempt
        FROM here JOIN cardholder_past c ON c.id = here.id AND c.to_cs = ANY (later) AND c.from_cs <> ALL (later)),
    card AS MATERIALIZED (
      SELECT k.id, k.cardholder_id, k.card_number, k.lost FROM here JOIN credential k ON k.cardholder_id = here.id AND k.from_cs <> ALL (later)
      UNION ALL
      SELECT k.id, k.cardholder_id, k.card_number, k.lost FROM here JOIN credential_past k ON k.cardholder_id = here.id
         AND k.to_cs = ANY (later) AND k.from_cs <> ALL (later)),
    valid AS (
      SELECT k.id, k.card_number, greatest(c.valid_from, n.valid_from) AS lo, least(c.valid_to, n.valid_to) AS hi, n.door, n.pass_level,
             c.pin_sealed, c.extended_unlock, c.apb_exempt, c.id AS cardholder_id, NOT c.enabled OR c.lost OR k.lost AS disabled,
             n.controller_id
        FROM there n JOIN who c ON c.id = n.cardholder_id JOIN card k ON k.cardholder_id = c.id)
    SELECT v.id, v.card_number, v.lo, v.hi,
           ARRAY(SELECT coalesce(max(l.level), 0) FROM generate_series(1, 8) n
                   LEFT JOIN unnest(array_agg(v.door), array_agg(v.pass_level)) AS l(door, level) ON l.door = n GROUP BY n ORDER BY n)::int2[],
           v.pin_sealed, v.extended_unlock, v.apb_exempt, v.cardholder_id, v.disabled, v.controller_id
      FROM valid v
     WHERE v.lo IS NULL OR v.hi IS NULL OR v.lo < v.hi
     GROUP BY v.controller_id, v.id, v.card_number, v.lo, v.hi, v.pin_sealed, v.extended_unlock, v.apb_exempt, v.cardholder_id, v.disabled;
END $$;

-- The records of a controller at a revision: one for each credential and stretch of validity, the pass level for each of
-- doors 1-8 (0: none), several grants united. credentials null: all.
-- Few credentials: what their holders have is looked up. Many: all that the controller holds is worked out.
CREATE OR REPLACE FUNCTION records_at(controller int4, at_revision int8, credentials int4[])
RETURNS TABLE (credential_id int4, card_number text, valid_from timestamptz, valid_to timestamptz, levels int2[],
               pin_sealed bytea, extended_unlock bool, apb_exempt bool, cardholder_id int4, disabled bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  at int8 := CASE WHEN at_revision < kidoban.latest_revision() THEN at_revision END;
BEGIN
  IF cardinality(credentials) <= kidoban.few() THEN
    RETURN QUERY
      SELECT r.credential_id, r.card_number, r.valid_from, r.valid_to, r.levels, r.pin_sealed, r.extended_unlock, r.apb_exempt,
             r.cardholder_id, r.disabled
        FROM kidoban.records_of(ARRAY[controller], CASE WHEN at IS NULL THEN '{}' ELSE kidoban.acts_after(at) END, ARRAY(
               SELECT k.cardholder_id FROM credential k WHERE k.id = ANY (credentials)
               UNION SELECT k.cardholder_id FROM credential_past k WHERE k.id = ANY (credentials))) r
       WHERE r.credential_id = ANY (credentials);
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format($q$
    WITH door AS MATERIALIZED (
      SELECT g.id, g.door FROM %1$s g WHERE g.controller_id = $1),
    granted AS (
      SELECT p.cardholder_id, d.door, p.pass_level, p.valid_from, p.valid_to
        FROM %2$s p JOIN door d ON d.id = p.gate_id
      UNION ALL
      SELECT p.cardholder_id, d.door, p.pass_level, p.valid_from, p.valid_to
        FROM %3$s m JOIN door d ON d.id = m.gate_id JOIN %2$s p ON p.gate_group_id = m.gate_group_id),
    valid AS (
      SELECT k.id, k.card_number, greatest(c.valid_from, n.valid_from) AS lo, least(c.valid_to, n.valid_to) AS hi,
             n.door, n.pass_level, c.pin_sealed, c.extended_unlock, c.apb_exempt, c.id AS cardholder_id,
             NOT c.enabled OR c.lost OR k.lost AS disabled
        FROM granted n JOIN %4$s c ON c.id = n.cardholder_id JOIN %5$s k ON k.cardholder_id = c.id)
    SELECT v.id, v.card_number, v.lo, v.hi,
           ARRAY[coalesce(max(v.pass_level) FILTER (WHERE v.door = 1), 0), coalesce(max(v.pass_level) FILTER (WHERE v.door = 2), 0),
                 coalesce(max(v.pass_level) FILTER (WHERE v.door = 3), 0), coalesce(max(v.pass_level) FILTER (WHERE v.door = 4), 0),
                 coalesce(max(v.pass_level) FILTER (WHERE v.door = 5), 0), coalesce(max(v.pass_level) FILTER (WHERE v.door = 6), 0),
                 coalesce(max(v.pass_level) FILTER (WHERE v.door = 7), 0), coalesce(max(v.pass_level) FILTER (WHERE v.door = 8), 0)]::int2[],
           v.pin_sealed, v.extended_unlock, v.apb_exempt, v.cardholder_id, v.disabled
      FROM valid v
     WHERE (v.lo IS NULL OR v.hi IS NULL OR v.lo < v.hi) %6$s
     GROUP BY v.id, v.card_number, v.lo, v.hi, v.pin_sealed, v.extended_unlock, v.apb_exempt, v.cardholder_id, v.disabled$q$,
    kidoban.version_source('gate', at), kidoban.version_source('permit', at), kidoban.version_source('gate_group_member', at),
    kidoban.version_source('cardholder', at), kidoban.version_source('credential', at),
    CASE WHEN credentials IS NOT NULL THEN 'AND v.id = ANY ($2)' ELSE '' END)
    USING controller, credentials;
END $$;

-- What an act made of a versioned table: the rows that were true at `after` and are not at `until`, and the other way round,
-- when one of `columns` is another. What became another only in a name or a note is not among them. As a piece of SQL over
-- $1, the change sets between the two.
CREATE OR REPLACE FUNCTION changed_source(x text, columns text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT format('(SELECT %2$s FROM ('
                '(SELECT %2$s FROM was_%1$s EXCEPT SELECT %2$s FROM is_%1$s) UNION ALL '
                '(SELECT %2$s FROM is_%1$s EXCEPT SELECT %2$s FROM was_%1$s)) d_%1$s)', x, columns)
$$;

CREATE OR REPLACE FUNCTION changed_with(x text, columns text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT format('was_%1$s AS MATERIALIZED (SELECT %2$s FROM kidoban.%1$s_past WHERE to_cs = ANY ($1) AND from_cs <> ALL ($1)),'
                ' is_%1$s AS MATERIALIZED (SELECT %2$s FROM kidoban.%1$s WHERE from_cs = ANY ($1)'
                ' UNION ALL SELECT %2$s FROM kidoban.%1$s_past WHERE from_cs = ANY ($1) AND to_cs <> ALL ($1))', x, columns)
$$;

CREATE OR REPLACE FUNCTION changes_with() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT 'WITH ' || string_agg(kidoban.changed_with(t.x, t.columns)
                               || format(', changed_%1$s AS MATERIALIZED %2$s', t.x, kidoban.changed_source(t.x, t.columns)), ', ')
    FROM (VALUES
      ('cardholder', 'id, valid_from, valid_to, enabled, lost, pin_sealed, extended_unlock, apb_exempt'),
      ('credential', 'id, cardholder_id, card_number, lost'),
      ('permit', 'id, cardholder_id, gate_id, gate_group_id, pass_level, valid_from, valid_to'),
      ('gate_group_member', 'id, gate_group_id, gate_id'),
      ('gate', 'id, controller_id, door')) AS t(x, columns)
$$;

CREATE OR REPLACE FUNCTION acts_between(after int8, until int8) RETURNS int8[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT ARRAY(SELECT id FROM change_set WHERE revision > after AND revision <= until
                  AND touched && '{cardholder,credential,permit,gate,gate_group_member}')
$$;

-- Cardholders whose records at some controller may differ between two revisions, and nobody else is missing.
CREATE OR REPLACE FUNCTION touched_cardholders(after int8, until int8) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  acts   int8[] := kidoban.acts_between(after, until);
  people int4[];
BEGIN
  IF cardinality(acts) = 0 THEN
    RETURN '{}';
  END IF;
  EXECUTE kidoban.changes_with() || $q$
    SELECT ARRAY(
      SELECT id FROM changed_cardholder
      UNION SELECT cardholder_id FROM changed_credential
      UNION SELECT cardholder_id FROM changed_permit
      UNION SELECT p.cardholder_id FROM kidoban.permit_version p
             WHERE p.gate_group_id IN (SELECT gate_group_id FROM changed_gate_group_member)
               AND (p.to_cs IS NULL OR EXISTS (SELECT FROM kidoban.change_set e WHERE e.id = p.to_cs AND e.revision > $2))
      UNION SELECT p.cardholder_id FROM kidoban.permit_version p WHERE p.gate_id IN (SELECT id FROM changed_gate)
               AND (p.to_cs IS NULL OR EXISTS (SELECT FROM kidoban.change_set e WHERE e.id = p.to_cs AND e.revision > $2))
      UNION SELECT p.cardholder_id FROM kidoban.permit_version p
             WHERE p.gate_group_id IN (SELECT m.gate_group_id FROM kidoban.gate_group_member_version m
                                        WHERE m.gate_id IN (SELECT id FROM changed_gate)))$q$ INTO people USING acts, after;
  RETURN people;
END $$;

-- Controllers whose records may differ between two revisions, and no other is missing: those of a changed person's grants,
-- of changed grants, of gates that joined or left a group, and those that a gate was moved from or to.
CREATE OR REPLACE FUNCTION concerned_controllers(after int8, until int8) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  acts        int8[] := kidoban.acts_between(after, until);
  controllers int4[];
BEGIN
  IF cardinality(acts) = 0 THEN
    RETURN '{}';
  END IF;
  EXECUTE kidoban.changes_with() || $q$,
    person AS (SELECT id FROM changed_cardholder UNION SELECT cardholder_id FROM changed_credential),
    target AS MATERIALIZED (
      SELECT gate_id, gate_group_id FROM changed_permit
      UNION
      SELECT p.gate_id, p.gate_group_id FROM kidoban.permit_version p JOIN person ON person.id = p.cardholder_id
       WHERE (p.to_cs IS NULL OR EXISTS (SELECT FROM kidoban.change_set e WHERE e.id = p.to_cs AND e.revision > $2))),
    reached AS (
      SELECT gate_id FROM target WHERE gate_id IS NOT NULL
      UNION SELECT m.gate_id FROM kidoban.gate_group_member_version m
             WHERE m.gate_group_id IN (SELECT gate_group_id FROM target WHERE gate_group_id IS NOT NULL)
               AND (m.to_cs IS NULL OR EXISTS (SELECT FROM kidoban.change_set e WHERE e.id = m.to_cs AND e.revision > $2))
      UNION SELECT c.gate_id FROM changed_gate_group_member c
             WHERE EXISTS (SELECT FROM kidoban.permit_version p WHERE p.gate_group_id = c.gate_group_id
                               AND (p.to_cs IS NULL OR EXISTS (SELECT FROM kidoban.change_set e WHERE e.id = p.to_cs AND e.revision > $2))))
    SELECT ARRAY(
      SELECT g.controller_id FROM kidoban.gate_version g JOIN reached r ON r.gate_id = g.id
       WHERE (g.to_cs IS NULL OR EXISTS (SELECT FROM kidoban.change_set e WHERE e.id = g.to_cs AND e.revision > $2))
      UNION SELECT controller_id FROM changed_gate)$q$ INTO controllers USING acts, after;
  RETURN controllers;
END $$;

-- People whom these acts touched, and nobody else is missing, the acts of gates and their groups apart; null: too many to name
-- them.
CREATE OR REPLACE FUNCTION touched_people(acts int8[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  people int4[];
BEGIN
  people := ARRAY(
    SELECT c.id FROM cardholder c WHERE c.from_cs = ANY (acts)
    UNION ALL SELECT c.id FROM cardholder_past c WHERE c.from_cs = ANY (acts)
    UNION ALL SELECT c.id FROM cardholder_past c WHERE c.to_cs = ANY (acts)
    UNION ALL SELECT k.cardholder_id FROM credential k WHERE k.from_cs = ANY (acts)
    UNION ALL SELECT k.cardholder_id FROM credential_past k WHERE k.from_cs = ANY (acts)
    UNION ALL SELECT k.cardholder_id FROM credential_past k WHERE k.to_cs = ANY (acts)
    UNION ALL SELECT p.cardholder_id FROM permit p WHERE p.from_cs = ANY (acts)
    UNION ALL SELECT p.cardholder_id FROM permit_past p WHERE p.from_cs = ANY (acts)
    UNION ALL SELECT p.cardholder_id FROM permit_past p WHERE p.to_cs = ANY (acts)
    LIMIT kidoban.few() + 1);
  RETURN CASE WHEN cardinality(people) <= kidoban.few() THEN ARRAY(SELECT DISTINCT p FROM unnest(people) p) END;
END $$;

-- Those of the controllers of which these acts touched a gate, or what group it is in: of everybody there something may differ.
CREATE OR REPLACE FUNCTION touched_controllers(controllers int4[], acts int8[]) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN ARRAY(
    SELECT g.controller_id FROM gate g WHERE g.controller_id = ANY (controllers) AND g.from_cs = ANY (acts)
    UNION SELECT g.controller_id FROM gate_past g WHERE g.controller_id = ANY (controllers) AND (g.from_cs = ANY (acts) OR g.to_cs = ANY (acts))
    UNION SELECT g.controller_id FROM gate g JOIN gate_group_member m ON m.gate_id = g.id
           WHERE g.controller_id = ANY (controllers) AND m.from_cs = ANY (acts)
    UNION SELECT g.controller_id FROM gate g JOIN gate_group_member_past m ON m.gate_id = g.id
           WHERE g.controller_id = ANY (controllers) AND (m.from_cs = ANY (acts) OR m.to_cs = ANY (acts)));
END $$;

-- What controllers held or shall hold of these people at a revision; null: of everybody.
CREATE OR REPLACE FUNCTION records_for(controllers int4[], at_revision int8, people int4[])
RETURNS TABLE (credential_id int4, card_number text, valid_from timestamptz, valid_to timestamptz, levels int2[],
               pin_sealed bytea, extended_unlock bool, apb_exempt bool, cardholder_id int4, disabled bool, controller_id int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF people IS NULL THEN
    RETURN QUERY SELECT r.*, c FROM unnest(controllers) c CROSS JOIN LATERAL kidoban.records_at(c, at_revision, NULL) r;
  ELSE
    RETURN QUERY SELECT * FROM kidoban.records_of(controllers, kidoban.acts_after(at_revision), people);
  END IF;
END $$;

-- Everything a controller must be told to come from one revision to another: of each credential that differs, the complete
-- new set, or one row saying that it is removed. from_revision null: everything that it shall hold.
CREATE FUNCTION api.permit_records(controller int4, from_revision int8, to_revision int8)
RETURNS TABLE (credential_id int4, card_number text, valid_from timestamptz, valid_to timestamptz, levels int2[],
               pin_sealed bytea, extended_unlock bool, apb_exempt bool, removed bool, cardholder_id int4, disabled bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  acts   int8[];
  people int4[];
BEGIN
  IF from_revision IS NULL THEN
    RETURN QUERY
      SELECT r.credential_id, r.card_number, r.valid_from, r.valid_to, r.levels, r.pin_sealed, r.extended_unlock, r.apb_exempt,
             false, r.cardholder_id, r.disabled
        FROM kidoban.records_at(controller, to_revision, NULL) r ORDER BY r.credential_id, r.valid_from, r.valid_to, r.levels;
    RETURN;
  END IF;
  acts := kidoban.acts_between(from_revision, to_revision);
  people := CASE WHEN cardinality(kidoban.touched_controllers(ARRAY[controller], acts)) = 0 THEN kidoban.touched_people(acts) END;
  IF cardinality(people) = 0 THEN
    RETURN;
  END IF;
  RETURN QUERY
    WITH b AS MATERIALIZED (SELECT * FROM kidoban.records_for(ARRAY[controller], from_revision, people)),
    a AS MATERIALIZED (SELECT * FROM kidoban.records_for(ARRAY[controller], to_revision, people)),
    differ AS (
      SELECT x.credential_id FROM (SELECT * FROM a EXCEPT SELECT * FROM b) x
      UNION SELECT x.credential_id FROM (SELECT * FROM b EXCEPT SELECT * FROM a) x)
    SELECT a.credential_id, a.card_number, a.valid_from, a.valid_to, a.levels, a.pin_sealed, a.extended_unlock, a.apb_exempt,
           false, a.cardholder_id, a.disabled
      FROM a JOIN differ d ON d.credential_id = a.credential_id
    UNION ALL
    SELECT d.credential_id, '', NULL, NULL, '{0,0,0,0,0,0,0,0}'::int2[], NULL, false, false, true, NULL, false
      FROM differ d WHERE d.credential_id NOT IN (SELECT a.credential_id FROM a)
     ORDER BY 1, 3, 4, 5;
END $$;
