-- Revert kidoban:cardholders from pg
BEGIN;
DROP TABLE IF EXISTS kidoban.permit_past, kidoban.permit, kidoban.credential_past, kidoban.credential, kidoban.cardholder_past, kidoban.cardholder CASCADE;
COMMIT;
