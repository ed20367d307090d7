-- Least privilege. Nothing is granted on partitions, nothing to PUBLIC. Replaced as a whole at each upgrade.

DO $$
DECLARE
  r text;
BEGIN
  FOREACH r IN ARRAY '{kidoban_web,kidoban_session,kidoban_gates,kidoban_history,kidoban_cardholders,kidoban_organisation,kidoban_live,kidoban_gate_poller,
                       kidoban_keeper,kidoban_transfer,kidoban_report}'::text[] LOOP
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA kidoban, report FROM %I', r);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA kidoban FROM %I', r);
    EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kidoban, api FROM %I', r);
  END LOOP;
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kidoban, api FROM PUBLIC;

-- Who am I, what may I: harmless, and policies need them.
GRANT EXECUTE ON FUNCTION current_operator(), current_right(text), may_view(text[]), may_edit(text), sees_all_gates(),
  sees_all_departments(), current_gate_scope(), current_department_scope(), current_gates(), current_controllers(),
  current_logs(), current_gate_groups(bool), department_subtrees(int4[]), gates_of(int4[], int4[]), current_change(),
  idle_timeout(), views_all_gates(text[]), views_all_departments(text[]), groups_for(text[]), gates_for(text[]),
  controllers_for(text[]), departments_for(text[]) TO kidoban_web, kidoban_live;
GRANT EXECUTE ON FUNCTION api.session_context(), api.session_touch() TO kidoban_web, kidoban_live;
GRANT EXECUTE ON FUNCTION api.session_open(text), api.session_create(int4, bytea, text, inet),
  api.session_remote(text, bytea, inet), api.session_end(), api.session_times(), api.session_password(),
  api.session_password_change(text, text, text), api.login_tries(text), api.login_failed(text) TO kidoban_session;

GRANT SELECT ON edition, setting, code, event_category, history_part TO kidoban_web, kidoban_live, kidoban_gate_poller,
  kidoban_keeper, kidoban_transfer;
GRANT SELECT (id, revision, at) ON change_set TO kidoban_web;
GRANT SELECT (id, name, display_name) ON operator TO kidoban_web;
GRANT SELECT ON saved_search TO kidoban_session;
GRANT INSERT (operator_id, screen, name, search), UPDATE (name, search), DELETE ON saved_search TO kidoban_session;

-- gates: watching and operating, and the organisation that its lists show
GRANT SELECT ON management_group, management_group_current, department, department_current, controller, controller_current,
  gate, gate_current, gate_group, gate_group_current, gate_group_member, gate_group_member_current,
  gate_state, controller_state, controller_stream, alarm, command, command_request TO kidoban_gates, kidoban_history;
GRANT SELECT ON uhppote_board TO kidoban_gates;
GRANT EXECUTE ON FUNCTION api.uhppote_search_create(inet, int4), api.uhppote_search_get(int4), api.uhppote_board_set(int4, bool, bool) TO kidoban_gates;
GRANT UPDATE (name, building, place, management_group_id) ON gate TO kidoban_gates;
GRANT EXECUTE ON FUNCTION version_stamp(), api.change_begin(text, text, text), api.change_end() TO kidoban_gates;
GRANT EXECUTE ON FUNCTION api.command_request_create(int4[], text, text, int4, text, text, text),
  api.gate_update(int4, int8, text, text, text, int4), api.buildings() TO kidoban_gates;
GRANT INSERT (id, name, driver, serial, address, port, note), UPDATE (name, address, port, note, enabled), DELETE ON controller TO kidoban_gates;
GRANT INSERT (controller_id, door, management_group_id, name, building, place, entry_reader, exit_reader, parameters),
  DELETE ON gate TO kidoban_gates;
GRANT USAGE ON SEQUENCE controller_id_seq, gate_id_seq TO kidoban_gates;
GRANT EXECUTE ON FUNCTION controller_right(), controller_doors(text, text), controller_check(text, text, text), controller_lock(int4, int8),
  controller_permits_end(int4), api.controller_create(jsonb, jsonb), api.controller_update(int4, int8, jsonb),
  api.controller_delete(int4, int8) TO kidoban_gates;

