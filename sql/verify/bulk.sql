-- Verify kidoban:bulk on pg
SELECT 1 / (count(*) = 4)::int FROM pg_constraint WHERE conname ~ '^(cardholder|permit)_valid_(from|to)_minute$';
SELECT 1 / (count(*) = 0)::int FROM pg_trigger t WHERE tgname ~ '^[ab]_version_' AND tgenabled <> 'A';
