-- Proof (DESIGN 1): what each gate holds of somebody, deny list included, against what it shall hold.

-- What some cardholders may pass at a revision (null: now), one row for each gate, card and stretch of time. Lost, disabled
-- and empty ones are not among them.
CREATE OR REPLACE FUNCTION rights_at(people int4[], at_revision int8)
RETURNS TABLE (cardholder_id int4, gate_id int4, controller_id int4, credential_id int4, card_number text, pass_level int2,
               lo timestamptz, hi timestamptz, traits text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  at int8 := CASE WHEN at_revision < kidoban.latest_revision() THEN at_revision END;
BEGIN
  RETURN QUERY EXECUTE format($q$
    WITH granted AS MATERIALIZED (
      SELECT p.cardholder_id, p.gate_id, p.gate_group_id, p.pass_level, p.valid_from, p.valid_to FROM %1$s p
       WHERE p.cardholder_id = ANY ($1)),
    there AS (
      SELECT n.cardholder_id, n.gate_id, n.pass_level, n.valid_from, n.valid_to FROM granted n WHERE n.gate_id IS NOT NULL
      UNION ALL
      SELECT n.cardholder_id, m.gate_id, n.pass_level, n.valid_from, n.valid_to
        FROM granted n JOIN %2$s m ON m.gate_group_id = n.gate_group_id)
    SELECT t.cardholder_id, t.gate_id, g.controller_id, k.id, k.card_number, max(t.pass_level),
           coalesce(greatest(c.valid_from, t.valid_from), '-infinity'), coalesce(least(c.valid_to, t.valid_to), 'infinity'),
           concat_ws('/', encode(c.pin_sealed, 'hex'), c.extended_unlock, c.apb_exempt)
      FROM there t JOIN %3$s g ON g.id = t.gate_id JOIN %4$s c ON c.id = t.cardholder_id JOIN %5$s k ON k.cardholder_id = c.id
     WHERE c.enabled AND NOT c.lost AND NOT k.lost
       AND coalesce(greatest(c.valid_from, t.valid_from), '-infinity') < coalesce(least(c.valid_to, t.valid_to), 'infinity')
     GROUP BY t.cardholder_id, t.gate_id, g.controller_id, k.id, k.card_number, 7, 8, 9$q$,
    kidoban.version_source('permit', at), kidoban.version_source('gate_group_member', at), kidoban.version_source('gate', at),
    kidoban.version_source('cardholder', at), kidoban.version_source('credential', at))
    USING people;
END $$;

-- The newest act that took something from each of them, and the newest that changed anything of what they may.
CREATE OR REPLACE FUNCTION person_acts(people int4[]) RETURNS TABLE (cardholder_id int4, revoked int8, changed int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT a.person, max(c.revision) FILTER (WHERE a.took), max(c.revision)
    FROM (SELECT id AS person, from_cs AS cs, false AS took FROM cardholder WHERE id = ANY (people)
          UNION ALL SELECT id, to_cs, true FROM cardholder_past WHERE id = ANY (people)
          UNION ALL SELECT cardholder_id, from_cs, false FROM credential WHERE cardholder_id = ANY (people)
          UNION ALL SELECT cardholder_id, to_cs, true FROM credential_past WHERE cardholder_id = ANY (people)
          UNION ALL SELECT cardholder_id, from_cs, false FROM permit WHERE cardholder_id = ANY (people)
          UNION ALL SELECT cardholder_id, to_cs, true FROM permit_past WHERE cardholder_id = ANY (people)
          UNION ALL SELECT p.cardholder_id, m.from_cs, false FROM permit p JOIN gate_group_member m ON m.gate_group_id = p.gate_group_id
                     WHERE p.cardholder_id = ANY (people)
          UNION ALL SELECT p.cardholder_id, m.to_cs, true FROM permit_version p
                      JOIN gate_group_member_past m ON m.gate_group_id = p.gate_group_id WHERE p.cardholder_id = ANY (people)) a
    JOIN change_set c ON c.id = a.cs
   GROUP BY a.person
$$;

-- Each gate at which one of them may pass, or may still pass by what the gate holds, and how it stands there:
--   confirmed  it holds just that, or refuses the card by its deny list
--   exposed    it would still let pass who may not, or not like that:
--              revoked: taken away altogether, the deny list has not arrived; reduced: other doors, times or level are left;
--              unknown: it confirmed that once, but lost or changed its memory since
--   pending    it does not yet let pass who may; unloaded: it has confirmed nothing yet
CREATE OR REPLACE FUNCTION exposure(people int4[])
RETURNS TABLE (cardholder_id int4, gate_id int4, controller_id int4, held_revision int8, state text, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  part record;
BEGIN
  FOR part IN
    SELECT coalesce(s.confirmed_revision, h.revision, 0) AS held, s.controller_id IS NULL AS unsure, array_agg(c.id) AS controllers
      FROM controller c
      LEFT JOIN controller_stream s ON s.controller_id = c.id AND s.stream = 1
      LEFT JOIN LATERAL (SELECT x.revision FROM controller_stream_history x
                          WHERE x.controller_id = c.id AND x.stream = 1 ORDER BY x.to_t DESC LIMIT 1) h ON s.controller_id IS NULL
     GROUP BY 1, 2
  LOOP
    RETURN QUERY
      WITH wanted AS MATERIALIZED (SELECT * FROM kidoban.rights_at(people, NULL) r WHERE r.controller_id = ANY (part.controllers)),
      held AS MATERIALIZED (SELECT * FROM kidoban.rights_at(people, part.held) r WHERE r.controller_id = ANY (part.controllers)),
      acts AS MATERIALIZED (SELECT * FROM kidoban.person_acts(people)),
      place AS (SELECT w.cardholder_id, w.gate_id, w.controller_id FROM wanted w
                UNION SELECT h.cardholder_id, h.gate_id, h.controller_id FROM held h),
      too_much AS (
        SELECT h.cardholder_id, h.gate_id,
               bool_or(NOT EXISTS (SELECT FROM wanted w WHERE w.controller_id = h.controller_id AND w.credential_id = h.credential_id)) AS gone
          FROM held h JOIN acts a ON a.cardholder_id = h.cardholder_id
          LEFT JOIN controller_stream d ON d.controller_id = h.controller_id AND d.stream = 2
         WHERE h.hi > clock_timestamp()
           AND NOT EXISTS (SELECT FROM wanted w WHERE w.gate_id = h.gate_id AND w.credential_id = h.credential_id
                              AND w.card_number = h.card_number AND w.pass_level = h.pass_level AND w.lo <= h.lo AND w.hi >= h.hi)
           AND NOT (coalesce(d.confirmed_revision >= a.revoked, false)
                    AND NOT EXISTS (SELECT FROM wanted w WHERE w.controller_id = h.controller_id
                                                           AND w.credential_id = h.credential_id))
         GROUP BY 1, 2),
      too_little AS (
        SELECT DISTINCT w.cardholder_id, w.gate_id FROM wanted w
         WHERE part.unsure OR NOT EXISTS (SELECT FROM held h WHERE h.gate_id = w.gate_id AND h.credential_id = w.credential_id
                                     AND h.card_number = w.card_number AND h.pass_level = w.pass_level AND h.lo <= w.lo AND h.hi >= w.hi
                                     AND h.traits = w.traits))
      SELECT p.cardholder_id, p.gate_id, p.controller_id, part.held,
             CASE WHEN m.gate_id IS NOT NULL THEN 'exposed' WHEN l.gate_id IS NOT NULL THEN 'pending' ELSE 'confirmed' END,
             CASE WHEN m.gate_id IS NOT NULL AND part.unsure THEN 'unknown' WHEN m.gone THEN 'revoked' WHEN m.gate_id IS NOT NULL THEN 'reduced'
                  WHEN l.gate_id IS NOT NULL AND part.unsure THEN 'unloaded' WHEN l.gate_id IS NOT NULL THEN 'changed' ELSE '' END
        FROM place p LEFT JOIN too_much m ON m.cardholder_id = p.cardholder_id AND m.gate_id = p.gate_id
        LEFT JOIN too_little l ON l.cardholder_id = p.cardholder_id AND l.gate_id = p.gate_id;
  END LOOP;
END $$;

-- Since when a controller has held a stream at least at a revision, without a break.
CREATE OR REPLACE FUNCTION held_since(controller int4, wanted int2, least_revision int8) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT coalesce((SELECT max(h.to_t) FROM controller_stream_history h
                    WHERE h.controller_id = s.controller_id AND h.stream = s.stream AND h.revision < least_revision),
                  (SELECT min(h.from_t) FROM controller_stream_history h WHERE h.controller_id = s.controller_id AND h.stream = s.stream),
                  s.confirmed_at)
    FROM controller_stream s
   WHERE s.controller_id = controller AND s.stream = wanted AND s.confirmed_revision >= least_revision
$$;

-- One cardholder at every gate. Gates at which the person could pass before the newest act that took something away are told
-- of as well, so that a revocation can be followed to its last gate. Counts are of all gates, rows of those in scope.
-- No row at all: not there, or out of scope.
CREATE FUNCTION api.cardholder_proof(cardholder int4)
RETURNS TABLE (revision int8, gate_id int4, gate text, controller_id int4, state text, reason text, held_revision int8,
               since timestamptz, communication int2, job_id int8, concerned int4, exposed int4, pending int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  acts record;
BEGIN
  IF NOT kidoban.may_view('cardholders') OR NOT EXISTS (
       SELECT FROM cardholder_version c
        WHERE c.id = cardholder AND (kidoban.sees_all_departments() OR c.department_id = ANY (kidoban.current_department_scope()))
          AND (c.to_cs IS NULL OR (kidoban.may_view('change_history')
               AND NOT EXISTS (SELECT FROM cardholder_version d WHERE d.id = c.id AND d.from_cs > c.from_cs)))) THEN
    RETURN;
  END IF;
  SELECT a.revoked, a.changed INTO acts FROM kidoban.person_acts(ARRAY[cardholder]) a;
  RETURN QUERY
    WITH now_ AS MATERIALIZED (
      SELECT e.gate_id, e.controller_id, e.held_revision, e.state, e.reason FROM kidoban.exposure(ARRAY[cardholder]) e),
    past AS (
      SELECT DISTINCT r.gate_id, g.controller_id, s.confirmed_revision, 'confirmed', ''
        FROM kidoban.rights_at(ARRAY[cardholder], acts.revoked - 1) r
        JOIN gate g ON g.id = r.gate_id
        JOIN controller_stream s ON s.controller_id = g.controller_id AND s.stream = 1
       WHERE r.gate_id NOT IN (SELECT n.gate_id FROM now_ n)),
    all_ AS MATERIALIZED (SELECT * FROM now_ UNION ALL SELECT * FROM past),
    sums AS (SELECT count(*)::int4 AS concerned, (count(*) FILTER (WHERE a.state = 'exposed'))::int4 AS exposed,
                    (count(*) FILTER (WHERE a.state = 'pending'))::int4 AS pending FROM all_ a)
    SELECT acts.changed, v.gate_id, v.name, v.controller_id, v.state, v.reason, v.held_revision, v.since, v.communication, v.job_id,
           t.concerned, t.exposed, t.pending
      FROM sums t
      LEFT JOIN (
        SELECT a.gate_id, g.name, a.controller_id, a.state, a.reason, a.held_revision,
               CASE a.state WHEN 'confirmed' THEN
                 coalesce(kidoban.held_since(a.controller_id, 1::int2, acts.changed),
                          kidoban.held_since(a.controller_id, 2::int2, acts.revoked),
                          (SELECT s.confirmed_at FROM controller_stream s WHERE s.controller_id = a.controller_id AND s.stream = 1))
               ELSE (SELECT c.at FROM change_set c WHERE c.revision = CASE a.state WHEN 'exposed' THEN acts.revoked ELSE acts.changed END) END AS since,
               cs.communication, j.id AS job_id
          FROM all_ a JOIN gate g ON g.id = a.gate_id
          LEFT JOIN controller_state cs ON cs.controller_id = a.controller_id
          LEFT JOIN job j ON j.controller_id = a.controller_id AND j.kind = 'permit_transfer' AND j.state IN ('queued', 'running')
         WHERE kidoban.sees_all_gates() OR a.gate_id = ANY (kidoban.current_gates())) v ON true
     ORDER BY array_position('{exposed,pending,confirmed}', v.state), v.name, v.gate_id;
END $$;

-- Everybody that some gate may let pass though it must not: for reports. Only who changed since a gate's permits is looked at.
CREATE OR REPLACE FUNCTION exposed_people()
RETURNS TABLE (cardholder_id int4, gate_id int4, controller_id int4, held_revision int8, state text, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  lowest int8 := (SELECT min(coalesce(s.confirmed_revision, (SELECT x.revision FROM controller_stream_history x
                                                             WHERE x.controller_id = c.id AND x.stream = 1 ORDER BY x.to_t DESC LIMIT 1)))
                    FROM controller c LEFT JOIN controller_stream s ON s.controller_id = c.id AND s.stream = 1);
BEGIN
  RETURN QUERY SELECT * FROM kidoban.exposure(kidoban.touched_cardholders(lowest, kidoban.latest_revision())) e WHERE e.state <> 'confirmed';
END $$;
