-- Revert kidoban:base from pg
BEGIN;
DROP TABLE IF EXISTS kidoban.change_set, kidoban.code, kidoban.setting, kidoban.edition CASCADE;
DROP FUNCTION IF EXISTS kidoban.current_change() CASCADE;
DROP FUNCTION IF EXISTS kidoban.version_stamp() CASCADE;
DROP FUNCTION IF EXISTS kidoban.version_keep() CASCADE;
DROP FUNCTION IF EXISTS kidoban.make_versioned(text) CASCADE;
DROP SEQUENCE kidoban.revision_seq;
COMMIT;
