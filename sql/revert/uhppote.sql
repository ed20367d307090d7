-- Revert kidoban:uhppote from pg
BEGIN;
DROP TRIGGER d_uhppote ON kidoban.controller;
DROP TRIGGER d_uhppote_gone ON kidoban.controller;
DROP FUNCTION kidoban.uhppote_companions(), kidoban.uhppote_gone();
DROP TABLE kidoban.uhppote_found, kidoban.uhppote_search, kidoban.uhppote_board CASCADE;
DELETE FROM kidoban.setting WHERE name = 'uhppote_cards';
ALTER TABLE kidoban.event_log DROP COLUMN tail;
COMMIT;
