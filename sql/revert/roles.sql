-- Revert kidoban:roles from pg
-- The roles stay: they are the cluster's and other databases may use them.
BEGIN;
DROP SCHEMA api CASCADE;
DROP SCHEMA report CASCADE;
DROP SCHEMA kidoban CASCADE;
DROP SCHEMA part CASCADE;
COMMIT;
