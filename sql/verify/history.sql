-- Verify kidoban:history on pg
BEGIN;
SELECT * FROM kidoban.access_event WHERE false;
SELECT * FROM kidoban.alarm_event WHERE false;
SELECT * FROM kidoban.operation_event WHERE false;
SELECT * FROM kidoban.management_event WHERE false;
SELECT * FROM kidoban.cred WHERE false;
SELECT * FROM kidoban.dept WHERE false;
SELECT * FROM kidoban.history_part WHERE false;
SELECT 1 / (count(*) = 1)::int FROM kidoban.event_log WHERE controller_id IS NULL;
ROLLBACK;
