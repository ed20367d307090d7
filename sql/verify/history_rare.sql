-- Verify kidoban:history_rare on pg
SELECT 1 / count(*) FROM pg_class WHERE oid = to_regclass('kidoban.access_event_rare_gate');
SELECT 1 / count(*) FROM pg_class WHERE oid = to_regclass('kidoban.access_event_rare_dept');
