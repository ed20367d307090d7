-- Verify kidoban:live_system on pg
SELECT 1 / count(*) FROM pg_constraint WHERE conname = 'live_batch_kind_check' AND pg_get_constraintdef(oid) LIKE '%system%';
