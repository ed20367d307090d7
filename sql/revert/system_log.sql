-- Revert kidoban:system_log from pg

BEGIN;
DROP TABLE kidoban.system_log, kidoban.system_log_unsealed, kidoban.system_log_head, kidoban.system_log_checkpoint, kidoban.system_log_key,
  kidoban.system_log_quiet, kidoban.system_alarm CASCADE;
DELETE FROM kidoban.history_part WHERE parent = 'system_log';
DELETE FROM kidoban.event_category WHERE parent = 'system_log';
DROP FUNCTION kidoban.system_log_keep();
COMMIT;
