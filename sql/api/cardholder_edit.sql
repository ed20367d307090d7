-- Cardholders registered, changed, deleted, one or many (C-1, C-2, C-5), lost and given another card (C-7). INVOKER: row-level
-- security judges every row written. Each is one change set and answers its revision.

-- Locks the row and refuses when it is not there, out of scope, or not what the caller has seen (A-5).
CREATE OR REPLACE FUNCTION cardholder_lock(cardholder int4, if_match int8) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_edit('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM FROM cardholder c WHERE c.id = cardholder FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the cardholder is not there' USING ERRCODE = 'KD003';
  END IF;
  IF if_match IS NOT NULL AND kidoban.cardholder_revision(cardholder) <> if_match THEN
    RAISE EXCEPTION 'the cardholder was changed since' USING ERRCODE = 'KD001';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION department_check(department int4) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF department IS NOT NULL AND NOT EXISTS (SELECT FROM department d WHERE d.id = department_check.department) THEN
    RAISE EXCEPTION 'the department is not there' USING ERRCODE = 'KD007', COLUMN = 'department', HINT = 'not_found';
  END IF;
END $$;

-- Values of fields that are in change; the others stay. fields: names of the API; times and numbers as text do.
CREATE OR REPLACE FUNCTION cardholder_write(ids int4[], change jsonb) RETURNS int4[]
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  written int4[];
BEGIN
  PERFORM kidoban.department_check((change ->> 'department')::int4);
  WITH fresh AS (
    SELECT c.id,
           CASE WHEN change ? 'employee_number' THEN change ->> 'employee_number' ELSE c.employee_number END AS employee_number,
           CASE WHEN change ? 'name' THEN change ->> 'name' ELSE c.name END AS name,
           CASE WHEN change ? 'kana' THEN change ->> 'kana' ELSE c.kana::text END AS kana,
           coalesce((change ->> 'department')::int4, c.department_id) AS department_id,
           CASE WHEN change ? 'valid_from' THEN (change ->> 'valid_from')::timestamptz ELSE c.valid_from END AS valid_from,
           CASE WHEN change ? 'valid_to' THEN (change ->> 'valid_to')::timestamptz ELSE c.valid_to END AS valid_to,
           coalesce((change ->> 'enabled')::bool, c.enabled) AS enabled,
           coalesce((change ->> 'extended_unlock')::bool, c.extended_unlock) AS extended_unlock,
           coalesce((change ->> 'apb_exempt')::bool, c.apb_exempt) AS apb_exempt,
           CASE WHEN change ? 'note' THEN change ->> 'note' ELSE c.note END AS note
      FROM cardholder c WHERE c.id = ANY (ids)),
  done AS (
    UPDATE cardholder c
       SET employee_number = f.employee_number, name = f.name, kana = f.kana, department_id = f.department_id,
           valid_from = f.valid_from, valid_to = f.valid_to, enabled = f.enabled, extended_unlock = f.extended_unlock,
           apb_exempt = f.apb_exempt, note = f.note
      FROM fresh f
     WHERE c.id = f.id
       AND (c.employee_number, c.name, c.kana::text, c.department_id, c.valid_from, c.valid_to, c.enabled, c.extended_unlock,
            c.apb_exempt, c.note)
           IS DISTINCT FROM (f.employee_number, f.name, f.kana, f.department_id, f.valid_from, f.valid_to, f.enabled,
                             f.extended_unlock, f.apb_exempt, f.note)
    RETURNING c.id)
  SELECT coalesce(array_agg(id), '{}') INTO written FROM done;
  RETURN written;
END $$;

-- The number of the one card that counts: corrected, added when there is none, taken away by null. A holder of several gets
-- another by reissue, which keeps the old ones on the lost list.
CREATE OR REPLACE FUNCTION cardholder_card(cardholder int4, change jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  cards int4[] := ARRAY(SELECT k.id FROM credential k WHERE k.cardholder_id = cardholder AND NOT k.lost);
  issue int2 := (change ->> 'issue_count')::int2;
BEGIN
  IF NOT change ?| '{card_number,issue_count}' THEN
    RETURN;
  END IF;
  IF cardinality(cards) > 1 THEN
    RAISE EXCEPTION 'the cardholder has several cards: mark one lost, or give another one'
      USING ERRCODE = 'KD007', COLUMN = 'card_number', HINT = 'several_cards';
  END IF;
  IF change ? 'card_number' AND change ->> 'card_number' IS NULL THEN
    DELETE FROM credential k WHERE k.id = ANY (cards);
  ELSIF cardinality(cards) = 1 THEN
    UPDATE credential k SET card_number = coalesce(change ->> 'card_number', k.card_number), issue_count = coalesce(issue, k.issue_count)
     WHERE k.id = cards[1] AND (k.card_number, k.issue_count) IS DISTINCT FROM
           (coalesce(change ->> 'card_number', k.card_number), coalesce(issue, k.issue_count));
  ELSIF change ? 'card_number' THEN
    INSERT INTO credential (cardholder_id, card_number, issue_count)
    SELECT cardholder, change ->> 'card_number', coalesce(issue, max(k.issue_count) + 1, 1)
      FROM credential k WHERE k.cardholder_id = cardholder;
  END IF;
END $$;

CREATE FUNCTION api.cardholder_create(cardholder int4, fields jsonb, pin_sealed bytea) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_edit('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM api.change_begin('cardholder.create', '');
  PERFORM kidoban.department_check((fields ->> 'department')::int4);
  INSERT INTO cardholder (id, employee_number, name, kana, department_id, valid_from, valid_to, enabled, pin_sealed,
                          extended_unlock, apb_exempt, note)
  VALUES (cardholder, fields ->> 'employee_number', fields ->> 'name', coalesce(fields ->> 'kana', ''),
          (fields ->> 'department')::int4, (fields ->> 'valid_from')::timestamptz, (fields ->> 'valid_to')::timestamptz,
          coalesce((fields ->> 'enabled')::bool, true), cardholder_create.pin_sealed,
          coalesce((fields ->> 'extended_unlock')::bool, false), coalesce((fields ->> 'apb_exempt')::bool, false),
          coalesce(fields ->> 'note', ''));
  PERFORM kidoban.cardholder_card(cardholder, fields);
  RETURN api.change_end();
END $$;

-- set_pin: the PIN becomes pin_sealed, none when that is null.
CREATE FUNCTION api.cardholder_update(cardholder int4, if_match int8, change jsonb, set_pin bool, pin_sealed bytea) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('cardholder.update', '');
  PERFORM kidoban.cardholder_lock(cardholder, if_match);
  PERFORM kidoban.cardholder_write(ARRAY[cardholder], change);
  IF set_pin THEN
    UPDATE cardholder c SET pin_sealed = cardholder_update.pin_sealed WHERE c.id = cardholder;
  END IF;
  PERFORM kidoban.cardholder_card(cardholder, change);
  RETURN api.change_end();
END $$;

-- Permits at gates of others go with their holder: who may delete a person may end all that the person may do.
CREATE OR REPLACE FUNCTION cardholder_permits_end(ids int4[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  IF NOT kidoban.may_edit('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  DELETE FROM permit p USING cardholder c
   WHERE p.cardholder_id = ANY (ids) AND c.id = p.cardholder_id
     AND (kidoban.sees_all_departments() OR c.department_id = ANY (kidoban.current_department_scope()));
END $$;

CREATE OR REPLACE FUNCTION cardholder_remove(ids int4[]) RETURNS void
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM kidoban.cardholder_permits_end(ids);
  DELETE FROM credential k WHERE k.cardholder_id = ANY (ids);
  DELETE FROM cardholder c WHERE c.id = ANY (ids);
END $$;

CREATE FUNCTION api.cardholder_delete(cardholder int4, if_match int8) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('cardholder.delete', '');
  PERFORM kidoban.cardholder_lock(cardholder, if_match);
  PERFORM kidoban.cardholder_remove(ARRAY[cardholder]);
  RETURN api.change_end();
END $$;

-- Lost or found again: one card, or (card null) the person with all of them. The commit marks the act as one that revokes, which
-- wakes the pollers: controllers learn of it at once. Found is not urgent, but comes the same way.
CREATE FUNCTION api.cardholder_lost(cardholder int4, lost bool, card int4, comment text) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin(CASE WHEN cardholder_lost.lost THEN 'cardholder.lost' ELSE 'cardholder.found' END, comment);
  PERFORM kidoban.cardholder_lock(cardholder, NULL);
  IF card IS NULL THEN
    UPDATE cardholder c SET lost = cardholder_lost.lost, lost_at = CASE WHEN cardholder_lost.lost THEN clock_timestamp() END
     WHERE c.id = cardholder AND c.lost <> cardholder_lost.lost;
  ELSE
    PERFORM FROM credential k WHERE k.id = card AND k.cardholder_id = cardholder;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the card is not this cardholder''s' USING ERRCODE = 'KD007', COLUMN = 'card', HINT = 'not_found';
    END IF;
    UPDATE credential k SET lost = cardholder_lost.lost WHERE k.id = card AND k.lost <> cardholder_lost.lost;
  END IF;
  RETURN api.change_end();
END $$;

-- Another card: every one before goes, or stays, on the lost list; the person is not lost any more.
CREATE FUNCTION api.cardholder_reissue(cardholder int4, if_match int8, number text) RETURNS int8
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
BEGIN
  PERFORM api.change_begin('cardholder.reissue', '');
  PERFORM kidoban.cardholder_lock(cardholder, if_match);
  UPDATE credential k SET lost = true WHERE k.cardholder_id = cardholder AND NOT k.lost;
  INSERT INTO credential (cardholder_id, card_number, issue_count)
  SELECT cardholder, number, coalesce(max(k.issue_count), 0) + 1 FROM credential k WHERE k.cardholder_id = cardholder;
  UPDATE cardholder c SET lost = false, lost_at = NULL WHERE c.id = cardholder AND c.lost;
  RETURN api.change_end();
END $$;

-- Many at once, as one change set (C-5). The caller says how many it means: KD006 with the true count in DETAIL when it is
-- another number. change: department, enabled, valid_from, valid_to, permits_add and permits_remove (see permit.sql).
CREATE FUNCTION api.cardholders_bulk(search jsonb, ids int4[], expected int4, change jsonb, remove bool)
RETURNS TABLE (changed int4, revision int8)
LANGUAGE plpgsql SET search_path = kidoban, pg_temp AS $$
DECLARE
  chosen int4[];
  done   int4[];
BEGIN
  IF NOT kidoban.may_edit('cardholders') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'KD004';
  END IF;
  PERFORM api.change_begin(CASE WHEN remove THEN 'cardholder.bulk_delete' ELSE 'cardholder.bulk_update' END, '');
  chosen := kidoban.cardholder_ids(search, ids);
  -- Locked, then counted again: who was deleted or moved away meanwhile is not meant any more.
  chosen := ARRAY(SELECT c.id FROM cardholder c WHERE c.id = ANY (chosen) ORDER BY c.id FOR UPDATE);
  IF cardinality(chosen) <> expected THEN
    RAISE EXCEPTION 'these are % cardholders, not %', cardinality(chosen), expected
      USING ERRCODE = 'KD006', DETAIL = cardinality(chosen)::text, HINT = 'other_count';
  END IF;
  IF remove THEN
    PERFORM kidoban.cardholder_remove(chosen);
    done := chosen;
  ELSE
    done := kidoban.cardholder_write(chosen, change - '{permits_add,permits_remove}'::text[])
            || kidoban.permits_remove(chosen, coalesce(change -> 'permits_remove', '[]'))
            || kidoban.permits_add(chosen, coalesce(change -> 'permits_add', '[]'));
  END IF;
  changed := (SELECT count(DISTINCT d) FROM unnest(done) d);
  revision := api.change_end();
  RETURN NEXT;
END $$;
