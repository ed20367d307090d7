-- Verify kidoban:transfer on pg
BEGIN;
SELECT started_at FROM kidoban.job WHERE false;
SELECT 1 / count(*) FROM kidoban.transfer_mark;
SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'kidoban_transfers';
ROLLBACK;
