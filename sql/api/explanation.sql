-- Why? (G-10): may somebody pass a gate at a moment, by what its controller held then and by what the server had. Nothing is
-- stored for it: versions at a revision, the streams that the controller had confirmed, and what it told. SECURITY DEFINER,
-- because the past of persons is read without the right to change history; explain_scope is where right and scope are asked.

-- The newest revision that the server had at a moment.
CREATE OR REPLACE FUNCTION revision_at(t timestamptz) RETURNS int8
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT coalesce((SELECT c.revision FROM change_set c WHERE c.at <= t AND c.revision IS NOT NULL ORDER BY c.at DESC LIMIT 1), 0)
$$;

-- What a controller had confirmed of a stream at a moment, and since when; nulls: nothing.
CREATE OR REPLACE FUNCTION stream_at(controller int4, wanted int2, t timestamptz, OUT revision int8, OUT since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT x.held, x.from_t
    FROM (SELECT s.confirmed_revision AS held, s.confirmed_at AS from_t FROM controller_stream s
           WHERE s.controller_id = stream_at.controller AND s.stream = wanted AND s.confirmed_at <= t
          UNION ALL
          SELECT h.revision, h.from_t FROM controller_stream_history h
           WHERE h.controller_id = stream_at.controller AND h.stream = wanted AND h.from_t <= t AND h.to_t > t) x
   ORDER BY x.from_t DESC LIMIT 1
$$;

-- Whether a controller ever confirmed that revision of a stream.
CREATE OR REPLACE FUNCTION stream_was(controller int4, wanted int2, at_revision int8) RETURNS bool
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT EXISTS (SELECT FROM controller_stream s
                  WHERE s.controller_id = stream_was.controller AND s.stream = wanted AND s.confirmed_revision = at_revision)
      OR EXISTS (SELECT FROM controller_stream_history h WHERE h.controller_id = stream_was.controller AND h.stream = wanted AND h.revision = at_revision)
$$;

-- What the deny list of a controller said of some credentials (as api.revocations made it): `list` is its revision, `before`
-- the permits that were held when it came, `permits` those held now: an entry falls away when they pass it.
CREATE OR REPLACE FUNCTION denied_at(controller int4, list int8, before int8, permits int8, credentials int4[])
RETURNS TABLE (credential_id int4, reason int2)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF list IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format($q$
    WITH now_ AS MATERIALIZED (SELECT * FROM kidoban.records_at($1, $2, $3)),
    then_ AS MATERIALIZED (SELECT * FROM kidoban.records_at($1, coalesce($4, 0), $3) WHERE $5 < $2),
    who AS MATERIALIZED (
      SELECT k.id, k.lost OR c.lost AS lost, c.enabled FROM %1$s k JOIN %2$s c ON c.id = k.cardholder_id WHERE k.id = ANY ($3))
    SELECT n.credential_id, 1::int2 FROM now_ n JOIN who w ON w.id = n.credential_id WHERE w.lost
    UNION
    SELECT t.credential_id, CASE WHEN w.id IS NULL THEN 3 WHEN NOT w.enabled THEN 2 ELSE 4 END::int2
      FROM then_ t LEFT JOIN who w ON w.id = t.credential_id
     WHERE NOT t.disabled AND NOT EXISTS (SELECT FROM now_ n WHERE n.credential_id = t.credential_id AND (NOT n.disabled OR w.lost))$q$,
    kidoban.version_source('credential', list), kidoban.version_source('cardholder', list))
    USING controller, list, credentials, before, coalesce(permits, 0);
END $$;

-- The newest act up to a revision in which some columns of a row became what they are, or the row went away.
CREATE OR REPLACE FUNCTION last_change(x text, row_id int4, columns text, upto int8) RETURNS int8
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  found int8;
BEGIN
  EXECUTE format($q$
    WITH v AS MATERIALIZED (
      SELECT f.revision AS began, e.revision AS ended, ROW(%s)::text AS is_
        FROM kidoban.%I v JOIN kidoban.change_set f ON f.id = v.from_cs LEFT JOIN kidoban.change_set e ON e.id = v.to_cs
       WHERE v.id = $1 AND f.revision <= $2)
    SELECT greatest((SELECT max(s.began) FROM (SELECT v.began, v.is_, lag(v.is_) OVER (ORDER BY v.began) AS was FROM v) s
                      WHERE s.was IS DISTINCT FROM s.is_),
                    (SELECT max(v.ended) FROM v WHERE v.ended <= $2 AND NOT EXISTS (SELECT FROM v n WHERE n.began >= v.ended)))$q$,
    columns, x || '_version') INTO found USING row_id, upto;
  RETURN found;
END $$;

-- The newest act up to a revision that concerns somebody's permits for a gate, by a gate group too.
CREATE OR REPLACE FUNCTION last_grant(person int4, at_gate int4, upto int8) RETURNS int8
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  WITH p AS MATERIALIZED (SELECT v.* FROM permit_version v WHERE v.cardholder_id = person),
  m AS MATERIALIZED (SELECT v.* FROM gate_group_member_version v WHERE v.gate_id = at_gate AND v.gate_group_id IN (SELECT gate_group_id FROM p))
  SELECT max(c.revision) FROM change_set c
   WHERE c.revision <= upto
     AND c.id IN (SELECT unnest(ARRAY[p.from_cs, p.to_cs]) FROM p WHERE p.gate_id = at_gate OR p.gate_group_id IN (SELECT gate_group_id FROM m)
                  UNION SELECT unnest(ARRAY[m.from_cs, m.to_cs]) FROM m)
$$;

CREATE OR REPLACE FUNCTION rfc3339(t timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- {"revision", "at"} of an act; who did what besides, with the right to change history.
CREATE OR REPLACE FUNCTION change_told(wanted int8) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT jsonb_build_object('revision', c.revision, 'at', kidoban.rfc3339(c.at), 'kind', CASE WHEN r.may THEN c.kind END,
           'operator', CASE WHEN r.may AND o.id IS NOT NULL THEN jsonb_build_object('id', o.id, 'name', coalesce(nullif(o.display_name, ''), o.name)) END)
    FROM change_set c CROSS JOIN (SELECT kidoban.may_view('change_history') AS may) r LEFT JOIN operator o ON o.id = c.operator_id
   WHERE c.revision = wanted
$$;

-- What the versions at a revision say of a person with a card at a gate.
CREATE OR REPLACE FUNCTION standing_at(person int4, card int4, at_gate int4, at_revision int8, t timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  facts jsonb;
BEGIN
  EXECUTE format($q$
    SELECT jsonb_build_object(
      'person', (SELECT jsonb_build_object('enabled', c.enabled, 'lost', c.lost, 'valid_from', kidoban.rfc3339(c.valid_from),
                          'valid_to', kidoban.rfc3339(c.valid_to), 'has_pin', c.pin_sealed IS NOT NULL, 'apb_exempt', c.apb_exempt,
                          'valid', coalesce(c.valid_from <= $4, true) AND coalesce(c.valid_to > $4, true))
                   FROM %1$s c WHERE c.id = $1),
      'card', (SELECT jsonb_build_object('card_number', k.card_number, 'lost', k.lost) FROM %2$s k WHERE k.id = $2),
      'permits', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', p.id, 'pass_level', p.pass_level, 'valid_from', kidoban.rfc3339(p.valid_from),
                           'valid_to', kidoban.rfc3339(p.valid_to), 'valid', coalesce(p.valid_from <= $4, true) AND coalesce(p.valid_to > $4, true),
                           'gate_group', CASE WHEN g.id IS NOT NULL THEN jsonb_build_object('id', g.id, 'name', g.name) END) ORDER BY p.id)
          FROM %3$s p LEFT JOIN %5$s g ON g.id = p.gate_group_id
         WHERE p.cardholder_id = $1
           AND (p.gate_id = $3 OR p.gate_group_id IN (SELECT m.gate_group_id FROM %4$s m WHERE m.gate_id = $3))), '[]'))$q$,
    kidoban.version_source('cardholder', at_revision), kidoban.version_source('credential', at_revision),
    kidoban.version_source('permit', at_revision), kidoban.version_source('gate_group_member', at_revision),
    kidoban.version_source('gate_group', at_revision)) INTO facts USING person, card, at_gate, t;
  RETURN facts;
