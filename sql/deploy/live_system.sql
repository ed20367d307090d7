-- Deploy kidoban:live_system to pg
-- Browsers are told of alarms of the system itself as they come.

BEGIN;
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

ALTER TABLE live_batch DROP CONSTRAINT live_batch_kind_check,
  ADD CONSTRAINT live_batch_kind_check CHECK (kind IN ('events', 'state', 'alarm', 'acknowledge', 'command', 'system'));

COMMIT;
