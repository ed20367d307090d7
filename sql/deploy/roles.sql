-- Deploy kidoban:roles to pg
-- Roles are the cluster's, not the database's: create what is missing, never drop what another database may use.
-- Passwords are the site's business (peer or scram); nothing here sets one.

BEGIN;

DO $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT * FROM (VALUES
    ('kidoban_owner', 'NOLOGIN'), ('kidoban_partition', 'NOLOGIN'), ('kidoban_web', 'NOLOGIN'),
    ('kidoban_session', 'LOGIN'), ('kidoban_gates', 'LOGIN'), ('kidoban_history', 'LOGIN'),
    ('kidoban_live', 'LOGIN'), ('kidoban_gate_poller', 'LOGIN'), ('kidoban_keeper', 'LOGIN'),
    ('kidoban_transfer', 'LOGIN'), ('kidoban_report', 'LOGIN')) AS wanted(name, login)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r.name) THEN
      EXECUTE format('CREATE ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS',
                     r.name, r.login);
    END IF;
  END LOOP;
END $$;

GRANT kidoban_web TO kidoban_session, kidoban_gates, kidoban_history;
-- The owner can do what the history's owner can; the keeper needs that ownership to detach and drop old partitions.
GRANT kidoban_partition TO kidoban_owner, kidoban_keeper;

DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO kidoban_owner, kidoban_web, kidoban_live, kidoban_gate_poller,'
                 ' kidoban_keeper, kidoban_transfer, kidoban_report', current_database());
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA kidoban AUTHORIZATION kidoban_owner;
CREATE SCHEMA api AUTHORIZATION kidoban_owner;
CREATE SCHEMA report AUTHORIZATION kidoban_owner;
-- Partitions live where no program may even name them: they are reached through their parent, whose policies bind.
CREATE SCHEMA part AUTHORIZATION kidoban_partition;

COMMENT ON SCHEMA kidoban IS 'Tables; row-level security on everything that has a scope';
COMMENT ON SCHEMA api IS 'Functions that programs call; replaced as a whole at each upgrade';
COMMENT ON SCHEMA report IS '報告用ビュー。Views for reporting tools (H-8); names are stable';
COMMENT ON SCHEMA part IS 'Partitions of the history; nobody but their owner has access';

GRANT USAGE ON SCHEMA kidoban TO kidoban_web, kidoban_live, kidoban_gate_poller, kidoban_keeper, kidoban_transfer,
  kidoban_partition;
GRANT USAGE ON SCHEMA api TO kidoban_web, kidoban_live, kidoban_gate_poller, kidoban_keeper, kidoban_transfer;
GRANT USAGE ON SCHEMA report TO kidoban_report;

-- Functions are callable by nobody until granted.
ALTER DEFAULT PRIVILEGES FOR ROLE kidoban_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE kidoban_partition REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

COMMIT;
