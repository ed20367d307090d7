-- Revert kidoban:history from pg
BEGIN;
DROP TABLE IF EXISTS kidoban.access_event, kidoban.alarm_event, kidoban.operation_event, kidoban.management_event, kidoban.history_part, kidoban.event_category, kidoban.cred, kidoban.dept, kidoban.event_log CASCADE;
COMMIT;
