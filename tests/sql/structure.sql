-- What must be true of every table, function and view, so that forgetting is found out.
BEGIN;
SET search_path = kidoban, tap, public;
SELECT no_plan();

-- Tables that need no row-level security, each with its reason.
CREATE TEMP TABLE open_table (name text, reason text);
INSERT INTO open_table VALUES
  ('edition', 'the limits of the product, the same for everybody'),
  ('setting', 'settings of the site without any secret'),
  ('code', 'words and labels'),
  ('role_right', 'default rights of roles; granted to nobody'),
  ('event_category', 'names of the four kinds of history'),
  ('history_part', 'names of partitions'),
  ('poller', 'runs of a daemon; granted to that daemon'),
  ('poller_counter', 'counters of a daemon; granted to that daemon'),
  ('controller_lease', 'who talks to which controller; granted to that daemon'),
  ('slot', 'fifty numbers; granted to that daemon'),
  ('timetable', 'times of day; granted to nobody'),
  ('health', 'states of parts; granted to nobody');

SELECT is_empty(
  $$SELECT relname FROM pg_class WHERE relnamespace = 'kidoban'::regnamespace AND relkind IN ('r', 'p')
       AND NOT (relrowsecurity AND relforcerowsecurity) AND relname NOT IN (SELECT name FROM open_table)$$,
  'every table has forced row-level security or a reason not to');
SELECT is_empty(
  $$SELECT name FROM open_table WHERE to_regclass('kidoban.' || name) IS NULL
       OR (SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass('kidoban.' || name))$$,
  'the list of exceptions has nothing superfluous');
SELECT is_empty(
  $$SELECT relname FROM pg_class WHERE relnamespace = 'part'::regnamespace AND relkind = 'r'
       AND NOT (relrowsecurity AND relforcerowsecurity)$$, 'partitions have forced row-level security of their own');
SELECT is_empty(
  $$SELECT relname, a.grantee::regrole FROM pg_class, aclexplode(relacl) a
     WHERE relnamespace = 'part'::regnamespace AND a.grantee <> relowner$$, 'nothing is granted on partitions');
SELECT is_empty(
  $$SELECT r FROM unnest('{kidoban_web,kidoban_session,kidoban_gates,kidoban_history,kidoban_live,kidoban_gate_poller,
      kidoban_transfer,kidoban_report}'::text[]) r WHERE has_schema_privilege(r, 'part', 'USAGE')$$,
  'no program may name a partition');
SELECT is_empty(
  $$SELECT rolname FROM pg_roles WHERE rolname LIKE 'kidoban\_%' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)$$,
  'no role is a superuser, bypasses policies or makes roles');
SELECT is_empty(
  $$SELECT c.relname FROM pg_class c WHERE relnamespace IN ('kidoban'::regnamespace) AND relkind = 'v'
       AND NOT coalesce(reloptions @> '{security_invoker=true}', false)$$, 'views of tables ask with the rights of who asks');
SELECT is_empty(
  $$SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
     WHERE p.pronamespace IN ('kidoban'::regnamespace, 'api'::regnamespace) AND a.grantee = 0$$, 'no function is everybody''s');
SELECT is_empty(
  $$SELECT p.oid::regprocedure FROM pg_proc p
     WHERE p.pronamespace IN ('kidoban'::regnamespace, 'api'::regnamespace) AND p.prolang <> (SELECT oid FROM pg_language WHERE lanname = 'sql')
       AND NOT coalesce(p.proconfig::text LIKE '%search_path=kidoban, pg_temp%', false)$$, 'every function has its search path pinned');
SELECT is_empty(
  $$SELECT p.oid::regprocedure FROM pg_proc p
     WHERE p.pronamespace IN ('kidoban'::regnamespace, 'api'::regnamespace) AND p.prosecdef
       AND NOT coalesce(p.proconfig::text LIKE '%search_path=kidoban, pg_temp%', false)$$, 'above all those with the owner''s rights');
