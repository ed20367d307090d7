-- Revert kidoban:work from pg
BEGIN;
DROP TABLE IF EXISTS kidoban.job, kidoban.timetable, kidoban.health, kidoban.controller_stream_history, kidoban.controller_stream, kidoban.site_secret, kidoban.controller_key, kidoban.slot, kidoban.controller_lease, kidoban.poller_counter, kidoban.poller CASCADE;
DROP FUNCTION IF EXISTS kidoban.controller_companions() CASCADE;
DROP FUNCTION IF EXISTS kidoban.controller_gone() CASCADE;
DROP FUNCTION IF EXISTS kidoban.gate_companions() CASCADE;
DROP FUNCTION IF EXISTS kidoban.gate_gone() CASCADE;
COMMIT;
