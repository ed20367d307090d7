-- Least privilege of the program explanations: it calls a few functions, which ask for right and scope, and reads no table. After grants.sql.
DO $$
BEGIN
  EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA kidoban FROM kidoban_explanations';
  EXECUTE 'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kidoban, api FROM kidoban_explanations';
END $$;
GRANT EXECUTE ON FUNCTION api.explanation(int4, text, int4, timestamptz), api.explanation_of_event(int4, int4, timestamptz),
  api.explanation_gate(int4, timestamptz), api.explanation_passers(int4, timestamptz, int4, int4), api.explanation_person(int4),
  api.explanation_gates(int4, timestamptz, int4, int4),
  api.change_sets(text[], int4, timestamptz, timestamptz, text, int4, int8, int4, int4), api.change_set(int8), api.change_rows(int8, int4, int4, int4)
  TO kidoban_explanations;
