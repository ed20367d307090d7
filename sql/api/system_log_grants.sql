-- Least privilege of the program system, and the one function by which every program writes to the system log. After grants.sql and policies.sql.
DO $$
BEGIN
  EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA kidoban FROM kidoban_system';
  EXECUTE 'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kidoban, api FROM kidoban_system';
END $$;
CREATE POLICY system_read ON system_log FOR SELECT TO kidoban_system USING ((SELECT kidoban.may_view('system_log')));
CREATE POLICY system_read ON system_log_unsealed FOR SELECT TO kidoban_system USING ((SELECT kidoban.may_view('system_log')));
GRANT SELECT ON system_log, system_log_unsealed TO kidoban_system;
GRANT EXECUTE ON FUNCTION system_log_asked(), system_log_filter(int4, text[], text[], text[], text),
  system_log_stretch(timestamptz, timestamptz, timestamptz, timestamptz, text, bool, int4),
  api.system_log_page(timestamptz, timestamptz, int4, text[], text[], text[], text, date, timestamptz, int8, int4),
  api.system_log_sealed(), api.system_log_checkpoints(int8, int8, int8, int4), api.system_log_keys(), api.system_alarms(bool) TO kidoban_system;
GRANT EXECUTE ON FUNCTION api.system_log_write(text, text, text, text, text, text, int4, text, text) TO kidoban_web, kidoban_live;
GRANT EXECUTE ON FUNCTION api.system_log_write_as(text, text, text, text, text, text, int4, text, text, int4, text) TO kidoban_session;
