-- Verify kidoban:accounts on pg
BEGIN;
SELECT deleted_at, last_login_at, revision FROM kidoban.operator WHERE false;
SELECT previous_login_at FROM kidoban.session WHERE false;
SELECT 1 / count(*) FROM kidoban.setting WHERE name = 'password_min_length';
SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'kidoban_operators';
ROLLBACK;
