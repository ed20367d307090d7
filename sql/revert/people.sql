-- Revert kidoban:people from pg
BEGIN;
DROP INDEX kidoban.cardholder_kana;
DROP VIEW kidoban.cardholder_current, kidoban.cardholder_version;
ALTER TABLE kidoban.cardholder_past DROP COLUMN vein_count;
ALTER TABLE kidoban.cardholder DROP COLUMN vein_count;
DO $$
BEGIN
  PERFORM kidoban.make_versioned('cardholder');
END $$;
COMMIT;