END $$;

-- One side's answer to the checks that permits and deny list decide: {"known": {"verdict", "code", "facts"}, …}. denied: reason of
-- the deny list, or null; known: the card is there. facts null: nothing is known of that side.
CREATE OR REPLACE FUNCTION judge(facts jsonb, known bool, denied int2) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  person jsonb := nullif(facts -> 'person', 'null');
  card   jsonb := nullif(facts -> 'card', 'null');
  grants jsonb := facts -> 'permits';
  told   text  := (ARRAY['lost', 'disabled', 'deleted', 'permit_withdrawn'])[denied];
  valid  bool  := EXISTS (SELECT FROM jsonb_array_elements(facts -> 'permits') p WHERE (p ->> 'valid')::bool);
BEGIN
  IF facts IS NULL THEN
    RETURN '{}';
  END IF;
  RETURN jsonb_build_object(
    'known', kidoban.judged(NOT known OR coalesce(denied = 3, false), CASE WHEN known THEN 'disabled_card' ELSE 'unknown_card' END,
                            jsonb_build_object('card_number', CASE WHEN known THEN card -> 'card_number' END, 'deny_list', told)),
    'lost', CASE WHEN person IS NOT NULL THEN
      kidoban.judged((person ->> 'lost')::bool OR coalesce((card ->> 'lost')::bool, false) OR coalesce(denied = 1, false), 'lost_card_refused',
                     jsonb_build_object('lost', (person ->> 'lost')::bool OR coalesce((card ->> 'lost')::bool, false), 'deny_list', told)) END,
    'enabled', CASE WHEN person IS NOT NULL THEN
      kidoban.judged(NOT (person ->> 'enabled')::bool OR coalesce(denied = 2, false), 'disabled_card',
                     jsonb_build_object('enabled', person -> 'enabled', 'deny_list', told)) END,
    'validity', CASE WHEN person IS NOT NULL THEN
      kidoban.judged(NOT (person ->> 'valid')::bool, 'out_of_validity',
                     jsonb_build_object('valid_from', person -> 'valid_from', 'valid_to', person -> 'valid_to')) END,
    'permit', kidoban.judged(NOT valid OR coalesce(denied = 4, false),
                             CASE WHEN grants <> '[]' AND NOT valid THEN 'out_of_validity' ELSE 'no_permit' END,
                             jsonb_build_object('permits', grants, 'deny_list', told)),
    -- No schedules are held yet: every level passes at all times.
    'pass_level', kidoban.judged(false, '', jsonb_build_object('schedule', NULL, 'allowed', 'all',
                    'pass_levels', (SELECT jsonb_agg(DISTINCT p -> 'pass_level') FROM jsonb_array_elements(grants) p))));
