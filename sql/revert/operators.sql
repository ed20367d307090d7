-- Revert kidoban:operators from pg
BEGIN;
DROP TABLE IF EXISTS kidoban.saved_search, kidoban.login_failure, kidoban.session, kidoban.operator_department, kidoban.operator_management_group, kidoban.operator_right, kidoban.role_right, kidoban.operator CASCADE;
DROP FUNCTION IF EXISTS kidoban.operator_right_check() CASCADE;
DROP FUNCTION IF EXISTS kidoban.operator_limit() CASCADE;
DROP FUNCTION IF EXISTS kidoban.saved_search_limit() CASCADE;
ALTER TABLE kidoban.change_set DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
COMMIT;
