-- Verify kidoban:import on pg
SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'kidoban_imports';
SELECT id, kind, mode, state, counts, basis, cancel FROM kidoban.import WHERE false;
SELECT import_id, n, data FROM kidoban.import_chunk WHERE false;
SELECT 1 / count(*) FROM pg_namespace WHERE nspname = 'stage';
