-- Verify kidoban:organisation on pg
BEGIN;
SELECT * FROM kidoban.management_group_current WHERE false;
SELECT * FROM kidoban.management_group_version WHERE false;
SELECT * FROM kidoban.department_current WHERE false;
SELECT * FROM kidoban.department_version WHERE false;
ROLLBACK;
