-- Everything that is replaced as a whole at each upgrade: functions, policies, grants, views. Run after the migrations,
-- in one transaction, as a superuser: psql -1 -v ON_ERROR_STOP=1 -f install.sql
SET LOCAL client_min_messages = warning;
-- Programs go on meanwhile. In a deadlock with one of them theirs is the transaction to be given up: it is tried again.
SET LOCAL deadlock_timeout = '20s';
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban, pg_temp;

-- What is replaced goes first, so that nothing of an older version lingers: policies, then every function but those that
-- triggers or views hold, and the three that migrations made and call.
DO $$
DECLARE
  p record;
  f regprocedure;
BEGIN
  FOR p IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'kidoban' LOOP
    EXECUTE format('DROP POLICY %I ON kidoban.%I', p.policyname, p.tablename);
  END LOOP;
  FOR f IN SELECT oid FROM pg_proc
            WHERE pronamespace = 'api'::regnamespace
               OR (pronamespace = 'kidoban'::regnamespace AND proname NOT IN ('current_change', 'make_versioned', 'version_triggers')
                   AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = pg_proc.oid)
                   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = pg_proc.oid
                                      AND d.classid = 'pg_rewrite'::regclass)) LOOP
    EXECUTE format('DROP FUNCTION %s', f);
  END LOOP;
END $$;

\ir roles.sql
\ir scope.sql
\ir change.sql
\ir session.sql
\ir operator.sql
\ir operator_edit.sql
\ir partition.sql
\ir live.sql
\ir command.sql
\ir alarm.sql
\ir gate.sql
\ir controller.sql
\ir cardholder.sql
\ir cardholder_edit.sql
\ir permit.sql
\ir organisation.sql
\ir csv.sql
\ir import.sql
\ir import_indexes.sql
\ir import_cardholders.sql
\ir import_departments.sql
\ir import_work.sql
\ir undo.sql
\ir poller_lease.sql
\ir poller_status.sql
\ir poller_ingest.sql
\ir poller_command.sql
\ir poller_key.sql
\ir poller_records.sql
\ir poller_stream.sql
\ir uhppote.sql
\ir history.sql
\ir history_page.sql
\ir plots.sql
\ir system_log.sql
\ir system_log_page.sql
\ir keeper.sql
\ir proof.sql
\ir job.sql
\ir transfer.sql
\ir explanation.sql
\ir explain.sql
\ir change_history.sql
\ir policies.sql
\ir grants.sql
\ir explanation_grants.sql
\ir operator_grants.sql
\ir import_grants.sql
\ir transfer_grants.sql
\ir system_log_grants.sql
\ir ../report/views.sql
\ir ../report/comments.sql
