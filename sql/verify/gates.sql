-- Verify kidoban:gates on pg
BEGIN;
SELECT * FROM kidoban.controller_current WHERE false;
SELECT * FROM kidoban.controller_version WHERE false;
SELECT * FROM kidoban.gate_current WHERE false;
SELECT * FROM kidoban.gate_version WHERE false;
SELECT * FROM kidoban.gate_group_current WHERE false;
SELECT * FROM kidoban.gate_group_version WHERE false;
SELECT * FROM kidoban.gate_group_member_current WHERE false;
SELECT * FROM kidoban.gate_group_member_version WHERE false;
ROLLBACK;
