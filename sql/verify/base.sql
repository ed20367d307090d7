-- Verify kidoban:base on pg
BEGIN;
SELECT 1 / count(*) FROM kidoban.edition;
SELECT * FROM kidoban.setting WHERE false;
SELECT * FROM kidoban.code WHERE false;
SELECT * FROM kidoban.change_set WHERE false;
ROLLBACK;
