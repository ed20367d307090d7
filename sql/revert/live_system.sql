-- Revert kidoban:live_system from pg
BEGIN;
DELETE FROM kidoban.live_batch WHERE kind = 'system';
ALTER TABLE kidoban.live_batch DROP CONSTRAINT live_batch_kind_check,
  ADD CONSTRAINT live_batch_kind_check CHECK (kind IN ('events', 'state', 'alarm', 'acknowledge', 'command'));
COMMIT;
