-- Revert kidoban:import from pg
BEGIN;
DROP SCHEMA stage CASCADE;
DROP TABLE kidoban.import_chunk, kidoban.import CASCADE;
DELETE FROM kidoban.setting WHERE name LIKE 'import\_%';
DELETE FROM kidoban.job WHERE kind = 'import';
COMMIT;
