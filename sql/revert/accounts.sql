-- Revert kidoban:accounts from pg. Operators that were deleted are gone for good.
BEGIN;
DROP TRIGGER a_operator_stamp ON kidoban.operator;
DROP TRIGGER b_operator_out ON kidoban.operator;
DROP TRIGGER c_operator_last_administrator_update ON kidoban.operator;
DROP TRIGGER c_operator_last_administrator_delete ON kidoban.operator;
DROP FUNCTION kidoban.operator_stamp(), kidoban.operator_out(), kidoban.operator_last_administrator();
ALTER TABLE kidoban.setting DROP CONSTRAINT setting_login;
DELETE FROM kidoban.setting WHERE name IN ('password_min_length', 'live_keeps_session');
DELETE FROM kidoban.import WHERE operator_id IN (SELECT id FROM kidoban.operator WHERE deleted_at IS NOT NULL);
DELETE FROM kidoban.operator WHERE deleted_at IS NOT NULL;
DROP INDEX kidoban.operator_name;
ALTER TABLE kidoban.operator DROP COLUMN deleted_at, DROP COLUMN last_login_at, DROP COLUMN revision, ADD CONSTRAINT operator_name_key UNIQUE (name);
ALTER TABLE kidoban.session DROP COLUMN previous_login_at;
COMMIT;
