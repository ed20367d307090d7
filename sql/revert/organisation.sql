-- Revert kidoban:organisation from pg
BEGIN;
DROP TABLE IF EXISTS kidoban.department_past, kidoban.department, kidoban.management_group_past, kidoban.management_group CASCADE;
COMMIT;