-- cardholders: persons, cards and permits, but never a sealed PIN; it can write one
GRANT SELECT (id, from_cs, employee_number, name, kana, department_id, valid_from, valid_to, enabled, lost, lost_at, extended_unlock,
  apb_exempt, vein_count, note) ON cardholder TO kidoban_cardholders;
GRANT INSERT (id, employee_number, name, kana, department_id, valid_from, valid_to, enabled, pin_sealed, extended_unlock, apb_exempt,
  note), UPDATE (employee_number, name, kana, department_id, valid_from, valid_to, enabled, lost, lost_at, pin_sealed,
  extended_unlock, apb_exempt, note), DELETE ON cardholder TO kidoban_cardholders;
GRANT SELECT, INSERT (cardholder_id, card_number, issue_count), UPDATE (card_number, issue_count, lost), DELETE ON credential
  TO kidoban_cardholders;
GRANT SELECT, INSERT (cardholder_id, gate_id, gate_group_id, pass_level, valid_from, valid_to),
  UPDATE (pass_level, valid_from, valid_to), DELETE ON permit TO kidoban_cardholders;
GRANT SELECT ON department TO kidoban_cardholders;
GRANT EXECUTE ON FUNCTION version_stamp(), api.change_begin(text, text, text), api.change_end(), gate_names(int2[])
  TO kidoban_cardholders, kidoban_organisation;
GRANT EXECUTE ON FUNCTION cardholder_ids(jsonb, int4[]), cardholder_revision(int4), cardholder_lock(int4, int8), department_check(int4),
  cardholder_write(int4[], jsonb), cardholder_card(int4, jsonb), cardholder_permits_end(int4[]), cardholder_remove(int4[]),
  permit_target_check(int4, int4), permits_add(int4[], jsonb), permits_remove(int4[], jsonb), permit_lock(int4, int8)
  TO kidoban_cardholders;
GRANT EXECUTE ON FUNCTION api.cardholders_page(jsonb, text, text, int4, int4), api.cardholder_find(int4), api.cardholders_count(jsonb),
  api.cardholder_anchors(jsonb, text, int4), api.cardholder_id(), api.cardholder_create(int4, jsonb, bytea),
  api.cardholder_update(int4, int8, jsonb, bool, bytea), api.cardholder_delete(int4, int8),
  api.cardholder_lost(int4, bool, int4, text), api.cardholder_reissue(int4, int8, text),
  api.cardholders_bulk(jsonb, int4[], int4, jsonb, bool), api.permits_list(int4, int4, int4, int4[], int4, int4),
  api.permits_create(int4[], jsonb), api.permit_update(int4, int8, jsonb), api.permit_delete(int4, int8),
  api.permit_warnings(int4[]) TO kidoban_cardholders;

-- organisation: departments, management groups, gate groups
GRANT SELECT ON department, department_current, management_group, management_group_current, gate, gate_group, gate_group_member
  TO kidoban_organisation;
GRANT INSERT (id, parent_id, code, name), UPDATE (parent_id, code, name), DELETE ON department TO kidoban_organisation;
GRANT INSERT (id, name, note), UPDATE (name, note), DELETE ON management_group TO kidoban_organisation;
GRANT INSERT (id, name), UPDATE (name), DELETE ON gate_group TO kidoban_organisation;
GRANT INSERT (gate_group_id, gate_id), DELETE ON gate_group_member TO kidoban_organisation;
GRANT USAGE ON SEQUENCE department_id_seq, management_group_id_seq, gate_group_id_seq TO kidoban_organisation;
GRANT EXECUTE ON FUNCTION department_lock(int4, int8), management_group_lock(int4, int8), gate_group_lock(int4, int8),
  gate_group_revision(int4), gate_group_members(int4, int4[]), gate_group_permits_end(int4) TO kidoban_organisation;
