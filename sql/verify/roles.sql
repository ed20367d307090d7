-- Verify kidoban:roles on pg
BEGIN;
SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'kidoban_owner';
SELECT 1 / count(*) FROM pg_namespace WHERE nspname = 'part';
SELECT 1 / (NOT bool_or(rolsuper OR rolbypassrls))::int FROM pg_roles WHERE rolname LIKE 'kidoban\_%';
ROLLBACK;
