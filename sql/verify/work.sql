-- Verify kidoban:work on pg
BEGIN;
SELECT * FROM kidoban.poller WHERE false;
SELECT * FROM kidoban.poller_counter WHERE false;
SELECT * FROM kidoban.controller_lease WHERE false;
SELECT * FROM kidoban.controller_key WHERE false;
SELECT * FROM kidoban.site_secret WHERE false;
SELECT * FROM kidoban.controller_stream WHERE false;
SELECT * FROM kidoban.controller_stream_history WHERE false;
SELECT * FROM kidoban.job WHERE false;
SELECT * FROM kidoban.timetable WHERE false;
SELECT * FROM kidoban.health WHERE false;
SELECT 1 / (count(*) = 50)::int FROM kidoban.slot;
ROLLBACK;
