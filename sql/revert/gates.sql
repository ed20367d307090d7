-- Revert kidoban:gates from pg
BEGIN;
DROP TABLE IF EXISTS kidoban.gate_group_member_past, kidoban.gate_group_member, kidoban.gate_group_past, kidoban.gate_group, kidoban.gate_past, kidoban.gate, kidoban.controller_past, kidoban.controller CASCADE;
COMMIT;
