-- Revert kidoban:explanations from pg

BEGIN;
DROP INDEX kidoban.change_set_at;
COMMIT;
