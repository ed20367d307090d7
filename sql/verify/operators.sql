-- Verify kidoban:operators on pg
BEGIN;
SELECT * FROM kidoban.operator WHERE false;
SELECT * FROM kidoban.operator_right WHERE false;
SELECT * FROM kidoban.operator_management_group WHERE false;
SELECT * FROM kidoban.operator_department WHERE false;
SELECT * FROM kidoban.session WHERE false;
SELECT * FROM kidoban.login_failure WHERE false;
SELECT * FROM kidoban.saved_search WHERE false;
SELECT 1 / (count(*) = 38)::int FROM kidoban.role_right;
ROLLBACK;
