-- Revert kidoban:live from pg
BEGIN;
DROP TABLE IF EXISTS kidoban.command, kidoban.command_request, kidoban.alarm, kidoban.live_batch, kidoban.controller_state, kidoban.gate_state CASCADE;
DROP SEQUENCE kidoban.live_batch_seq;
COMMIT;
