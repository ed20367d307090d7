-- Deploy kidoban:explanations to pg
-- The program that says why, and shows what was changed.

BEGIN;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kidoban_explanations') THEN
    CREATE ROLE kidoban_explanations LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
  EXECUTE format('ALTER ROLE kidoban_explanations IN DATABASE %I SET search_path = api, kidoban', current_database());
  EXECUTE format('ALTER ROLE kidoban_explanations IN DATABASE %I SET timezone = %L', current_database(), 'UTC');
  EXECUTE format('ALTER ROLE kidoban_explanations IN DATABASE %I SET jit = off', current_database());
END $$;
GRANT kidoban_web TO kidoban_explanations;

SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

-- Which revision the server had at a moment.
CREATE INDEX change_set_at ON change_set (at);

COMMIT;
