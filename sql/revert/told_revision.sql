-- Revert kidoban:told_revision from pg
BEGIN;
ALTER TABLE kidoban.controller_stream DROP COLUMN told_revision;
COMMIT;
