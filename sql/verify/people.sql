-- Verify kidoban:people on pg
BEGIN;
SELECT vein_count, revision FROM kidoban.cardholder_current WHERE false;
SELECT vein_count, to_cs FROM kidoban.cardholder_version WHERE false;
SELECT 1 / (count(*) = 2)::int FROM pg_roles WHERE rolname IN ('kidoban_cardholders', 'kidoban_organisation');
ROLLBACK;
