-- Deploy kidoban:told_revision to pg
-- The revision that a controller names in its events: it knows nothing of one to which it was moved on without traffic.

BEGIN;
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

ALTER TABLE controller_stream ADD COLUMN told_revision int8;
UPDATE controller_stream SET told_revision = confirmed_revision;
ALTER TABLE controller_stream ALTER COLUMN told_revision SET NOT NULL;
COMMENT ON COLUMN controller_stream.told_revision IS
  'The revision that it confirmed itself, and names in its events; what it holds is the same at confirmed_revision';

COMMIT;
