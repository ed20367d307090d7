-- Deploy kidoban:transfer to pg
-- What the transfer daemon and the transfers screen need of jobs.

BEGIN;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kidoban_transfers') THEN
    CREATE ROLE kidoban_transfers LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
  EXECUTE format('ALTER ROLE kidoban_transfers IN DATABASE %I SET search_path = api, kidoban', current_database());
  EXECUTE format('ALTER ROLE kidoban_transfers IN DATABASE %I SET timezone = %L', current_database(), 'UTC');
END $$;
GRANT kidoban_web TO kidoban_transfers;

SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

ALTER TABLE job ADD COLUMN started_at timestamptz;
COMMENT ON COLUMN job.controller_id IS 'sent by the gate-poller that leases it; null: done by the transfer daemon';
COMMENT ON COLUMN job.token IS 'of the controller''s lease, or of the claim of the transfer daemon';

-- One waiting piece of work of a kind for a controller's stream; work without a controller may wait several times.
DROP INDEX job_once;
CREATE UNIQUE INDEX job_once ON job (controller_id, kind, stream)
  WHERE controller_id IS NOT NULL AND state IN ('queued', 'running');
CREATE INDEX job_controller ON job (controller_id, id);

CREATE TABLE transfer_mark (
  only_row bool PRIMARY KEY DEFAULT true CHECK (only_row),
  revision int8 NOT NULL DEFAULT 0
);
COMMENT ON TABLE transfer_mark IS 'Up to which revision acts that take passages away were looked at by the transfer daemon';
INSERT INTO transfer_mark DEFAULT VALUES;
ALTER TABLE transfer_mark ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

COMMIT;
