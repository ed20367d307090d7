-- Verify kidoban:live on pg
BEGIN;
SELECT * FROM kidoban.gate_state WHERE false;
SELECT * FROM kidoban.controller_state WHERE false;
SELECT * FROM kidoban.alarm WHERE false;
SELECT * FROM kidoban.command_request WHERE false;
SELECT * FROM kidoban.command WHERE false;
SELECT * FROM kidoban.live_batch WHERE false;
ROLLBACK;
