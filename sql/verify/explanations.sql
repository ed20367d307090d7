-- Verify kidoban:explanations on pg

BEGIN;
SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'kidoban_explanations';
SELECT 'kidoban.change_set_at'::regclass;
ROLLBACK;
