-- Revert kidoban:history_rare from pg
BEGIN;
DROP INDEX kidoban.access_event_rare_gate, kidoban.access_event_rare_dept;
COMMIT;