SELECT is_empty(
  $$SELECT p.oid::regprocedure FROM pg_proc p
     WHERE p.pronamespace IN ('kidoban'::regnamespace, 'api'::regnamespace) AND p.proowner NOT IN ('kidoban_owner'::regrole, 'kidoban_partition'::regrole)$$,
  'functions belong to the owner, never to a superuser');

-- Functions that run with the owner's rights: each is here because its caller must get an answer (or do a thing) that the
-- caller's own rights do not give, and each asks for right and scope itself where that matters.
CREATE TEMP TABLE definer (name text);
INSERT INTO definer SELECT unnest(string_to_array(replace($list$
  operator_right_check operator_limit saved_search_limit version_keep controller_companions controller_gone gate_companions gate_gone
  buildings views_all_gates views_all_departments groups_for gates_for controllers_for departments_for
  current_operator idle_timeout right_of current_right may_view may_edit sees_all_gates sees_all_departments current_gate_scope
  current_department_scope department_subtrees current_gates current_controllers current_logs gate_names current_gate_groups
  change_begin change_end change_check_limits change_check_departments change_write_dictionaries change_set_commit
  session_open session_end_idle session_create session_remote session_context session_touch session_end
  session_times session_password session_password_change login_tries login_turn login_failed live_sessions operator_changed
  operator_out operator_last_administrator operator_levels operator_beyond own_levels own_groups own_departments open_sessions operators
  operator_roles operator_sessions operator_rights_write operator_scope_write operator_write operator_add operator_sessions_end operator_lock
  operator_write_bounded operator_create operator_update operator_delete operator_log_out operator_session_end
  history_ensure live_begin live_audience live_cursor live_events live_gates live_alarms live_system live_commands live_events_add ingest_tell
  command_request_create alarm_acknowledge poller_site
  cardholder_search cardholder_text cardholder_gate cardholder_revision cardholder_rows cardholder_ids cardholder_permits_end
  cardholders_page cardholder_find cardholders_count cardholder_anchors cardholder_id permits_list permit_warnings
  import_right import_seen imports import_create import_chunk import_queue import_uploaded import_lock import_apply import_drop
  import_cancel import_rows import_claim import_progress import_end import_stage import_piece import_pins import_basis import_check import_step
  import_tidy import_grants import_permits_sql import_check_cardholders import_write_cardholders import_change_permits import_indexes_drop import_indexes_make
  import_delete_cardholders import_references import_rows_lost import_keep import_check_departments import_write_departments
  department_paths cardholders_csv csv_cursors csv_departments csv_targets import_known import_departments import_targets departments_csv undo_rule undo_changed_since change_undo
  gate_group_revision gate_groups gate_group_permits_end gate_group_preview controller_permits_end
  uhppote_companions uhppote_gone uhppote_unfit uhppote_check uhppote_cards_at poller_cards uhppote_follow uhppote_moved poller_board
  uhppote_search_create uhppote_search_get poller_searches poller_search_found poller_search_end uhppote_board_set credential_is_lost card_is_lost
  acts_after records_of records_for touched_people touched_controllers deny_list
  latest_revision records_at touched_cardholders permit_records revocations stream_set acts_between concerned_controllers poller_streams
  poller_stream_confirm poller_stream_lost poller_job_progress poller_job_end
  job_claim job_renew job_progress job_end job_queued queue_transfers transfer_plan transfer_watch transfer_targets
  rights_at person_acts exposure exposed_people held_since cardholder_proof
  revision_at stream_at stream_was denied_at last_change last_grant change_told rfc3339 standing_at judge judged operations_about gate_state_at last_side
  judge_state explain_person explain_card check_of explain_checks verdict_of explain_event event_details explain passes_at explanation
  explanation_of_event explanation_gate explanation_passers explanation_person explanation_gates
  change_scopes change_tables change_source change_counts change_sets_of change_sets change_set change_name change_shown change_name_seen change_label change_rows
  log_controllers controller_names operator_names cardholders_in_scope departments_in_scope gates_of
  keeper_partitions_ensure keeper_partitions_due keeper_timetable_due queue_permit_transfers keeper_expire_commands
  keeper_expire_sessions keeper_tidy keeper_health
  system_log_put system_log_hush system_log_write system_log_write_as system_log_add system_log_may_go system_log_sealed system_log_checkpoints
  system_log_keys system_alarms keeper_seal keeper_log_to_sign keeper_log_entries keeper_log_signed keeper_log_keys keeper_log_key_add keeper_log_quiet
  keeper_log_say keeper_alarm keeper_alarms_open keeper_daemons keeper_backlogs$list$, E'\n', ' '), ' '));
