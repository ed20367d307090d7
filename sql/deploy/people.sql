-- Deploy kidoban:people to pg
-- The programs for cardholders and for the organisation, and what their lists of 300,000 stand on.

BEGIN;

DO $$
DECLARE
  r text;
BEGIN
  FOREACH r IN ARRAY '{kidoban_cardholders,kidoban_organisation}'::text[] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', r);
    END IF;
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = api, kidoban', r, current_database());
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET timezone = %L', r, current_database(), 'UTC');
  END LOOP;
END $$;
GRANT kidoban_web TO kidoban_cardholders, kidoban_organisation;

SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

-- How many fingers are registered: a field of the cardholder (C-1), written with the vein data (C-8, L-7).
ALTER TABLE cardholder ADD COLUMN vein_count int2 NOT NULL DEFAULT 0 CHECK (vein_count BETWEEN 0 AND 2);
ALTER TABLE cardholder_past ADD COLUMN vein_count int2 NOT NULL DEFAULT 0;
DROP VIEW cardholder_current, cardholder_version;
DO $$
BEGIN
  PERFORM make_versioned('cardholder');
END $$;

-- The list in the order of the kana, page by page. The order of employee numbers is their unique index's.
CREATE INDEX cardholder_kana ON cardholder (kana, id);

COMMIT;
