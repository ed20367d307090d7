-- Least privilege of the program operators: it calls functions, which ask for the right themselves, and reads no table of operators. After grants.sql.
DO $$
BEGIN
  EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA kidoban FROM kidoban_operators';
  EXECUTE 'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kidoban, api FROM kidoban_operators';
END $$;
GRANT EXECUTE ON FUNCTION api.operators(int4, text, text, bool, text, int4), api.operator_roles(), api.operator_sessions(),
  api.operator_create(jsonb), api.operator_update(int4, int8, jsonb), api.operator_delete(int4, int8), api.operator_log_out(int4),
  api.operator_session_end(int8) TO kidoban_operators;