DELETE FROM definer WHERE name = '';
SELECT set_eq(
  $$SELECT proname::text FROM pg_proc WHERE pronamespace IN ('kidoban'::regnamespace, 'api'::regnamespace) AND prosecdef$$,
  'SELECT name FROM definer', 'functions with the owner''s rights are exactly those listed');

-- Versioned tables: one pattern
SELECT test FROM unnest('{management_group,department,controller,gate,gate_group,gate_group_member,cardholder,credential,permit}'::text[]) t,
  LATERAL (VALUES
    (has_table('kidoban', t || '_past', t || ' keeps what ended')),
    (has_view('kidoban', t || '_current', t || ' has its open versions with their revision')),
    (has_view('kidoban', t || '_version', t || ' has all versions')),
    (set_eq(format($q$SELECT attname FROM pg_attribute WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped$q$, t),
            format($q$SELECT attname FROM pg_attribute WHERE attrelid = '%s_past'::regclass AND attnum > 0 AND NOT attisdropped
                         AND attname <> 'to_cs'$q$, t),
            t || '_past has the same columns'))) AS x(test);

-- report
SELECT is_empty(
  $$SELECT c.relname, a.attname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE c.relnamespace = 'report'::regnamespace
       AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL
            OR obj_description(c.oid, 'pg_class') !~ '[ぁ-んァ-ヶ一-龠]' OR col_description(c.oid, a.attnum) !~ '[ぁ-んァ-ヶ一-龠]'
            OR obj_description(c.oid, 'pg_class') !~ '[A-Za-z]{3}' OR col_description(c.oid, a.attnum) !~ '[A-Za-z]{3}')$$,
  'each report view and column is explained in Japanese and English');
SELECT is_empty(
  $$SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE c.relnamespace = 'report'::regnamespace
       AND (a.attname ~ 'card_number|pin|password|hash|vein|details' OR a.atttypid IN ('json'::regtype, 'jsonb'::regtype, 'bytea'::regtype)
            OR a.atttypid IN (SELECT oid FROM pg_type WHERE typcategory IN ('A', 'E')))$$,
  'reports have no card numbers, PINs, arrays, JSON or enums');
SELECT is_empty(
  $$SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE c.relnamespace = 'report'::regnamespace AND c.relname LIKE '%\_event' AND a.atttypid = 'timestamptz'::regtype
     GROUP BY c.relname HAVING count(*) <> 1$$, 'each event view has one time');
SELECT is_empty(
  $$SELECT table_schema, table_name FROM information_schema.role_table_grants
     WHERE grantee = 'kidoban_report' AND (table_schema <> 'report' OR privilege_type <> 'SELECT')$$, 'kidoban_report reads there alone');
SELECT is((SELECT count(*)::int FROM information_schema.role_table_grants WHERE grantee = 'kidoban_report'),
          (SELECT count(*)::int FROM pg_class WHERE relnamespace = 'report'::regnamespace AND relkind = 'v'), 'all of it');
SELECT is(try('kidoban_report', 0, 'SELECT count(*) FROM kidoban.cardholder'), '42501', 'and no table');
SELECT is((SELECT count(*)::int FROM ask('kidoban_report', 0, 'SELECT * FROM report.cardholder')), 100, 'reports show the whole site');
SELECT * FROM finish();
ROLLBACK;
