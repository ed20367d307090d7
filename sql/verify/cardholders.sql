-- Verify kidoban:cardholders on pg
BEGIN;
SELECT * FROM kidoban.cardholder_current WHERE false;
SELECT * FROM kidoban.cardholder_version WHERE false;
SELECT * FROM kidoban.credential_current WHERE false;
SELECT * FROM kidoban.credential_version WHERE false;
SELECT * FROM kidoban.permit_current WHERE false;
SELECT * FROM kidoban.permit_version WHERE false;
ROLLBACK;
