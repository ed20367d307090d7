-- Verify kidoban:system_log on pg

BEGIN;
SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'kidoban_system';
SELECT number, sealed_at, id, at, hash FROM kidoban.system_log WHERE false;
SELECT id, at FROM kidoban.system_log_unsealed WHERE false;
SELECT 1 / count(*) FROM kidoban.system_log_head;
SELECT number, first, signature FROM kidoban.system_log_checkpoint WHERE false;
SELECT id, kind FROM kidoban.system_alarm WHERE false;
ROLLBACK;