END $$;

CREATE OR REPLACE FUNCTION judged(refuses bool, code text, facts jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT jsonb_build_object('verdict', CASE WHEN refuses IS NULL THEN 'unknown' WHEN refuses THEN 'refuse' ELSE 'pass' END,
                            'code', CASE WHEN refuses THEN code END, 'facts', facts)
$$;

-- Operation events of some kinds at a gate: the newest up to t, and the first after it (at most 93 days away).
CREATE OR REPLACE FUNCTION operations_about(at_gate int4, kinds int4[], t timestamptz, OUT before int4, OUT after int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  wanted int2[] := ARRAY(SELECT k * 4 + side FROM unnest(kinds) k, generate_series(0, 2) side);
BEGIN
  EXECUTE format('SELECT e.kind / 4 FROM kidoban.operation_event e WHERE e.gate = %s AND e.kind = ANY (%L::int2[]) AND e.t > %L AND e.t <= %L'
                 ' ORDER BY e.t DESC, e.log DESC, e.seq DESC LIMIT 1', at_gate, wanted, t - interval '93 days', t) INTO before;
  EXECUTE format('SELECT e.kind / 4 FROM kidoban.operation_event e WHERE e.gate = %s AND e.kind = ANY (%L::int2[]) AND e.t > %L AND e.t <= %L'
                 ' ORDER BY e.t, e.log, e.seq LIMIT 1', at_gate, wanted, t, t + interval '93 days') INTO after;
END $$;

-- Arm state and verification mode of a gate at a moment, as far as known; null: not known.
CREATE OR REPLACE FUNCTION gate_state_at(at_gate int4, t timestamptz, OUT armed bool, OUT mode int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  s    gate_state;
  arms record;
BEGIN
  SELECT * INTO s FROM gate_state g WHERE g.gate_id = at_gate;
  IF s.changed_at <= t AND s.seen_at > t - interval '5 minutes' THEN
    armed := CASE s.arm_state WHEN 1 THEN false WHEN 2 THEN true END;
    mode := nullif(s.verification_mode, 0);
    RETURN;
  END IF;
  SELECT * INTO arms FROM kidoban.operations_about(at_gate, '{303,304}', t);
  armed := CASE WHEN arms.before IS NOT NULL THEN arms.before = 303
                WHEN arms.after IS NOT NULL THEN arms.after = 304    -- what it became is the contrary of what it was
                ELSE CASE s.arm_state WHEN 1 THEN false WHEN 2 THEN true END END;
  SELECT * INTO arms FROM kidoban.operations_about(at_gate, '{305,306,307,308,309,310}', t);
  mode := CASE WHEN arms.before IS NOT NULL THEN arms.before - 304
               WHEN arms.after IS NULL THEN nullif(s.verification_mode, 0) END;
END $$;

-- Where somebody was last seen passing this gate before t: 1 came in, 2 went out, null: not within two days.
CREATE OR REPLACE FUNCTION last_side(person int4, at_gate int4, t timestamptz) RETURNS int4
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  found int4;
BEGIN
  EXECUTE format('SELECT e.kind %% 4 FROM kidoban.access_event e WHERE e.t > %L AND e.t < %L AND e.gate = %s AND e.cred = ANY (%L::int4[])'
                 ' AND e.kind BETWEEN 404 AND 423 ORDER BY e.t DESC LIMIT 1', t - interval '2 days', t, at_gate,
                 ARRAY(SELECT c.id FROM cred c WHERE c.cardholder_id = person)) INTO found;
  RETURN nullif(found, 0);
END $$;

-- The checks that the gate's own state decides, for one side. reader 2: leaving, which neither mode nor passback hinders.
CREATE OR REPLACE FUNCTION judge_state(facts jsonb, at_gate int4, t timestamptz, reader int4, person int4, at_revision int8) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  state   record;
  given   jsonb;
  passing text;
  side    int4;
  pin     bool := (facts #>> '{person,has_pin}')::bool;
BEGIN
  SELECT * INTO state FROM kidoban.gate_state_at(at_gate, t);
  SELECT g.parameters INTO given FROM gate_version g JOIN change_set f ON f.id = g.from_cs LEFT JOIN change_set e ON e.id = g.to_cs
   WHERE g.id = at_gate AND f.revision <= at_revision AND (e.revision IS NULL OR e.revision > at_revision);
  passing := coalesce(given ->> 'anti_passback', 'off');
  side := CASE WHEN passing <> 'off' THEN kidoban.last_side(person, at_gate, t) END;
  RETURN jsonb_build_object(
    'armed', kidoban.judged(CASE WHEN given ->> 'disarm_on_first_in' = 'on' THEN false ELSE state.armed END, 'armed',
                            jsonb_build_object('arm_state', CASE state.armed WHEN true THEN 'armed' WHEN false THEN 'disarmed' END)),
    'verification', kidoban.judged(CASE WHEN reader = 2 OR state.mode IN (1, 3, 4) THEN false WHEN state.mode = 2 THEN NOT pin END, 'pin_mismatch',
                            jsonb_build_object('verification_mode', (SELECT c.code FROM code c WHERE c.class = 'verification_mode' AND c.number = state.mode),
                                               'has_pin', pin)),
    'anti_passback', kidoban.judged(CASE WHEN passing <> 'hard' OR reader = 2 OR (facts #>> '{person,apb_exempt}')::bool THEN false ELSE side = 1 END,
                            'passback_hard', jsonb_build_object('anti_passback', passing, 'exempt', facts #> '{person,apb_exempt}',
                                               'last_seen', (ARRAY['entry', 'exit'])[side])));
END $$;