GRANT EXECUTE ON FUNCTION api.department_create(int4, text, text), api.department_update(int4, int8, jsonb),
  api.department_delete(int4, int8), api.management_group_create(text, text), api.management_group_update(int4, int8, jsonb),
  api.management_group_delete(int4, int8), api.gate_groups(int4), api.gate_group_create(text, int4[]),
  api.gate_group_update(int4, int8, jsonb), api.gate_group_gates(int4, int8, int4[]), api.gate_group_delete(int4, int8),
  api.gate_group_preview(int4, int4[]) TO kidoban_organisation;

-- history
GRANT SELECT ON access_event, alarm_event, operation_event, management_event, cred, dept, event_log TO kidoban_history;
GRANT EXECUTE ON FUNCTION history_filter(text, int4[], int4[], int4[], int4, int2[], text), cred_matches(cred, text),
  history_stretch_sql(text, text, text, text, int4[], int4, int4, timestamptz, timestamptz, text, int4),
  history_rows(text, timestamptz, timestamptz, int4[], int4[], int4[], int4, int2[], text, timestamptz, int4, int4, int4, int4),
  log_controllers(int4[]), controller_names(int4[]), operator_names(int4[]), cardholders_in_scope(int4[]),
  departments_in_scope(int4[]), gate_names(int2[]), alarm_is_momentary(int4),
  api.history_page(text, timestamptz, timestamptz, int4[], int4[], int4[], int4, int2[], timestamptz, int4, int4, int4, text),
  api.history_passages_per_hour(timestamptz, timestamptz, int4[], int4[]),
  api.history_alarms_per_gate(timestamptz, timestamptz, int4[], int4[]), api.history_details(text),
  api.alarm_acknowledge(int8[], text) TO kidoban_history;

-- live: nothing but the functions that say who may see what
GRANT EXECUTE ON FUNCTION api.live_cursor(), api.live_events(int8, int4), api.live_gates(int8), api.live_alarms(int8), api.live_system(int8),
  api.live_commands(int8), api.live_sessions(int8[]), api.history_details(text) TO kidoban_live;

-- gate-poller: reads configuration, writes what controllers say
GRANT SELECT ON controller, gate, cred, dept TO kidoban_gate_poller;
GRANT SELECT, INSERT, UPDATE ON poller, poller_counter, controller_state, event_log, alarm, controller_key
  TO kidoban_gate_poller;
GRANT SELECT ON controller_stream, uhppote_board TO kidoban_gate_poller;
GRANT DELETE ON controller_key TO kidoban_gate_poller;
GRANT SELECT, UPDATE ON controller_lease, slot, gate_state, command TO kidoban_gate_poller;
GRANT INSERT ON event_quarantine, access_event, alarm_event, operation_event, management_event
  TO kidoban_gate_poller;
GRANT EXECUTE ON FUNCTION credential_is_lost(int4), card_is_lost(text), lease_check(int4[], int8[]), live_begin(text), history_ensure(text, timestamptz),
  alarm_is_momentary(int4), server_alarm(int4[], int4, bool, timestamptz[], text[], int8),
  live_events_add(int8, int2[], timestamptz[], int4[], int4[], int4[], int4[], int2[], int2[], int2[], bool[], text[]),
  ingest_runs(int4[], int4[], bytea[], int4[], int4[], int4[]),
  ingest_rows(ingest_run[], timestamptz, int4[], int4[], timestamptz[], int2[], int2[], int2[], int4[], text[], int8[], int2[], uuid[], text[]),
  ingest_gaps(ingest_run[], timestamptz), ingest_insert(ingest_row[], timestamptz), ingest_alarms(ingest_row[], int8),
  ingest_tell(ingest_row[], int8, timestamptz), ingest_new_logs(ingest_run[], timestamptz, int8),
  ingest_clocks(ingest_row[], timestamptz, int8) TO kidoban_gate_poller;
DO $$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc
            WHERE pronamespace = 'api'::regnamespace AND (proname LIKE 'poller\_%' OR proname = 'slot_lease'
                  OR proname IN ('permit_records', 'revocations')) LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO kidoban_gate_poller', f);
  END LOOP;
  FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'api'::regnamespace AND proname LIKE 'keeper\_%' LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO kidoban_keeper', f);
  END LOOP;
END $$;
