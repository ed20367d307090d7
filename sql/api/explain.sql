-- The answers of /explanations, put together from explanation.sql.

-- Somebody in scope, deleted ones by their last version; no row otherwise.
CREATE OR REPLACE FUNCTION explain_person(person int4) RETURNS TABLE (id int4, employee_number text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT x.id, x.employee_number, x.name
    FROM (SELECT c.* FROM cardholder_version c WHERE c.id = person ORDER BY c.to_cs DESC NULLS FIRST LIMIT 1) x
   WHERE (SELECT kidoban.may_view('cardholders'))
     AND ((SELECT kidoban.sees_all_departments()) OR x.department_id IN (SELECT unnest(kidoban.current_department_scope())))
$$;

-- The card that is meant: the one named; else the one that its holder had at the revision, a card that is not lost before others.
CREATE OR REPLACE FUNCTION explain_card(person int4, number text, at_revision int8) RETURNS int4
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  card int4;
BEGIN
  SELECT k.id INTO card
    FROM credential_version k JOIN change_set f ON f.id = k.from_cs LEFT JOIN change_set e ON e.id = k.to_cs
   WHERE k.cardholder_id = person AND (number IS NULL OR k.card_number = number)
   ORDER BY (f.revision <= at_revision AND (e.revision IS NULL OR e.revision > at_revision)) DESC, k.lost, k.issue_count DESC, f.revision DESC, k.id
   LIMIT 1;
  RETURN card;
END $$;

-- Which check a word of the controller belongs to.
CREATE OR REPLACE FUNCTION check_of(code text) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT CASE code WHEN 'unknown_card' THEN 'known' WHEN 'lost_card_refused' THEN 'lost' WHEN 'lost_card' THEN 'lost'
    WHEN 'disabled_card' THEN 'enabled' WHEN 'out_of_validity' THEN 'validity' WHEN 'no_permit' THEN 'permit'
    WHEN 'out_of_time' THEN 'pass_level' WHEN 'level_too_low' THEN 'pass_level' WHEN 'armed' THEN 'armed'
    WHEN 'pin_mismatch' THEN 'verification' WHEN 'vein_mismatch' THEN 'verification' WHEN 'wrong_pin' THEN 'verification'
    WHEN 'passback_hard' THEN 'anti_passback' END
$$;

-- All checks in the order of decision. told: the words by which the controller refused; '{}': it let pass; null: it was not asked.
CREATE OR REPLACE FUNCTION explain_checks(held jsonb, server jsonb, told text[], changes jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  found jsonb := '[]';
  check_ text;
  h     jsonb;
  s     jsonb;
  word  text;
BEGIN
  FOREACH check_ IN ARRAY '{known,lost,enabled,validity,permit,pass_level,armed,verification,anti_passback}'::text[] LOOP
    h := coalesce(nullif(held -> check_, 'null'), '{"verdict": "unknown"}');
    s := coalesce(nullif(server -> check_, 'null'), '{"verdict": "unknown"}');
    SELECT w INTO word FROM unnest(told) w WHERE kidoban.check_of(w) = check_ OR (w = h ->> 'code' AND h ->> 'verdict' = 'refuse') LIMIT 1;
    IF word IS NOT NULL THEN
      h := h || jsonb_build_object('verdict', 'refuse', 'code', word);
    ELSIF told IS NOT NULL AND h ->> 'verdict' = 'unknown' AND check_ IN ('armed', 'verification', 'anti_passback') THEN
      h := h || '{"verdict": "pass"}';    -- it tells all its reasons: what it did not name did not hinder
    END IF;
    found := found || jsonb_build_array(jsonb_build_object(
      'check', check_, 'verdict', h ->> 'verdict', 'code', h ->> 'code', 'held', h -> 'facts',
      'server_verdict', s ->> 'verdict', 'server_code', s ->> 'code', 'server', s -> 'facts',
      'told', CASE WHEN told IS NOT NULL THEN word IS NOT NULL END, 'change_set', kidoban.change_told((changes ->> check_)::int8)));
  END LOOP;
  RETURN found;
END $$;

CREATE OR REPLACE FUNCTION verdict_of(checks jsonb, side text) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT CASE WHEN bool_or(c ->> side = 'refuse') THEN 'refuse' WHEN bool_or(c ->> side = 'unknown') THEN 'unknown' ELSE 'pass' END
    FROM jsonb_array_elements(checks) c
$$;

-- An event of the access or alarm history at a gate in scope. stamp: its time to the millisecond.
CREATE OR REPLACE FUNCTION explain_event(wanted_log int4, wanted_seq int4, stamp timestamptz)
RETURNS TABLE (t timestamptz, gate int4, cred int4, kind int4, reader int4, details jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  parent text;
BEGIN
  IF NOT kidoban.may_view('history') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  FOREACH parent IN ARRAY '{access_event,alarm_event}'::text[] LOOP
    RETURN QUERY EXECUTE format(
      'SELECT e.t, e.gate::int4, e.cred, e.kind / 4, e.kind %% 4, kidoban.event_details(e.details) FROM kidoban.%I e'
      ' WHERE e.t >= %L AND e.t < %L AND e.bucket = %s AND e.log = %s AND e.seq = %s AND e.gate = ANY (%L::int2[])',
      parent, stamp, stamp + interval '1 millisecond', floor(extract(epoch FROM stamp) / 900)::int4, wanted_log, wanted_seq, kidoban.current_gates());
    IF FOUND THEN
      RETURN;
    END IF;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION event_details(details text) RETURNS jsonb
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$ SELECT CASE details WHEN '' THEN '{}' ELSE details END::jsonb $$;

-- One person at one gate at a moment. told and reader: of an event; decided: the revision that it says decided it.
CREATE OR REPLACE FUNCTION explain(person int4, number text, at_gate int4, t timestamptz, told text[], reader int4, decided int8)
RETURNS TABLE (cardholder_id int4, employee_number text, name text, card_number text, gate_id int4, gate_name text, at timestamptz,
               verdict text, server_verdict text, held_revision int8, held_since timestamptz, list_revision int8, list_since timestamptz,
               server_revision int8, reasons jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  device  int4;
  card    int4;
  permits record;
  list    record;
  denied  int2;
  facts   jsonb;
  held    jsonb;
  had     jsonb;
  changes jsonb;
BEGIN
  SELECT g.name, g.controller_id INTO gate_name, device FROM kidoban.gate_names(ARRAY[at_gate]::int2[]) g;
  IF NOT FOUND OR gate_name IS NULL THEN
    RETURN;
  END IF;
  SELECT p.employee_number, p.name INTO employee_number, name FROM kidoban.explain_person(person) p;
  IF NOT FOUND AND person IS NOT NULL THEN
    RETURN;
  END IF;
  cardholder_id := person; gate_id := at_gate; at := t;
  server_revision := kidoban.revision_at(t);
  -- The controller that the gate was on then.
  SELECT coalesce(max(g.controller_id), device) INTO device
    FROM gate_version g JOIN change_set f ON f.id = g.from_cs LEFT JOIN change_set e ON e.id = g.to_cs
   WHERE g.id = at_gate AND f.revision <= server_revision AND (e.revision IS NULL OR e.revision > server_revision);
  SELECT * INTO permits FROM kidoban.stream_at(device, 1::int2, t);
  SELECT * INTO list FROM kidoban.stream_at(device, 2::int2, t);
  -- The event names the revision that decided it: of the deny list, when that refused it, else of the permits.
  IF decided <= server_revision AND decided IS DISTINCT FROM list.revision THEN
    IF 'lost_card_refused' = ANY (told) OR kidoban.stream_was(device, 2::int2, decided) AND NOT kidoban.stream_was(device, 1::int2, decided) THEN
      list.since := coalesce(list.since, t);
      list.revision := decided;
    ELSE
      permits.since := CASE WHEN permits.revision = decided THEN permits.since END;
      permits.revision := decided;
    END IF;
  END IF;
  held_revision := permits.revision; held_since := permits.since; list_revision := list.revision; list_since := list.since;

  card := kidoban.explain_card(person, number, server_revision);
  card_number := coalesce((SELECT k.card_number FROM credential_version k WHERE k.id = card ORDER BY k.from_cs DESC LIMIT 1), number);
  facts := kidoban.standing_at(person, card, at_gate, server_revision, t);
  had := kidoban.judge(facts, facts -> 'card' <> 'null', NULL)
         || kidoban.judge_state(facts, at_gate, t, reader, person, server_revision);
  IF permits.revision IS NOT NULL THEN
    SELECT d.reason INTO denied FROM kidoban.denied_at(device, list.revision, (SELECT s.revision FROM kidoban.stream_at(device, 1::int2, list.since) s),
                                                       permits.revision, ARRAY[card]) d;
    facts := kidoban.standing_at(person, card, at_gate, permits.revision, t);
    held := kidoban.judge(facts, EXISTS (SELECT FROM kidoban.records_at(device, permits.revision, ARRAY[card])), denied);
  END IF;
  -- Its state, mode and passback parameters are what it told; only what it knows of the person is of the permits held.
  held := coalesce(held, '{}') || kidoban.judge_state(CASE WHEN held IS NOT NULL THEN facts END, at_gate, t, reader, person, server_revision);
  changes := jsonb_build_object(
    'known', kidoban.last_change('credential', card, 'cardholder_id, card_number', server_revision),
    'lost', greatest(kidoban.last_change('cardholder', person, 'lost', server_revision), kidoban.last_change('credential', card, 'lost', server_revision)),
    'enabled', kidoban.last_change('cardholder', person, 'enabled', server_revision),
    'validity', kidoban.last_change('cardholder', person, 'valid_from, valid_to', server_revision),
    'permit', kidoban.last_grant(person, at_gate, server_revision), 'pass_level', kidoban.last_grant(person, at_gate, server_revision),
    'verification', kidoban.last_change('cardholder', person, 'pin_sealed IS NULL', server_revision),
    'anti_passback', kidoban.last_change('gate', at_gate, 'parameters', server_revision));
  reasons := kidoban.explain_checks(held, had, told, changes);
  verdict := CASE WHEN told = '{}' THEN 'pass' WHEN told IS NOT NULL THEN 'refuse' ELSE kidoban.verdict_of(reasons, 'verdict') END;
  server_verdict := kidoban.verdict_of(reasons, 'server_verdict');
  RETURN NEXT;
END $$;

-- GET /explanations?cardholder=&gate=&at=. No row: not there, or out of scope.
CREATE FUNCTION api.explanation(cardholder int4, card text, gate int4, at timestamptz)
RETURNS TABLE (cardholder_id int4, employee_number text, name text, card_number text, gate_id int4, gate_name text, at_ timestamptz,
               verdict text, server_verdict text, held_revision int8, held_since timestamptz, list_revision int8, list_since timestamptz,
               server_revision int8, reasons jsonb, event jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT x.*, NULL::jsonb FROM kidoban.explain(cardholder, card, gate, at, NULL, 1, NULL) x
   WHERE card IS NULL OR EXISTS (SELECT FROM credential_version k WHERE k.cardholder_id = explanation.cardholder AND k.card_number = card)
$$;

-- GET /explanations?event=: what the controller did, with its own words (the reasons it named) among the checks.
CREATE FUNCTION api.explanation_of_event(log int4, seq int4, t timestamptz)
RETURNS TABLE (cardholder_id int4, employee_number text, name text, card_number text, gate_id int4, gate_name text, at_ timestamptz,
               verdict text, server_verdict text, held_revision int8, held_since timestamptz, list_revision int8, list_since timestamptz,
               server_revision int8, reasons jsonb, event jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  e      record;
  c      cred;
  word   text;
  told   text[];
  number text;
  person int4;
BEGIN
  IF NOT kidoban.may_view('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  SELECT * INTO e FROM kidoban.explain_event(explanation_of_event.log, explanation_of_event.seq, explanation_of_event.t);
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT * INTO c FROM cred x WHERE x.id = e.cred;
  word := (SELECT o.code FROM code o WHERE o.class = 'event' AND o.number = e.kind);
  number := coalesce(c.card_number, e.details ->> 'card');
  -- A card that the gate did not know may be one that the server knew.
  person := coalesce(c.cardholder_id, (SELECT k.cardholder_id FROM credential_version k JOIN change_set f ON f.id = k.from_cs
                                         LEFT JOIN change_set x ON x.id = k.to_cs
                                        WHERE k.card_number = number AND f.at <= e.t AND (x.at IS NULL OR x.at > e.t) LIMIT 1));
  told := CASE WHEN e.kind IN (101, 102, 103, 104, 105, 107, 108, 119) THEN '{}'
               WHEN kidoban.check_of(word) IS NOT NULL THEN ARRAY(SELECT w FROM unnest(string_to_array(e.details ->> 'text', ' ')) w
                                                                   WHERE kidoban.check_of(w) IS NOT NULL) || word END;
  IF told IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT x.*, jsonb_build_object('id', log || '-' || seq, 't', kidoban.rfc3339(e.t), 'kind', word, 'told', to_jsonb(ARRAY(SELECT DISTINCT unnest(told))),
                                   'revision', (e.details ->> 'revision')::int8)
      FROM kidoban.explain(person, number, e.gate, e.t, told, e.reader, (e.details ->> 'revision')::int8) x;
END $$;

-- A gate at a moment: what its controller held. No row: out of scope.
CREATE FUNCTION api.explanation_gate(gate int4, at timestamptz)
RETURNS TABLE (name text, controller_id int4, held_revision int8, held_since timestamptz, list_revision int8, list_since timestamptz, server_revision int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  SELECT g.name, g.controller_id, p.revision, p.since, l.revision, l.since, kidoban.revision_at(at)
    FROM kidoban.gate_names(ARRAY[gate]::int2[]) g CROSS JOIN LATERAL kidoban.stream_at(g.controller_id, 1::int2, at) p
   CROSS JOIN LATERAL kidoban.stream_at(g.controller_id, 2::int2, at) l
   WHERE g.name IS NOT NULL AND kidoban.may_view('cardholders')
$$;

-- Which of some people a gate would let pass at t, by what its controller held (held null: it is not known what), and by the server.
CREATE OR REPLACE FUNCTION passes_at(people int4[], gates int4[], controller int4, t timestamptz)
RETURNS TABLE (cardholder_id int4, gate_id int4, card_number text, pass_level int2, held bool, server bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  permits record;
  list    record;
  before  int8;
BEGIN
  SELECT * INTO permits FROM kidoban.stream_at(controller, 1::int2, t);
  SELECT * INTO list FROM kidoban.stream_at(controller, 2::int2, t);
  SELECT s.revision INTO before FROM kidoban.stream_at(controller, 1::int2, list.since) s;
  RETURN QUERY
    WITH held_ AS MATERIALIZED (
      SELECT * FROM kidoban.rights_at(CASE WHEN permits.revision IS NULL THEN '{}' ELSE people END, coalesce(permits.revision, 0)) r
       WHERE r.gate_id = ANY (gates) AND r.lo <= t AND r.hi > t),
    denied AS MATERIALIZED (
      SELECT d.credential_id FROM kidoban.denied_at(controller, list.revision, before, permits.revision, ARRAY(SELECT DISTINCT h.credential_id FROM held_ h)) d),
    server_ AS MATERIALIZED (
      SELECT * FROM kidoban.rights_at(people, kidoban.revision_at(t)) r WHERE r.gate_id = ANY (gates) AND r.lo <= t AND r.hi > t),
    either AS (
      SELECT h.cardholder_id, h.gate_id, h.card_number, h.pass_level, true AS by_held FROM held_ h WHERE h.credential_id NOT IN (SELECT d.credential_id FROM denied d)
      UNION ALL
      SELECT s.cardholder_id, s.gate_id, s.card_number, s.pass_level, false FROM server_ s)
    SELECT e.cardholder_id, e.gate_id, min(e.card_number), max(e.pass_level),
           CASE WHEN permits.revision IS NOT NULL THEN bool_or(e.by_held) END, bool_or(NOT e.by_held)
      FROM either e GROUP BY e.cardholder_id, e.gate_id;
END $$;

-- Who could pass a gate at a moment, in the order of id from after on: people in scope only.
CREATE FUNCTION api.explanation_passers(gate int4, at timestamptz, after int4, most int4)
RETURNS TABLE (cardholder_id int4, employee_number text, name text, department_id int4, department text, card_number text, pass_level int2,
               held bool, server bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  device int4 := (SELECT x.controller_id FROM api.explanation_gate(explanation_passers.gate, explanation_passers.at) x);
  groups int4[] := ARRAY(SELECT DISTINCT m.gate_group_id FROM gate_group_member_version m WHERE m.gate_id = explanation_passers.gate);
  scope  int4[] := CASE WHEN NOT kidoban.sees_all_departments() THEN kidoban.current_department_scope() END;
  place  int4 := after;
  left_  int4 := most;
  people int4[];
  n      int4;
BEGIN
  IF device IS NULL THEN
    RETURN;
  END IF;
  WHILE left_ > 0 LOOP
    people := ARRAY(SELECT DISTINCT p.cardholder_id FROM permit_version p
                     WHERE p.cardholder_id > place AND (p.gate_id = explanation_passers.gate OR p.gate_group_id = ANY (groups))
                     ORDER BY 1 LIMIT greatest(2 * most, 500));
    EXIT WHEN cardinality(people) = 0;
    place := people[cardinality(people)];
    RETURN QUERY
      SELECT x.cardholder_id, c.employee_number, c.name, c.department_id, d.name, x.card_number, x.pass_level, x.held, x.server
        FROM kidoban.passes_at(people, ARRAY[explanation_passers.gate], device, explanation_passers.at) x
        JOIN LATERAL (SELECT v.* FROM cardholder_version v WHERE v.id = x.cardholder_id ORDER BY v.to_cs DESC NULLS FIRST LIMIT 1) c ON true
        JOIN LATERAL (SELECT v.* FROM department_version v WHERE v.id = c.department_id ORDER BY v.to_cs DESC NULLS FIRST LIMIT 1) d ON true
       WHERE scope IS NULL OR c.department_id = ANY (scope)
       ORDER BY x.cardholder_id LIMIT left_;
    GET DIAGNOSTICS n = ROW_COUNT;
    left_ := left_ - n;
  END LOOP;
END $$;

-- Somebody in scope, or no row.
CREATE FUNCTION api.explanation_person(cardholder int4) RETURNS TABLE (id int4, employee_number text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$ SELECT * FROM kidoban.explain_person(cardholder) $$;

-- What somebody could open at a moment, in the order of the gates' ids: gates in scope only.
CREATE FUNCTION api.explanation_gates(cardholder int4, at timestamptz, after int4, most int4)
RETURNS TABLE (gate_id int4, gate_name text, card_number text, pass_level int2, held bool, server bool, held_revision int8, list_revision int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
#variable_conflict use_column
DECLARE
  reach int4[];
BEGIN
  IF NOT EXISTS (SELECT FROM kidoban.explain_person(explanation_gates.cardholder)) THEN
    RETURN;
  END IF;
  reach := ARRAY(SELECT p.gate_id FROM permit_version p WHERE p.cardholder_id = explanation_gates.cardholder AND p.gate_id IS NOT NULL
                 UNION SELECT m.gate_id FROM permit_version p JOIN gate_group_member_version m ON m.gate_group_id = p.gate_group_id
                        WHERE p.cardholder_id = explanation_gates.cardholder);
  RETURN QUERY
    SELECT x.gate_id, g.name, x.card_number, x.pass_level, x.held, x.server, p.revision, l.revision
      FROM (SELECT y.controller_id, array_agg(y.id::int4) AS ids FROM kidoban.gate_names(ARRAY(SELECT unnest(reach)::int2)) y
             WHERE y.name IS NOT NULL AND y.id > explanation_gates.after GROUP BY y.controller_id) dev
     CROSS JOIN LATERAL kidoban.passes_at(ARRAY[explanation_gates.cardholder], dev.ids, dev.controller_id, explanation_gates.at) x
     CROSS JOIN LATERAL kidoban.stream_at(dev.controller_id, 1::int2, explanation_gates.at) p
     CROSS JOIN LATERAL kidoban.stream_at(dev.controller_id, 2::int2, explanation_gates.at) l
      JOIN kidoban.gate_names(ARRAY(SELECT unnest(reach)::int2)) g ON g.id = x.gate_id
     ORDER BY x.gate_id LIMIT most;
END $$;
