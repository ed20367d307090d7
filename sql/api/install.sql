-- Everything that is replaced as a whole at each upgrade: functions, policies, grants, views. Run after the migrations,
-- in one transaction, as a superuser: psql -1 -v ON_ERROR_STOP=1 -f install.sql
SET LOCAL client_min_messages = warning;
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban, pg_temp;

DO $$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'api'::regnamespace LOOP
    EXECUTE format('DROP FUNCTION %s', f);
  END LOOP;
END $$;

\ir scope.sql
\ir change.sql
\ir session.sql
\ir partition.sql
\ir live.sql
\ir command.sql
\ir alarm.sql
\ir gate.sql
\ir poller_lease.sql
\ir poller_status.sql
\ir poller_ingest.sql
\ir poller_command.sql
\ir poller_key.sql
\ir poller_stream.sql
\ir history.sql
\ir history_page.sql
\ir plots.sql
\ir keeper.sql
\ir policies.sql
\ir grants.sql
\ir ../report/views.sql
\ir ../report/comments.sql
