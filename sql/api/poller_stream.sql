-- What a controller shall hold, and what it has confirmed (DESIGN 1). Records are worked out from the versions at a
-- revision; the matrix of cardholders and gates is stored nowhere. SECURITY DEFINER, so that the poller, which faces the
-- network, can read no cardholder but as a record for a controller.

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

-- records_at for a few people, by indexes alone and planned once: asked of every controller that a small act concerns.
-- later: the acts after the revision, none for what is true now.
CREATE OR REPLACE FUNCTION records_of(controller int4, later int8[], people int4[])
RETURNS TABLE (credential_id int4, card_number text, valid_from timestamptz, valid_to timestamptz, levels int2[],
               pin_sealed bytea, extended_unlock bool, apb_exempt bool, cardholder_id int4, disabled bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH door AS MATERIALIZED (
      SELECT g.id, g.door FROM gate g WHERE g.controller_id = controller AND g.from_cs <> ALL (later)
      UNION ALL
      SELECT g.id, g.door FROM gate_past g WHERE g.to_cs = ANY (later) AND g.controller_id = controller AND g.from_cs <> ALL (later)),
    way AS MATERIALIZED (
      SELECT m.gate_group_id, d.door FROM door d JOIN gate_group_member m ON m.gate_id = d.id WHERE m.from_cs <> ALL (later)
      UNION ALL
      SELECT m.gate_group_id, d.door FROM door d JOIN gate_group_member_past m ON m.gate_id = d.id
       WHERE m.to_cs = ANY (later) AND m.from_cs <> ALL (later)),
    granted AS MATERIALIZED (
      SELECT p.cardholder_id, p.gate_id, p.gate_group_id, p.pass_level, p.valid_from, p.valid_to
        FROM permit p WHERE p.cardholder_id = ANY (people) AND p.from_cs <> ALL (later)
      UNION ALL
      SELECT p.cardholder_id, p.gate_id, p.gate_group_id, p.pass_level, p.valid_from, p.valid_to
        FROM permit_past p WHERE p.cardholder_id = ANY (people) AND p.to_cs = ANY (later) AND p.from_cs <> ALL (later)),
    there AS MATERIALIZED (
      SELECT n.cardholder_id, d.door, n.pass_level, n.valid_from, n.valid_to FROM granted n JOIN door d ON d.id = n.gate_id
      UNION ALL
      SELECT n.cardholder_id, w.door, n.pass_level, n.valid_from, n.valid_to FROM granted n JOIN way w ON w.gate_group_id = n.gate_group_id),
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
             c.pin_sealed, c.extended_unlock, c.apb_exempt, c.id AS cardholder_id, NOT c.enabled OR c.lost OR k.lost AS disabled
        FROM there n JOIN who c ON c.id = n.cardholder_id JOIN card k ON k.cardholder_id = c.id)
    SELECT v.id, v.card_number, v.lo, v.hi,
           ARRAY(SELECT coalesce(max(l.level), 0) FROM generate_series(1, 8) n
                   LEFT JOIN unnest(array_agg(v.door), array_agg(v.pass_level)) AS l(door, level) ON l.door = n GROUP BY n ORDER BY n)::int2[],
           v.pin_sealed, v.extended_unlock, v.apb_exempt, v.cardholder_id, v.disabled
      FROM valid v
     WHERE v.lo IS NULL OR v.hi IS NULL OR v.lo < v.hi
     GROUP BY v.id, v.card_number, v.lo, v.hi, v.pin_sealed, v.extended_unlock, v.apb_exempt, v.cardholder_id, v.disabled;
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
      SELECT * FROM kidoban.records_of(controller, CASE WHEN at IS NULL THEN '{}' ELSE kidoban.acts_after(at) END, ARRAY(
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

-- People of whom the records at this controller may differ between two revisions, and nobody else is missing; null: too many to
-- name them.
CREATE OR REPLACE FUNCTION touched_people(controller int4, after int8, until int8) RETURNS int4[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  acts   int8[] := kidoban.acts_between(after, until);
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
  IF cardinality(people) > kidoban.few()
     OR EXISTS (SELECT FROM gate g WHERE g.controller_id = controller AND g.from_cs = ANY (acts))
     OR EXISTS (SELECT FROM gate_past g WHERE g.controller_id = controller AND (g.from_cs = ANY (acts) OR g.to_cs = ANY (acts)))
     OR EXISTS (SELECT FROM gate g JOIN gate_group_member m ON m.gate_id = g.id WHERE g.controller_id = controller AND m.from_cs = ANY (acts))
     OR EXISTS (SELECT FROM gate g JOIN gate_group_member_past m ON m.gate_id = g.id
                 WHERE g.controller_id = controller AND (m.from_cs = ANY (acts) OR m.to_cs = ANY (acts))) THEN
    RETURN NULL;
  END IF;
  RETURN ARRAY(SELECT DISTINCT p FROM unnest(people) p);
END $$;

-- What the controller held or shall hold of these people at a revision; null: of everybody.
CREATE OR REPLACE FUNCTION records_for(controller int4, at_revision int8, people int4[])
RETURNS TABLE (credential_id int4, card_number text, valid_from timestamptz, valid_to timestamptz, levels int2[],
               pin_sealed bytea, extended_unlock bool, apb_exempt bool, cardholder_id int4, disabled bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF people IS NULL THEN
    RETURN QUERY SELECT * FROM kidoban.records_at(controller, at_revision, NULL);
  ELSE
    RETURN QUERY SELECT * FROM kidoban.records_of(controller, kidoban.acts_after(at_revision), people);
  END IF;
END $$;

-- Everything a controller must be told to come from one revision to another: of each credential that differs, the complete
-- new set, or one row saying that it is removed. from_revision null: everything that it shall hold.
CREATE FUNCTION api.permit_records(controller int4, from_revision int8, to_revision int8)
RETURNS TABLE (credential_id int4, card_number text, valid_from timestamptz, valid_to timestamptz, levels int2[],
               pin_sealed bytea, extended_unlock bool, apb_exempt bool, removed bool, cardholder_id int4, disabled bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  people int4[];
BEGIN
  IF from_revision IS NULL THEN
    RETURN QUERY
      SELECT r.credential_id, r.card_number, r.valid_from, r.valid_to, r.levels, r.pin_sealed, r.extended_unlock, r.apb_exempt,
             false, r.cardholder_id, r.disabled
        FROM kidoban.records_at(controller, to_revision, NULL) r ORDER BY r.credential_id, r.valid_from, r.valid_to, r.levels;
    RETURN;
  END IF;
  people := kidoban.touched_people(controller, from_revision, to_revision);
  IF cardinality(people) = 0 THEN
    RETURN;
  END IF;
  RETURN QUERY
    WITH b AS MATERIALIZED (SELECT * FROM kidoban.records_for(controller, from_revision, people)),
    a AS MATERIALIZED (SELECT * FROM kidoban.records_for(controller, to_revision, people)),
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

-- The deny list of a controller, laid over the permits that it has confirmed: credentials that its permits let pass and
-- that may pass nowhere on it now, each with the permits revision from which the permits say so themselves. Lost cards stay
-- on it for good (no permits revision says "lost"), so that their use goes on being alarmed (C-7).
CREATE FUNCTION api.revocations(controller int4) RETURNS TABLE (credential_id int4, reason int2, revision int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  held   int8 := (SELECT s.confirmed_revision FROM controller_stream s
                   WHERE s.controller_id = revocations.controller AND s.stream = 1);
  latest int8 := kidoban.latest_revision();
  reported int4[] := ARRAY(SELECT k.id FROM credential k WHERE k.lost
                         UNION SELECT k.id FROM cardholder c JOIN credential k ON k.cardholder_id = c.id WHERE c.lost);
  people int4[] := '{}';
BEGIN
  IF held < latest THEN
    people := kidoban.touched_people(controller, held, latest);
  END IF;
  RETURN QUERY
    WITH now_ AS MATERIALIZED (
      SELECT * FROM kidoban.records_for(controller, latest, CASE WHEN people IS NOT NULL THEN
        people || ARRAY(SELECT k.cardholder_id FROM credential k WHERE k.id = ANY (reported)) END)),
    then_ AS MATERIALIZED (SELECT * FROM kidoban.records_for(controller, held, people) WHERE held IS NOT NULL)
    SELECT DISTINCT n.credential_id, 1::int2, 9223372036854775807 FROM now_ n WHERE n.credential_id = ANY (reported)
    UNION
    SELECT t.credential_id,
           CASE WHEN k.id IS NULL THEN 3 WHEN NOT c.enabled THEN 2 ELSE 4 END::int2, latest
      FROM then_ t
      LEFT JOIN credential k ON k.id = t.credential_id
      LEFT JOIN cardholder c ON c.id = k.cardholder_id
     WHERE NOT t.disabled AND NOT (t.credential_id = ANY (reported) AND EXISTS (SELECT FROM now_ n WHERE n.credential_id = t.credential_id))
       AND NOT EXISTS (SELECT FROM now_ n WHERE n.credential_id = t.credential_id AND NOT n.disabled)
     ORDER BY 1;
END $$;

-- Writes what a controller has confirmed, and keeps what it had before.
CREATE OR REPLACE FUNCTION stream_set(controllers int4[], wanted int2, held int8, sums bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  INSERT INTO controller_stream_history (controller_id, stream, revision, from_t, to_t)
  SELECT s.controller_id, s.stream, s.confirmed_revision, s.confirmed_at, clock_timestamp()
    FROM controller_stream s
   WHERE s.controller_id = ANY (controllers) AND s.stream = wanted AND s.confirmed_revision IS DISTINCT FROM held;
  IF held IS NULL THEN
    DELETE FROM controller_stream s WHERE s.controller_id = ANY (controllers) AND s.stream = wanted;
    RETURN;
  END IF;
  INSERT INTO controller_stream AS s (controller_id, stream, confirmed_revision, confirmed_at, digest)
  SELECT c, wanted, held, clock_timestamp(), sums FROM unnest(controllers) c
  ON CONFLICT (controller_id, stream) DO UPDATE
     SET confirmed_at = CASE WHEN s.confirmed_revision = held THEN s.confirmed_at ELSE excluded.confirmed_at END,
         confirmed_revision = held, digest = coalesce(excluded.digest, s.digest);
END $$;

-- What is to be sent to the poller's controllers: the deny list at once when an act concerns it, permits when it holds none
-- (full) or a job asks for them. Controllers that an act does not concern are moved on without traffic.
CREATE FUNCTION api.poller_streams(poller int4)
RETURNS TABLE (controller_id int4, token int8, stream int2, held_revision int8, wanted_revision int8, job_id int8, "full" bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine    int4[] := ARRAY(SELECT l.controller_id FROM controller_lease l JOIN controller c ON c.id = l.controller_id
                           WHERE l.poller_id = poller_streams.poller AND c.driver = 'kidoban' ORDER BY 1);
  revoked int8 := (SELECT max(c.revision) FROM change_set c WHERE c.revokes);
  lowest  int8;
  moved   int4[];
  concerned int4[];
  full_of int4[];
  boards  int4[] := ARRAY(SELECT l.controller_id FROM controller_lease l JOIN controller c ON c.id = l.controller_id
                           WHERE l.poller_id = poller_streams.poller AND c.driver = 'uhppote' ORDER BY 1);
BEGIN
  PERFORM kidoban.uhppote_follow(boards);
  SELECT min(s.confirmed_revision) INTO lowest FROM controller_stream s
   WHERE s.controller_id = ANY (mine) AND s.stream = 2 AND s.confirmed_revision < revoked;
  IF lowest IS NOT NULL THEN
    -- Act by act: over all of them a grant that was sent meanwhile and its withdrawal would cancel out, and the card pass on.
    concerned := ARRAY(SELECT DISTINCT controller FROM change_set c, unnest(kidoban.concerned_controllers(c.revision - 1, c.revision)) controller
                        WHERE c.revokes AND c.revision > lowest AND c.revision <= revoked);
    moved := ARRAY(SELECT s.controller_id FROM controller_stream s
                    WHERE s.controller_id = ANY (mine) AND s.stream = 2 AND s.confirmed_revision < revoked
                      AND NOT s.controller_id = ANY (concerned));
    PERFORM kidoban.stream_set(moved, 2::int2, revoked, NULL);
  END IF;

  -- What holds nothing is filled without anyone asking, but not against who stopped that, and not again and again.
  full_of := ARRAY(SELECT c FROM unnest(mine || boards) c
                    WHERE NOT EXISTS (SELECT FROM controller_stream s WHERE s.controller_id = c AND s.stream = 1)
                      AND NOT EXISTS (SELECT FROM job j
                                       WHERE j.controller_id = c AND j.kind = 'permit_transfer' AND j.stream = 1
                                         AND (j.state IN ('queued', 'running')
                                              OR (j.state = 'failed' AND j.finished_at > clock_timestamp() - interval '5 minutes')
                                              OR (j.state = 'stopped' AND j.finished_at > coalesce(
                                                    (SELECT max(h.to_t) FROM controller_stream_history h
                                                      WHERE h.controller_id = c AND h.stream = 1), '-infinity')))));
  INSERT INTO job (kind, controller_id, stream, payload)
  SELECT 'permit_transfer', c, 1, '{"full": true, "because": "nothing held"}' FROM unnest(full_of) c ON CONFLICT DO NOTHING;

  RETURN QUERY
    SELECT l.controller_id, l.token, 2::int2, s.confirmed_revision, coalesce(revoked, 0), NULL::int8, s.stream IS NULL
      FROM controller_lease l
      LEFT JOIN controller_stream s ON s.controller_id = l.controller_id AND s.stream = 2
     WHERE l.controller_id = ANY (mine) AND revoked IS NOT NULL AND (s.stream IS NULL OR s.confirmed_revision < revoked);
  RETURN QUERY
    SELECT l.controller_id, l.token, 1::int2, s.confirmed_revision, kidoban.latest_revision(), j.id,
           s.stream IS NULL OR coalesce((j.payload ->> 'full')::bool, false)
      FROM controller_lease l
      JOIN job j ON j.controller_id = l.controller_id AND j.kind = 'permit_transfer' AND j.stream = 1
                AND j.state IN ('queued', 'running') AND j.next_at <= clock_timestamp()
      LEFT JOIN controller_stream s ON s.controller_id = l.controller_id AND s.stream = 1
     WHERE l.controller_id = ANY (mine || boards)
     ORDER BY j.id;
END $$;

CREATE FUNCTION api.poller_stream_confirm(controller int4, token int8, stream int2, revision int8, digest bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF cardinality(kidoban.lease_check(ARRAY[controller], ARRAY[token])) = 0 THEN
    RETURN false;
  END IF;
  PERFORM kidoban.stream_set(ARRAY[controller], stream, revision, digest);
  -- A board has no deny list: what its cards are is all there is.
  IF stream = 1 AND EXISTS (SELECT FROM controller c WHERE c.id = controller AND c.driver = 'uhppote') THEN
    PERFORM kidoban.stream_set(ARRAY[controller], 2::int2, revision, NULL);
  END IF;
  RETURN true;
END $$;

-- The controller holds something else than it confirmed (T-8): what it confirmed counts no more, and it is filled again.
CREATE FUNCTION api.poller_stream_lost(controller int4, token int8, stream int2, revision int8, reason text) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF cardinality(kidoban.lease_check(ARRAY[controller], ARRAY[token])) = 0 THEN
    RETURN false;
  END IF;
  PERFORM kidoban.stream_set(ARRAY[controller], stream, NULL, NULL);
  IF stream = 1 THEN
    PERFORM kidoban.queue_transfers(ARRAY[controller], true, NULL, NULL, left(poller_stream_lost.reason, 255));
  END IF;
  RETURN true;
END $$;

-- False: the job was stopped, or somebody else has the controller: give it up.
CREATE FUNCTION api.poller_job_progress(job int8, token int8, done int8, total int8) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  UPDATE kidoban.job j SET state = 'running', progress = done, total = poller_job_progress.total, token = l.token, reason = '',
         started_at = coalesce(j.started_at, clock_timestamp())
    FROM controller_lease l
   WHERE j.id = poller_job_progress.job AND j.state IN ('queued', 'running')
     AND l.controller_id = j.controller_id AND l.token = poller_job_progress.token;
  RETURN FOUND;
END $$;

-- ok: done, or queued once more when that was asked for meanwhile. Not ok: tried again after 5 s, 10 s, ... 5 minutes (what
-- had been carried over stays on the controller), and failed in the end, unless the controller is
-- away.
CREATE FUNCTION api.poller_job_end(job int8, token int8, ok bool, reason text) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  old    kidoban.job;
  fresh  text;
  again  text;
BEGIN
  SELECT j.* INTO old FROM kidoban.job j JOIN controller_lease l ON l.controller_id = j.controller_id
   WHERE j.id = poller_job_end.job AND j.state IN ('queued', 'running') AND l.token = poller_job_end.token FOR UPDATE OF j;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  again := old.payload ->> 'again';
  fresh := CASE WHEN ok THEN CASE WHEN again IS NULL THEN 'done' ELSE 'queued' END
                WHEN old.attempts + 1 >= kidoban.job_attempts_most()
                     AND EXISTS (SELECT FROM controller_state s WHERE s.controller_id = old.controller_id AND s.communication = 2)
                     THEN 'failed' ELSE 'queued' END;
  UPDATE kidoban.job j
     SET state = fresh, reason = left(coalesce(poller_job_end.reason, ''), 255),
         attempts = CASE WHEN ok AND again IS NOT NULL THEN 0 ELSE old.attempts + 1 END,
         payload = CASE WHEN ok AND again IS NOT NULL
                        THEN (old.payload - 'again') || jsonb_build_object('full', again = 'full') ELSE old.payload END,
         progress = CASE WHEN ok THEN j.total ELSE j.progress END,
         finished_at = CASE WHEN fresh <> 'queued' THEN clock_timestamp() END,
         next_at = clock_timestamp() + CASE WHEN ok THEN interval '0' ELSE kidoban.job_pause(old.attempts) END
   WHERE j.id = old.id;
  RETURN true;
END $$;
