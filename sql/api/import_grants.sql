-- Least privilege of the program imports, and what the transfer daemon needs for imports. After grants.sql.
DO $$
BEGIN
  EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA kidoban, stage FROM kidoban_imports';
  EXECUTE 'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kidoban, api FROM kidoban_imports';
END $$;
GRANT EXECUTE ON FUNCTION api.imports(int8, int8, int4), api.import_create(text, text, text, text, text, text),
  api.import_chunk(int8, int4, int4, bytea), api.import_uploaded(int8), api.import_apply(int8, bool), api.import_cancel(int8),
  api.import_rows(int8, text, int4, int4), api.change_undo(int8, bool) TO kidoban_imports;
GRANT EXECUTE ON FUNCTION api.cardholders_csv(jsonb, text, text, int4, int4), api.csv_departments(), api.csv_targets() TO kidoban_cardholders;
GRANT EXECUTE ON FUNCTION api.departments_csv() TO kidoban_organisation;
GRANT USAGE ON SCHEMA stage TO kidoban_transfer;
GRANT EXECUTE ON FUNCTION api.import_claim(), api.import_progress(int8, int8, int4, int4), api.import_end(int8, int8, text, text, jsonb), api.import_keep(int8),
  api.import_stage(int8), api.import_known(int8, int4, int4), api.import_departments(), api.import_targets(), api.import_piece(int8, int4), api.import_pins(int8, int4, int4), api.import_check(int8, int8),
  api.import_step(int8, int4), api.import_tidy() TO kidoban_transfer;
