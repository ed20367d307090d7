-- Revert kidoban:transfer from pg
BEGIN;
DROP TABLE IF EXISTS kidoban.transfer_mark;
DROP INDEX IF EXISTS kidoban.job_controller, kidoban.job_once;
CREATE UNIQUE INDEX job_once ON kidoban.job (kind, coalesce(controller_id, 0), coalesce(stream, 0)) WHERE state IN ('queued', 'running');
ALTER TABLE kidoban.job DROP COLUMN IF EXISTS started_at;
COMMIT;
