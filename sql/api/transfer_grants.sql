-- Transfers: who may call what, and whose jobs an operator sees. After policies.sql and grants.sql.

GRANT EXECUTE ON FUNCTION api.job_claim(text[]), api.job_renew(int8, int8), api.job_progress(int8, int8, int8, int8),
  api.job_end(int8, int8, text, text), api.transfer_plan(int8, int8), api.transfer_watch() TO kidoban_transfer;

-- The screen: jobs of controllers in scope; what has no controller yet is its operator's, or belongs to who sees everything.
REVOKE ALL ON job, controller_state, controller_stream FROM kidoban_transfers;
GRANT SELECT ON gate, gate_current, controller, job, change_set TO kidoban_transfers;
GRANT SELECT ON controller_state TO kidoban_transfers;
GRANT INSERT (kind, controller_id, stream, payload, created_by) ON job TO kidoban_transfers;
GRANT UPDATE (state, finished_at, expires_at) ON job TO kidoban_transfers;
GRANT EXECUTE ON FUNCTION transfer_targets(int4[]), operator_names(int4[]), gate_names(int2[]) TO kidoban_transfers;
GRANT EXECUTE ON FUNCTION api.transfer_request(int4[], bool), api.transfer_stop(int8), api.transfer_repeat(int8),
  api.cardholder_proof(int4) TO kidoban_transfers;
CREATE POLICY web_read ON job FOR SELECT TO kidoban_transfers
  USING (kind IN ('permit_plan', 'permit_transfer') AND (SELECT kidoban.may_view('permit_transfer'))
         AND ((SELECT kidoban.sees_all_gates()) OR controller_id IN (SELECT unnest((SELECT kidoban.current_controllers())))
              OR (controller_id IS NULL AND created_by = (SELECT kidoban.current_operator()))));
CREATE POLICY web_insert ON job FOR INSERT TO kidoban_transfers
  WITH CHECK (kind IN ('permit_plan', 'permit_transfer') AND (SELECT kidoban.may_edit('permit_transfer'))
              AND created_by = (SELECT kidoban.current_operator())
              AND ((SELECT kidoban.sees_all_gates()) OR controller_id IN (SELECT unnest((SELECT kidoban.current_controllers())))
                   OR (controller_id IS NULL AND payload ? 'controllers')));
CREATE POLICY web_update ON job FOR UPDATE TO kidoban_transfers
  USING (kind IN ('permit_plan', 'permit_transfer') AND (SELECT kidoban.may_edit('permit_transfer'))
         AND ((SELECT kidoban.sees_all_gates()) OR controller_id IN (SELECT unnest((SELECT kidoban.current_controllers())))
              OR (controller_id IS NULL AND created_by = (SELECT kidoban.current_operator()))))
  WITH CHECK (state = 'stopped');

-- A view's functions are called by who reads the view.
GRANT EXECUTE ON FUNCTION exposed_people() TO kidoban_report;
