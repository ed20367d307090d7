-- UHPPOTE boards: what they can not hold is refused where it is granted, what they shall hold is worked out from the same
-- records as for our own controllers, and what they said is kept.

-- Decimal as a board says it, without leading zeros, so that no two texts are one card; the numbers that are not cards apart.
CREATE OR REPLACE FUNCTION uhppote_card_fits(card_number text) RETURNS bool
LANGUAGE sql IMMUTABLE SET search_path = kidoban, pg_temp AS $$
  SELECT CASE WHEN card_number ~ '^[1-9][0-9]{0,9}$' THEN card_number::int8 <= 4294967039 AND card_number <> '16777215' ELSE false END
$$;

-- What of these people a board could not hold, the first of it: letters or too long a number, a PIN of more than six digits,
-- a validity by time of day, two validities at once. Validity is whole days of the site there, one for all doors of a board.
CREATE OR REPLACE FUNCTION uhppote_unfit(people int4[])
RETURNS TABLE (code text, field text, card_number text, gate_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  WITH zone AS (SELECT s.value AS name FROM setting s WHERE s.name = 'time_zone'),
  reach AS MATERIALIZED (
    SELECT g.id AS gate_id, NULL::int4 AS gate_group_id, g.name, g.controller_id FROM gate g JOIN controller c ON c.id = g.controller_id AND c.driver = 'uhppote'
    UNION ALL
    SELECT NULL, m.gate_group_id, g.name, g.controller_id FROM gate_group_member m JOIN gate g ON g.id = m.gate_id
      JOIN controller c ON c.id = g.controller_id AND c.driver = 'uhppote'),
  granted AS MATERIALIZED (
    SELECT r.name AS gate_name, r.controller_id, h.id AS cardholder_id, h.pin_sealed, h.enabled AND NOT h.lost AS passes,
           greatest(h.valid_from, p.valid_from) AS lo, least(h.valid_to, p.valid_to) AS hi
      FROM permit p JOIN cardholder h ON h.id = p.cardholder_id
      JOIN reach r ON r.gate_id = p.gate_id OR r.gate_group_id = p.gate_group_id
     WHERE p.cardholder_id = ANY (people)),
  bound AS (
    SELECT g.*, (g.lo AT TIME ZONE z.name) AS local_lo, (g.hi AT TIME ZONE z.name) AS local_hi
      FROM granted g CROSS JOIN zone z WHERE g.passes AND (g.lo IS NULL OR g.hi IS NULL OR g.lo < g.hi)
       AND (g.hi IS NULL OR g.hi > clock_timestamp()))
  SELECT * FROM (
    SELECT 'card_number_not_on_board', 'card_number', k.card_number, g.gate_name
      FROM granted g JOIN credential k ON k.cardholder_id = g.cardholder_id AND NOT k.lost
     WHERE g.passes AND NOT kidoban.uhppote_card_fits(k.card_number)
    UNION ALL
    -- A sealed value is 29 bytes longer than what it holds (lib/base/seal.h).
    SELECT 'pin_too_long_for_board', 'pin', '', g.gate_name FROM granted g WHERE g.passes AND octet_length(g.pin_sealed) - 29 > 6
    UNION ALL
    SELECT 'validity_by_time_on_board', CASE WHEN b.local_hi::time NOT IN ('00:00') AND b.local_hi::time < '23:59' THEN 'valid_to' ELSE 'valid_from' END,
           '', b.gate_name
      FROM bound b
     WHERE (b.local_hi::time <> '00:00' AND b.local_hi::time < '23:59') OR (b.local_lo::time <> '00:00' AND b.lo > clock_timestamp())
    UNION ALL
    SELECT 'validities_differ_on_board', 'valid_to', '', min(b.gate_name)
      FROM bound b GROUP BY b.cardholder_id, b.controller_id
    HAVING count(DISTINCT (CASE WHEN b.lo > clock_timestamp() THEN b.lo END, b.hi)) > 1) x(code, field, card_number, gate_name)
   LIMIT 1
$$;

-- At the end of an act: refuses what it would have a board hold and a board can not, naming the gate (422).
CREATE OR REPLACE FUNCTION uhppote_check(cs int8, touched text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  boards int4[] := ARRAY(SELECT g.id FROM gate g JOIN controller c ON c.id = g.controller_id WHERE c.driver = 'uhppote');
  people int4[];
  bad    record;
  most   int4;
BEGIN
  IF cardinality(boards) = 0 OR NOT touched && '{permit,credential,cardholder,gate_group_member,gate}' THEN
    RETURN;
  END IF;
  people := ARRAY(
    SELECT cardholder_id FROM permit WHERE from_cs = cs
    UNION SELECT cardholder_id FROM credential WHERE from_cs = cs
    UNION SELECT id FROM cardholder WHERE from_cs = cs
    UNION SELECT p.cardholder_id FROM permit p JOIN gate_group_member m ON m.gate_group_id = p.gate_group_id
           WHERE m.from_cs = cs AND m.gate_id = ANY (boards)
    UNION SELECT p.cardholder_id FROM permit p JOIN gate g ON g.id = p.gate_id WHERE g.from_cs = cs AND g.id = ANY (boards)
    UNION SELECT p.cardholder_id FROM permit p JOIN gate_group_member m ON m.gate_group_id = p.gate_group_id
            JOIN gate g ON g.id = m.gate_id WHERE g.from_cs = cs AND g.id = ANY (boards));
  IF cardinality(people) = 0 THEN
    RETURN;
  END IF;
  SELECT * INTO bad FROM kidoban.uhppote_unfit(people);
  IF FOUND THEN
    RAISE EXCEPTION '%', CASE bad.code
        WHEN 'card_number_not_on_board' THEN format('the controller of gate "%s" holds card numbers of digits only, without leading zeros, up to 4294967039: not %s', bad.gate_name, bad.card_number)
        WHEN 'pin_too_long_for_board' THEN format('the controller of gate "%s" holds a PIN of at most 6 digits', bad.gate_name)
        WHEN 'validity_by_time_on_board' THEN format('the controller of gate "%s" knows validity by whole days only', bad.gate_name)
        ELSE format('the controller of gate "%s" holds one validity for all its doors', bad.gate_name) END
      USING ERRCODE = 'KD007', COLUMN = bad.field, HINT = bad.code;
  END IF;
  most := (SELECT value::int4 FROM setting WHERE name = 'uhppote_cards');
  SELECT g.name INTO bad
    FROM gate g
   WHERE g.id = ANY (boards)
     AND EXISTS (SELECT FROM permit p WHERE p.cardholder_id = ANY (people) AND p.gate_id = g.id
                 UNION ALL
                 SELECT FROM permit p JOIN gate_group_member m ON m.gate_group_id = p.gate_group_id
                  WHERE p.cardholder_id = ANY (people) AND m.gate_id = g.id)
     AND most < (SELECT count(DISTINCT k.id) FROM gate s
                   JOIN LATERAL (SELECT p.cardholder_id FROM permit p WHERE p.gate_id = s.id
                                 UNION ALL
                                 SELECT p.cardholder_id FROM gate_group_member m JOIN permit p ON p.gate_group_id = m.gate_group_id
                                  WHERE m.gate_id = s.id) h ON true
                   JOIN credential k ON k.cardholder_id = h.cardholder_id WHERE s.controller_id = g.controller_id)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the controller of gate "%" holds at most % cards', bad.name, most
      USING ERRCODE = 'KD007', COLUMN = 'gate', HINT = 'board_full';
  END IF;
END $$;

-- The cards of a board at a revision: one line for each number, doors as bits (door 1 = 1), both days inclusive. Where several
-- grants differ all the same, the narrowest days.
CREATE OR REPLACE FUNCTION uhppote_cards_at(controller int4, at_revision int8, credentials int4[])
RETURNS TABLE (card_number text, valid_from date, valid_to date, doors int4, pin_sealed bytea, cardholder_id int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  zone text := (SELECT s.value FROM setting s WHERE s.name = 'time_zone');
BEGIN
  RETURN QUERY
    WITH r AS (
      SELECT x.*, x.valid_to IS NULL OR x.valid_to > clock_timestamp() AS lives,
             bool_or(x.valid_to IS NULL OR x.valid_to > clock_timestamp()) OVER (PARTITION BY x.card_number) AS some_live
        FROM kidoban.records_at(controller, at_revision, credentials) x WHERE NOT x.disabled)
    SELECT r.card_number,
           greatest(max((r.valid_from AT TIME ZONE zone)::date), '2002-01-01'),
           least(min(((r.valid_to - interval '1 microsecond') AT TIME ZONE zone)::date), '2099-12-31'),
           (bit_or(CASE WHEN r.levels[1] > 0 THEN 1 ELSE 0 END + CASE WHEN r.levels[2] > 0 THEN 2 ELSE 0 END
                 + CASE WHEN r.levels[3] > 0 THEN 4 ELSE 0 END + CASE WHEN r.levels[4] > 0 THEN 8 ELSE 0 END))::int4,
           (array_agg(r.pin_sealed))[1], min(r.cardholder_id)
      FROM r WHERE r.lives OR NOT r.some_live
     GROUP BY r.card_number;
END $$;

-- What a board must be told to come from one revision to another: the cards that differ as they shall be, and numbers that
-- are to go (doors 0). from_revision null: everything that it shall hold.
CREATE FUNCTION api.poller_cards(controller int4, from_revision int8, to_revision int8)
RETURNS TABLE (card_number text, valid_from date, valid_to date, doors int4, pin_sealed bytea, cardholder_id int4)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  ids int4[];
BEGIN
  IF from_revision IS NULL THEN
    RETURN QUERY SELECT * FROM kidoban.uhppote_cards_at(controller, to_revision, NULL);
    RETURN;
  END IF;
  ids := ARRAY(SELECT DISTINCT k.id FROM credential_version k
                WHERE k.cardholder_id = ANY (kidoban.touched_cardholders(from_revision, to_revision)));
  IF cardinality(ids) = 0 THEN
    RETURN;
  END IF;
  RETURN QUERY
    WITH b AS MATERIALIZED (SELECT * FROM kidoban.uhppote_cards_at(controller, from_revision, ids)),
    a AS MATERIALIZED (SELECT * FROM kidoban.uhppote_cards_at(controller, to_revision, ids))
    SELECT * FROM (SELECT * FROM a EXCEPT SELECT * FROM b) fresh
    UNION ALL
    SELECT b.card_number, NULL, NULL, 0, NULL, NULL FROM b WHERE b.card_number NOT IN (SELECT a.card_number FROM a);
END $$;

-- Boards have no deny list: an act that concerns one is sent to it at once, what it gives as well as what it takes. Others
-- are moved on without traffic.
CREATE OR REPLACE FUNCTION uhppote_follow(mine int4[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  latest    int8 := kidoban.latest_revision();
  changed   timestamptz;
  lowest    int8;
  behind    int4[];
  concerned int4[];
BEGIN
  SELECT c.at INTO changed FROM change_set c WHERE c.revision = latest;
  -- One that has its job is brought to the newest revision by it; one that failed or was stopped waits. Neither is looked at
  -- again and again while it is away.
  behind := ARRAY(SELECT s.controller_id FROM controller_stream s
                   WHERE s.controller_id = ANY (mine) AND s.stream = 1 AND s.confirmed_revision < latest
                     AND NOT EXISTS (SELECT FROM job j WHERE j.controller_id = s.controller_id AND j.kind = 'permit_transfer' AND j.stream = 1
                                        AND (j.state IN ('queued', 'running')
                                             OR (j.state = 'failed' AND j.finished_at > clock_timestamp() - interval '5 minutes')
                                             OR (j.state = 'stopped' AND j.finished_at > changed))));
  IF cardinality(behind) = 0 THEN
    RETURN;
  END IF;
  SELECT min(s.confirmed_revision) INTO lowest FROM controller_stream s WHERE s.controller_id = ANY (behind) AND s.stream = 1;
  concerned := kidoban.concerned_controllers(lowest, latest);
  PERFORM kidoban.uhppote_moved(ARRAY(SELECT unnest(behind) EXCEPT SELECT unnest(concerned)), latest);
  PERFORM kidoban.queue_transfers(ARRAY(SELECT unnest(behind) INTERSECT SELECT unnest(concerned)), false, NULL, NULL, 'change');
END $$;

CREATE OR REPLACE FUNCTION uhppote_moved(controllers int4[], held int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.stream_set(controllers, 1::int2, held, NULL);
  PERFORM kidoban.stream_set(controllers, 2::int2, held, NULL);
END $$;

-- Stores what a board said of itself. A null is: not said this time.
CREATE FUNCTION api.poller_board(controller int4, token int8, listener text, ours bool, replaced text, mac text, firmware_date date,
                                 cards int4, drift int4, delays int2[]) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF cardinality(kidoban.lease_check(ARRAY[controller], ARRAY[token])) = 0 THEN
    RETURN false;
  END IF;
  UPDATE uhppote_board b
     SET listener = coalesce(poller_board.listener, b.listener), listener_ours = coalesce(ours, b.listener_ours),
         listener_replaced = coalesce(replaced, b.listener_replaced),
         listener_replaced_at = CASE WHEN replaced IS NULL THEN b.listener_replaced_at ELSE clock_timestamp() END,
         mac = poller_board.mac, firmware_date = poller_board.firmware_date, cards = coalesce(poller_board.cards, b.cards),
         drift = coalesce(poller_board.drift, b.drift), checked_at = CASE WHEN poller_board.drift IS NULL THEN b.checked_at ELSE clock_timestamp() END,
         delays = poller_board.delays
   WHERE b.controller_id = controller;
  RETURN FOUND;
END $$;

-- --- search -------------------------------------------------------------------------------------------------------------

-- Asks for the boards that answer on a network (up to 1,024 addresses) or at one address. Answers the search.
CREATE FUNCTION api.uhppote_search_create(network inet, port int4) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
DECLARE
  fresh int4;
BEGIN
  PERFORM kidoban.controller_right();
  IF family(network) <> 4 OR masklen(network) < 22 THEN
    RAISE EXCEPTION 'a network of at most 1024 addresses, 192.168.1.0/24' USING ERRCODE = 'KD007', COLUMN = 'network', HINT = 'too_large';
  END IF;
  DELETE FROM uhppote_search s WHERE s.asked_at < clock_timestamp() - interval '1 day';
  IF (SELECT count(*) FROM uhppote_search s WHERE s.finished_at IS NULL AND s.asked_at > clock_timestamp() - interval '1 minute') >= 3 THEN
    RAISE EXCEPTION 'other searches are under way' USING ERRCODE = 'KD006', HINT = 'busy';
  END IF;
  INSERT INTO uhppote_search (network, port, asked_by) VALUES (network, coalesce(port, 60000), kidoban.current_operator()) RETURNING id INTO fresh;
  PERFORM pg_notify('kidoban_uhppote', '');
  RETURN fresh;
END $$;

-- One row for each board found, with the controller that it is already; one with a null serial when none was.
CREATE FUNCTION api.uhppote_search_get(search int4)
RETURNS TABLE (id int4, network inet, port int4, asked_at timestamptz, finished_at timestamptz, reason text, serial text, address inet,
               board_port int4, netmask inet, gateway inet, mac text, firmware text, firmware_date date, controller_id int4, controller_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.controller_right();
  RETURN QUERY
    SELECT s.id, s.network, s.port, s.asked_at, s.finished_at, s.reason, f.serial, f.address, f.port, f.netmask, f.gateway, f.mac, f.firmware,
           f.firmware_date, c.id, c.name
      FROM uhppote_search s
      LEFT JOIN uhppote_found f ON f.search_id = s.id
      LEFT JOIN controller c ON c.driver = 'uhppote' AND c.serial = f.serial
     WHERE s.id = search ORDER BY f.serial, f.address;
END $$;

-- Searches nobody has begun; begun by whoever asks.
CREATE FUNCTION api.poller_searches() RETURNS TABLE (id int4, network text, masklen int4, port int4)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  RETURN QUERY
    UPDATE uhppote_search s SET started_at = clock_timestamp()
     WHERE s.id IN (SELECT x.id FROM uhppote_search x WHERE x.started_at IS NULL ORDER BY x.id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING s.id, host(s.network), masklen(s.network), s.port;
END $$;

CREATE FUNCTION api.poller_search_found(search int4, serial text, address text, port int4, netmask text, gateway text, mac text, firmware text,
                                        firmware_date date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  INSERT INTO uhppote_found (search_id, serial, address, port, netmask, gateway, mac, firmware, firmware_date)
  SELECT s.id, poller_search_found.serial, poller_search_found.address::inet, poller_search_found.port, poller_search_found.netmask::inet,
         poller_search_found.gateway::inet, left(poller_search_found.mac, 17), left(poller_search_found.firmware, 32), poller_search_found.firmware_date
    FROM uhppote_search s WHERE s.id = poller_search_found.search
  ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION api.poller_search_end(search int4, reason text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
  UPDATE uhppote_search s SET finished_at = clock_timestamp(), reason = left(poller_search_end.reason, 255)
   WHERE s.id = poller_search_end.search
$$;

-- May Kidoban take the board's one listener from whoever has it, and is the board to tell that doors open and close?
CREATE FUNCTION api.uhppote_board_set(controller int4, take_listener bool, door_events bool) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.controller_right();
  UPDATE uhppote_board b SET take_listener = coalesce(uhppote_board_set.take_listener, b.take_listener),
         door_events = coalesce(uhppote_board_set.door_events, b.door_events)
   WHERE b.controller_id = uhppote_board_set.controller AND b.controller_id = ANY (kidoban.current_controllers());
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the board is not there' USING ERRCODE = 'KD003';
  END IF;
  PERFORM pg_notify('kidoban_controllers', '');
END $$;
