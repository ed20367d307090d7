-- Revert kidoban:bulk from pg
BEGIN;
ALTER TABLE kidoban.cardholder DROP CONSTRAINT cardholder_valid_from_minute, DROP CONSTRAINT cardholder_valid_to_minute;
ALTER TABLE kidoban.permit DROP CONSTRAINT permit_valid_from_minute, DROP CONSTRAINT permit_valid_to_minute;
DO $$
DECLARE
  x text;
BEGIN
  FOR x IN SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'a_version_restamp' LOOP
    EXECUTE format('DROP TRIGGER a_version_restamp ON %s', x);
    EXECUTE format('DROP TRIGGER a_version_stamp ON %s', x);
    EXECUTE format('CREATE TRIGGER a_version_stamp BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION kidoban.version_stamp()', x);
  END LOOP;
END $$;
DROP FUNCTION kidoban.version_triggers(text);
REVOKE SET ON PARAMETER session_replication_role FROM kidoban_owner;
COMMIT;
